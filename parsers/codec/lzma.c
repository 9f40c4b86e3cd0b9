/* lzma.c - xz, LZMA-alone, and zip's method 14 (APPNOTE 5.8.8), by liblzma. */
#include "backend.h"

#include <lzma.h>
#include <stdlib.h>
#include <string.h>

enum {
    ZIP_PROPERTIES = 4, /* offset of the properties, behind a version (2) and their size (2) */
    ZIP_PROPERTY_BYTES = 5,
    ZIP_HEAD_BYTES = ZIP_PROPERTIES + ZIP_PROPERTY_BYTES,
    ALONE_DICTIONARY = 1, /* offset of the dictionary's size (4), behind the properties */
    ALONE_HEAD_BYTES = 13,
    /* liblzma's own memory and this dictionary are within BOUND_dictionary_bytes */
    ALONE_DICTIONARY_MAX = BOUND_dictionary_bytes / 2
};

struct unlzma {
    lzma_stream z;
    bool needs_zip_head; /* method 14 of zip, before its head has been read */
    bool needs_alone_head; /* LZMA-alone, before its head has been read */
    uint8_t head[ALONE_HEAD_BYTES];
    size_t num_head;
};

static void *open_lzma(enum codec codec)
{
    struct unlzma *s = calloc(1, sizeof *s);
    lzma_ret code = LZMA_OK;
    if (s == NULL) {
        return NULL;
    }

    s->needs_zip_head = codec == CODEC_LZMA_ZIP;
    s->needs_alone_head = codec == CODEC_LZMA_ALONE;
    if (codec == CODEC_XZ) {
        code = lzma_stream_decoder(&s->z, BOUND_dictionary_bytes, LZMA_CONCATENATED);
    } else if (codec == CODEC_LZMA_ALONE) {
        code = lzma_alone_decoder(&s->z, BOUND_dictionary_bytes);
    }
    if (code != LZMA_OK) {
        free(s);
        return NULL;
    }

    return s;
}

/* Starts a raw decoder with the properties of zip's method 14.  The data that follows may have an
 * end marker or not. */
static enum decode_end start_zip_decoder(struct unlzma *s)
{
    lzma_filter filters[2] = { { .id = LZMA_FILTER_LZMA1 }, { .id = LZMA_VLI_UNKNOWN } };
    bool has_size = s->head[2] == ZIP_PROPERTY_BYTES && s->head[3] == 0;
    if (!has_size
        || lzma_properties_decode(&filters[0], NULL, s->head + ZIP_PROPERTIES, ZIP_PROPERTY_BYTES)
               != LZMA_OK) {
        return DECODE_CORRUPT;
    }

    const lzma_options_lzma *options = filters[0].options;
    lzma_ret code = LZMA_MEMLIMIT_ERROR;
    if (options->dict_size <= BOUND_dictionary_bytes) {
        code = lzma_raw_decoder(&s->z, filters);
    }

    free(filters[0].options);
    return code == LZMA_OK ? DECODE_MORE : DECODE_UNSUPPORTED;
}

static bool fill_head(struct unlzma *s, struct flow *f, size_t n)
{
    while (s->num_head < n && f->num_in > 0) {
        s->head[s->num_head++] = *f->in++;
        f->num_in--;
    }
    return s->num_head == n;
}

/* The dictionary may be declared as 4 GiB, which Python accepts.  A smaller one decodes the same
 * bytes as long as no match goes back further; such a match is corrupt here. */
static enum decode_end read_alone_head(struct unlzma *s, struct flow *f)
{
    uint32_t dictionary = 0;
    if (!fill_head(s, f, ALONE_HEAD_BYTES)) {
        return DECODE_MORE;
    }

    for (unsigned i = 0; i < 4; i++) {
        dictionary |= (uint32_t)s->head[ALONE_DICTIONARY + i] << 8 * i;
    }
    dictionary = dictionary > ALONE_DICTIONARY_MAX ? ALONE_DICTIONARY_MAX : dictionary;
    for (unsigned i = 0; i < 4; i++) {
        s->head[ALONE_DICTIONARY + i] = (uint8_t)(dictionary >> 8 * i);
    }

    s->needs_alone_head = false;
    s->z.next_in = s->head;
    s->z.avail_in = ALONE_HEAD_BYTES;
    s->z.next_out = f->out;
    s->z.avail_out = f->num_out; /* liblzma reads no head without space for data */
    lzma_ret code = lzma_code(&s->z, LZMA_RUN);
    if (code == LZMA_MEMLIMIT_ERROR) {
        return DECODE_UNSUPPORTED;
    }
    return code == LZMA_OK ? DECODE_MORE : DECODE_CORRUPT;
}

static enum decode_end read_zip_head(struct unlzma *s, struct flow *f)
{
    if (!fill_head(s, f, ZIP_HEAD_BYTES)) {
        return DECODE_MORE;
    }

    enum decode_end end = start_zip_decoder(s);
    s->needs_zip_head = end == DECODE_CORRUPT;
    return end;
}

static enum decode_end step(void *state, struct flow *f)
{
    struct unlzma *s = state;
    if (s->needs_zip_head) {
        return read_zip_head(s, f);
    }
    if (s->needs_alone_head) {
        return read_alone_head(s, f);
    }

    s->z.next_in = f->in;
    s->z.avail_in = f->num_in;
    s->z.next_out = f->out;
    s->z.avail_out = f->num_out;
    lzma_ret code = lzma_code(&s->z, f->last ? LZMA_FINISH : LZMA_RUN);
    f->in = s->z.next_in;
    f->num_in = s->z.avail_in;
    f->out = s->z.next_out;
    f->num_out = s->z.avail_out;

    /* A zip member without an end marker ends with its input; sizes are compared later. */
    bool is_zip_end = s->num_head == ZIP_HEAD_BYTES && f->num_in == 0 && f->last;
    switch (code) {
    case LZMA_OK: return DECODE_MORE;
    case LZMA_STREAM_END: return DECODE_DONE;
    case LZMA_BUF_ERROR: return is_zip_end ? DECODE_DONE : DECODE_MORE;
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
