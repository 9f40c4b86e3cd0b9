/* inflate.c - raw deflate (zip), zlib and gzip, by zlib. */
#include "backend.h"

#include <stdlib.h>
#include <zlib.h>

#define GZIP_MAGIC_0 0x1Fu /* first byte of a gzip member (RFC 1952, 2.3.1) */

struct inflater {
    z_stream z;
    bool gzip;
    bool between; /* a gzip member has ended, and the next has not begun */
};

/* The windowBits argument of inflateInit2(), which also selects the format. */
static int window_bits(enum codec codec)
{
    switch (codec) {
    case CODEC_DEFLATE: return -MAX_WBITS;
    case CODEC_GZIP: return MAX_WBITS + 16;
    default: return MAX_WBITS;
    }
}

static void *open_inflate(enum codec codec)
{
    struct inflater *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return NULL;
    }
    if (inflateInit2(&s->z, window_bits(codec)) != Z_OK) {
        free(s);
        return NULL;
    }

    s->gzip = codec == CODEC_GZIP;
    return s;
}

/* Begins the next gzip member, which zeros may precede, as in Python's reader.  Other bytes end
 * the data. */
static enum decode_end start_next_member(struct inflater *s, struct flow *f)
{
    while (f->num_in > 0 && f->in[0] == 0) {
        f->in++;
        f->num_in--;
    }
    if (f->num_in == 0) {
        return f->last ? DECODE_DONE : DECODE_MORE;
    }
    if (f->in[0] != GZIP_MAGIC_0) {
        return DECODE_DONE;
    }

    s->between = false;
    return inflateReset(&s->z) == Z_OK ? DECODE_MORE : DECODE_CORRUPT;
}

static enum decode_end step(void *state, struct flow *f)
{
    struct inflater *s = state;
    if (s->between) {
        enum decode_end end = start_next_member(s, f);
        if (end != DECODE_MORE || s->between) {
            return end;
        }
    }

    s->z.next_in = (Bytef *)(uintptr_t)f->in; /* zlib's API is not const-correct */
    s->z.avail_in = (uInt)f->num_in;
    s->z.next_out = f->out;
    s->z.avail_out = (uInt)f->num_out;
    int code = inflate(&s->z, Z_NO_FLUSH);
    f->in = s->z.next_in;
    f->num_in = s->z.avail_in;
    f->out = s->z.next_out;
    f->num_out = s->z.avail_out;
    if (code == Z_STREAM_END && s->gzip) {
        s->between = true;
        return f->num_in == 0 && f->last ? DECODE_DONE : DECODE_MORE;
    }

    switch (code) {
    case Z_STREAM_END: return DECODE_DONE;
    case Z_OK:
    case Z_BUF_ERROR: return DECODE_MORE;
    default: return DECODE_CORRUPT;
    }
}

static void close_inflate(void *state)
{
    struct inflater *s = state;
    (void)inflateEnd(&s->z); /* frees memory; the result only repeats the state */
    free(s);
}

const struct backend zlib_backend = { open_inflate, step, close_inflate };
