/* lzma.c - xz, LZMA-alone, and zip's method 14 (APPNOTE 5.8.8), by liblzma. */
#include "backend.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#define ZIP_HEAD 9u /* version 2, size of properties 2, properties 5 */

struct unlzma {
    lzma_stream z;
    bool zip;
    uint8_t head[ZIP_HEAD];
    size_t num_head;
};

static void *open_lzma(enum codec codec)
{
    struct unlzma *s = calloc(1, sizeof *s);
    lzma_ret code = LZMA_OK;
    if (s == NULL) {
        return NULL;
    }
    s->zip = codec == CODEC_LZMA_ZIP;
    if (codec == CODEC_XZ) {
        code = lzma_stream_decoder(&s->z, MAX_DICTIONARY, LZMA_CONCATENATED);
    } else if (codec == CODEC_LZMA_ALONE) {
        code = lzma_alone_decoder(&s->z, MAX_DICTIONARY);
    }
    if (code != LZMA_OK) {
        free(s);
        return NULL;
    }
    return s;
}

/* zip: the 9 bytes become liblzma's filter; the data has an end marker or just ends. */
static enum decode_end start_zip(struct unlzma *s, struct flow *f)
{
    while (s->num_head < ZIP_HEAD && f->num_in > 0) {
        s->head[s->num_head++] = *f->in++;
        f->num_in--;
    }
    if (s->num_head < ZIP_HEAD) {
        return DECODE_MORE;
    }
    lzma_filter filters[2] = { { .id = LZMA_FILTER_LZMA1 }, { .id = LZMA_VLI_UNKNOWN } };
    if (s->head[2] != 5 || s->head[3] != 0
        || lzma_properties_decode(&filters[0], NULL, s->head + 4, 5) != LZMA_OK) {
        return DECODE_CORRUPT;
    }
    const lzma_options_lzma *options = filters[0].options;
    lzma_ret code = options->dict_size > MAX_DICTIONARY ? LZMA_MEMLIMIT_ERROR
                                                        : lzma_raw_decoder(&s->z, filters);
    free(filters[0].options);
    s->zip = false;
    return code == LZMA_OK ? DECODE_MORE : DECODE_UNSUPPORTED;
}

static enum decode_end step(void *state, struct flow *f)
{
    struct unlzma *s = state;
    if (s->zip) {
        return start_zip(s, f);
    }
    s->z.next_in = f->in;
    s->z.avail_in = f->num_in;
    s->z.next_out = f->out;
    s->z.avail_out = f->num_out;
    lzma_ret code = lzma_code(&s->z, f->last ? LZMA_FINISH : LZMA_RUN);
    bool ended = s->num_head == ZIP_HEAD && code == LZMA_BUF_ERROR && s->z.avail_in == 0 && f->last;
    f->in = s->z.next_in;
    f->num_in = s->z.avail_in;
    f->out = s->z.next_out;
    f->num_out = s->z.avail_out;
    switch (code) {
    case LZMA_OK: return DECODE_MORE;
    case LZMA_STREAM_END: return DECODE_DONE;
    /* no end marker: sizes are compared later */
    case LZMA_BUF_ERROR: return ended ? DECODE_DONE : DECODE_MORE;
    case LZMA_MEMLIMIT_ERROR: return DECODE_UNSUPPORTED;
    default: return DECODE_CORRUPT;
    }
}

static void close_lzma(void *state)
{
    struct unlzma *s = state;
    lzma_end(&s->z);
    free(s);
}

const struct backend lzma_backend = { open_lzma, step, close_lzma };
