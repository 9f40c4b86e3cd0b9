/* zstd.c - concatenated zstd frames, by libzstd. */
#include "backend.h"

#include <stdlib.h>
#include <zstd.h>

#define WINDOW_LOG_MAX 28 /* log2 of BOUND_dictionary_bytes */

struct unzstd {
    ZSTD_DStream *z;
    bool ended; /* the last frame is complete */
};

static void *open_zstd(enum codec codec)
{
    (void)codec; /* libzstd has one codec */
    struct unzstd *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return NULL;
    }

    s->z = ZSTD_createDStream();
    if (s->z == NULL) {
        free(s);
        return NULL;
    }

    /* cannot fail: the value is within the parameter's bounds */
    (void)ZSTD_DCtx_setParameter(s->z, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
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
        return s->ended ? DECODE_DONE : DECODE_CORRUPT; /* trailing bytes after a whole frame */
    }

    s->ended = code == 0;
    return s->ended && f->num_in == 0 && f->last ? DECODE_DONE : DECODE_MORE;
}

static void close_zstd(void *state)
{
    struct unzstd *s = state;
    (void)ZSTD_freeDStream(s->z); /* always returns 0 */
    free(s);
}

const struct backend zstd_backend = { open_zstd, step, close_zstd };
