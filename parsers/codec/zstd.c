/* zstd.c - zstd frames, one after another, by libzstd. */
#include "backend.h"

#include <stdlib.h>
#include <zstd.h>

struct unzstd {
    ZSTD_DStream *z;
    bool ended;
};

static void *open_zstd(enum codec codec)
{
    (void)codec; /* one codec here */
    struct unzstd *s = calloc(1, sizeof *s);
    if (s != NULL && (s->z = ZSTD_createDStream()) == NULL) {
        free(s);
        s = NULL;
    }
    if (s != NULL) {
        /* 256 MiB; a constant in range */
        (void)ZSTD_DCtx_setParameter(s->z, ZSTD_d_windowLogMax, 28);
    }
    return s;
}

static enum decode_end step(void *state, struct flow *f)
{
    struct unzstd *s = state;
    if (s->ended && f->num_in == 0) {
        return f->last ? DECODE_DONE : DECODE_MORE;
    }
    ZSTD_inBuffer in = { f->in, f->num_in, 0 };
    ZSTD_outBuffer out = { f->out, f->num_out, 0 };
    size_t code = ZSTD_decompressStream(s->z, &out, &in);
    f->in += in.pos;
    f->num_in -= in.pos;
    f->out += out.pos;
    f->num_out -= out.pos;
    if (ZSTD_isError(code)) {
        return s->ended ? DECODE_DONE : DECODE_CORRUPT; /* after a whole frame: trailing bytes */
    }
    s->ended = code == 0;
    return s->ended && f->num_in == 0 && f->last ? DECODE_DONE : DECODE_MORE;
}

static void close_zstd(void *state)
{
    struct unzstd *s = state;
    (void)ZSTD_freeDStream(s->z); /* always 0 */
    free(s);
}

const struct backend zstd_backend = { open_zstd, step, close_zstd };
