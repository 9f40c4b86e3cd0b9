/* lz4.c - concatenated lz4 frames, by liblz4. */
#include "backend.h"

#include <lz4frame.h>
#include <stdlib.h>

struct unlz4 {
    LZ4F_dctx *z;
    bool between; /* the last frame has ended, and the next has not begun */
};

static void *open_lz4(enum codec codec)
{
    (void)codec; /* liblz4 has one codec */
    struct unlz4 *s = calloc(1, sizeof *s);
    if (s != NULL && LZ4F_isError(LZ4F_createDecompressionContext(&s->z, LZ4F_VERSION))) {
        free(s);
        s = NULL;
    }
    return s;
}

/* The first bytes are those of a frame (04 22 4D 18) or a skippable frame (5x 2A 4D 18); only the
 * first one is compared. */
static bool frame_follows(const struct flow *f)
{
    return f->num_in > 0 && (f->in[0] == 0x04 || (f->in[0] & 0xF0) == 0x50);
}

static enum decode_end step(void *state, struct flow *f)
{
    struct unlz4 *s = state;
    if (s->between && !frame_follows(f)) {
        return f->num_in > 0 || f->last ? DECODE_DONE : DECODE_MORE;
    }

    size_t in = f->num_in, out = f->num_out;
    size_t code = LZ4F_decompress(s->z, f->out, &out, f->in, &in, NULL);
    if (LZ4F_isError(code)) {
        return DECODE_CORRUPT;
    }

    f->in += in;
    f->num_in -= in;
    f->out += out;
    f->num_out -= out;
    s->between = code == 0;
    return s->between && f->num_in == 0 && f->last ? DECODE_DONE : DECODE_MORE;
}

static void close_lz4(void *state)
{
    struct unlz4 *s = state;
    (void)LZ4F_freeDecompressionContext(s->z); /* frees memory; the result only repeats the state */
    free(s);
}

const struct backend lz4_backend = { open_lz4, step, close_lz4 };
