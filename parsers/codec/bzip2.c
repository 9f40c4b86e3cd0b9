/* bzip2.c - concatenated bzip2 streams, which every reader accepts, by libbz2. */
#include "backend.h"

#include <bzlib.h>
#include <stdlib.h>

struct bunzip {
    bz_stream z;
    bool between; /* the last stream has ended, and the next has not begun */
};

static void *open_bzip2(enum codec codec)
{
    (void)codec; /* libbz2 has one codec */
    struct bunzip *s = calloc(1, sizeof *s);
    if (s != NULL && BZ2_bzDecompressInit(&s->z, 0, 0) != BZ_OK) {
        free(s);
        s = NULL;
    }
    return s;
}

/* Begins the next stream if one follows; other bytes end the data. */
static enum decode_end start_next_stream(struct bunzip *s, struct flow *f)
{
    if (f->num_in == 0) {
        return f->last ? DECODE_DONE : DECODE_MORE;
    }
    if (f->in[0] != 'B') {
        return DECODE_DONE;
    }

    (void)BZ2_bzDecompressEnd(&s->z); /* frees memory; the result only repeats the state */
    s->z = (bz_stream){ 0 };
    s->between = false;
    return BZ2_bzDecompressInit(&s->z, 0, 0) == BZ_OK ? DECODE_MORE : DECODE_CORRUPT;
}

static enum decode_end step(void *state, struct flow *f)
{
    struct bunzip *s = state;
    if (s->between) {
        enum decode_end end = start_next_stream(s, f);
        if (end != DECODE_MORE || s->between) {
            return end;
        }
    }

    s->z.next_in = (char *)(uintptr_t)f->in; /* libbz2's API is not const-correct */
    s->z.avail_in = (unsigned)f->num_in;
    s->z.next_out = (char *)f->out;
    s->z.avail_out = (unsigned)f->num_out;
    int code = BZ2_bzDecompress(&s->z);
    f->in = (const uint8_t *)s->z.next_in;
    f->num_in = s->z.avail_in;
    f->out = (uint8_t *)s->z.next_out;
    f->num_out = s->z.avail_out;
    if (code == BZ_STREAM_END) {
        s->between = true;
        return f->num_in == 0 && f->last ? DECODE_DONE : DECODE_MORE;
    }

    return code == BZ_OK ? DECODE_MORE : DECODE_CORRUPT;
}

static void close_bzip2(void *state)
{
    struct bunzip *s = state;
    (void)BZ2_bzDecompressEnd(&s->z); /* frees memory; the result only repeats the state */
    free(s);
}

const struct backend bzip2_backend = { open_bzip2, step, close_bzip2 };
