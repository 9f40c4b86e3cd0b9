/* bzip2.c - bzip2 streams, by libbz2. */
#include "backend.h"

#include <bzlib.h>
#include <stdlib.h>

static void *open_bzip2(enum codec codec)
{
    (void)codec;                      /* one codec here */
    bz_stream *z = calloc(1, sizeof *z);
    if (z != NULL && BZ2_bzDecompressInit(z, 0, 0) != BZ_OK) {
        free(z);
        z = NULL;
    }
    return z;
}

static enum decode_end step(void *state, struct flow *f)
{
    bz_stream *z = state;
    z->next_in = (char *)(uintptr_t)f->in;
    z->avail_in = (unsigned)f->num_in;
    z->next_out = (char *)f->out;
    z->avail_out = (unsigned)f->num_out;
    int code = BZ2_bzDecompress(z);
    f->in = (const uint8_t *)z->next_in;
    f->num_in = z->avail_in;
    f->out = (uint8_t *)z->next_out;
    f->num_out = z->avail_out;
    return code == BZ_STREAM_END ? DECODE_DONE : code == BZ_OK ? DECODE_MORE : DECODE_CORRUPT;
}

static void close_bzip2(void *state)
{
    (void)BZ2_bzDecompressEnd(state); /* frees; its result only repeats the state */
    free(state);
}

const struct backend bzip2_backend = { open_bzip2, step, close_bzip2 };
