/* codec.c - the decoder: reads packed bytes from a source and feeds them to a backend. */
#include "backend.h"

#include <stdlib.h>
#include <string.h>

#define PACKED_BYTES 32768u /* bytes read from the source at a time */

struct decoder {
    const struct backend *backend; /* NULL for stored bytes */
    void *state;
    struct source *src;
    struct range left; /* packed bytes not yet read from src */
    uint64_t consumed; /* packed bytes that the backend took */
    size_t at; /* bytes of buf that the backend took */
    size_t n; /* bytes of buf that are filled */
    uint8_t buf[PACKED_BYTES];
};

static const struct backend *backend_of(enum codec codec)
{
    switch (codec) {
    case CODEC_DEFLATE:
    case CODEC_ZLIB:
    case CODEC_GZIP: return &zlib_backend;
    case CODEC_BZIP2: return &bzip2_backend;
    case CODEC_XZ:
    case CODEC_LZMA_ALONE:
    case CODEC_LZMA_ZIP: return &lzma_backend;
    case CODEC_ZSTD: return &zstd_backend;
    case CODEC_LZ4: return &lz4_backend;
    case CODEC_BASE64:
    case CODEC_HEX: return &text_backend;
    case CODEC_STORED:
    case NUM_CODECS: break;
    }
    return NULL;
}

struct decoder *decoder_new(enum codec codec, struct source *src, struct range packed,
                            struct budget *b)
{
    const struct backend *backend = backend_of(codec);
    bool is_known = backend != NULL || codec == CODEC_STORED;
    if (!is_known || packed.off > src->size || packed.len > src->size - packed.off) {
        return NULL;
    }

    struct decoder *d = calloc(1, sizeof *d);
    if (d == NULL) {
        b->out_of_memory = true;
        return NULL;
    }

    d->backend = backend;
    d->src = src;
    d->left = packed;
    d->state = backend != NULL ? backend->open(codec) : NULL;
    if (backend != NULL && d->state == NULL) {
        b->out_of_memory = true;
        free(d);
        return NULL;
    }

    return d;
}

void decoder_free(struct decoder *d)
{
    if (d != NULL) {
        if (d->backend != NULL) {
            d->backend->close(d->state);
        }
        free(d);
    }
}

uint64_t decoder_consumed(const struct decoder *d) { return d->consumed; }

/* Reads packed bytes if buf has none left.  False on a failed read. */
static bool refill(struct decoder *d)
{
    size_t want = d->left.len < PACKED_BYTES ? (size_t)d->left.len : PACKED_BYTES;
    if (d->at < d->n || want == 0) {
        return true;
    }
    if (!source_read(d->src, d->left.off, d->buf, want)) {
        return false;
    }

    d->at = 0;
    d->n = want;
    d->left.off += want;
    d->left.len -= want;
    return true;
}

static enum decode_end copy_stored(struct decoder *d, uint8_t *buf, size_t n, size_t *got)
{
    size_t take = d->n - d->at < n ? d->n - d->at : n;
    memcpy(buf, d->buf + d->at, take);
    d->at += take;
    d->consumed += take;
    *got = take;
    return d->at == d->n && d->left.len == 0 ? DECODE_DONE : DECODE_MORE;
}

enum decode_end decoder_read(struct decoder *d, uint8_t *buf, size_t n, size_t *got)
{
    *got = 0;
    if (!refill(d)) {
        return DECODE_STOPPED;
    }
    if (d->backend == NULL) {
        return copy_stored(d, buf, n, got);
    }

    bool is_last = d->left.len == 0;
    struct flow f = { d->buf + d->at, d->n - d->at, buf, n, is_last };
    enum decode_end end = d->backend->step(d->state, &f);
    size_t taken = d->n - d->at - f.num_in;
    d->at += taken;
    d->consumed += taken;
    *got = n - f.num_out;

    /* A step at the end of the input that moved no byte would move none when repeated. */
    bool is_stuck = taken == 0 && *got == 0;
    if (end == DECODE_MORE && is_stuck && is_last) {
        return d->at == d->n ? DECODE_TRUNCATED : DECODE_CORRUPT;
    }

    return end;
}
