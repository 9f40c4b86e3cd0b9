/* lz4.c - lz4 frames, by liblz4. */
#include "backend.h"

#include <lz4frame.h>
#include <stdlib.h>

static void *open_lz4(enum codec codec)
{
    (void)codec;                      /* one codec here */
    LZ4F_dctx *z = NULL;
    return LZ4F_isError(LZ4F_createDecompressionContext(&z, LZ4F_VERSION)) ? NULL : z;
}

static enum decode_end step(void *state, struct flow *f)
{
    size_t in = f->num_in, out = f->num_out;
    size_t code = LZ4F_decompress(state, f->out, &out, f->in, &in, NULL);
    if (LZ4F_isError(code)) {
        return DECODE_CORRUPT;
    }
    f->in += in;
    f->num_in -= in;
    f->out += out;
    f->num_out -= out;
    return code == 0 ? DECODE_DONE : DECODE_MORE;
}

static void close_lz4(void *state)
{
    (void)LZ4F_freeDecompressionContext(state);   /* an error code only says what state it was in */
}

const struct backend lz4_backend = { open_lz4, step, close_lz4 };
