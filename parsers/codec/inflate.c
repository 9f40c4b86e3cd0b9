/* inflate.c - raw deflate (zip), zlib and gzip, by zlib. */
#include "backend.h"

#include <stdlib.h>
#include <zlib.h>

struct inflater {
    z_stream z;
    bool gzip, between;
};

static void *open_inflate(enum codec codec)
{
    struct inflater *s = calloc(1, sizeof *s);
    int bits = codec == CODEC_DEFLATE ? -MAX_WBITS
               : codec == CODEC_GZIP  ? MAX_WBITS + 16
                                      : MAX_WBITS;
    if (s != NULL && inflateInit2(&s->z, bits) != Z_OK) {
        free(s);
        s = NULL;
    }
    if (s != NULL) {
        s->gzip = codec == CODEC_GZIP;
    }
    return s;
}

static enum decode_end step(void *state, struct flow *f)
{
    struct inflater *s = state;
    if (s->between) { /* gzip: zeros, then another member may follow, as Python's reader has it */
        while (f->num_in > 0 && f->in[0] == 0) {
            f->in++;
            f->num_in--;
        }
        if (f->num_in == 0) {
            return f->last ? DECODE_DONE : DECODE_MORE;
        }
        if (f->in[0] != 0x1f) {
            return DECODE_DONE;
        }
        s->between = false;
        if (inflateReset(&s->z) != Z_OK) {
            return DECODE_CORRUPT;
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
    return code == Z_STREAM_END                  ? DECODE_DONE
           : code == Z_OK || code == Z_BUF_ERROR ? DECODE_MORE
                                                 : DECODE_CORRUPT;
}

static void close_inflate(void *state)
{
    struct inflater *s = state;
    (void)inflateEnd(&s->z); /* frees; its result only repeats the state */
    free(s);
}

const struct backend zlib_backend = { open_inflate, step, close_inflate };
