#include "object.h"

#include "../../parsers/codec/codec.h"
#include "../report/escape.h"
#include "../util/io.h"
#include "../util/text.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK 65536u /* bytes unpacked at a time */

/* "parent!/label", where a `!` of the label itself cannot be taken for ours. */
static char *join_label(const char *parent, struct bytes label)
{
    char *shown = escape_printable(label, BOUND_shown_name_bytes);
    struct text t;
    if (shown == NULL || !text_begin(&t)) {
        free(shown);
        return NULL;
    }
    fprintf(t.out, "%s!/", parent);
    for (const char *p = shown; *p != 0; p++) {
        if (*p == '!') {
            fputs("\\x21", t.out);
        } else {
            fputc(*p, t.out);
        }
    }
    free(shown);
    return text_end(&t);
}

struct scan_object *scan_object_root(const struct source *src, const char *where)
{
    struct scan_object *j = calloc(1, sizeof *j);
    if (j == NULL || (j->where = strdup(where)) == NULL) {
        free(j);
        return NULL;
    }
    j->holders = 1;
    j->spool = -1;
    j->at.len = src->size;
    j->src = *src;
    return j;
}

struct scan_object *scan_object_new(struct scan_object *parent, const struct inner *in)
{
    struct scan_object *j = calloc(1, sizeof *j);
    if (j == NULL) {
        return NULL;
    }
    j->holders = 1;
    j->spool = -1;
    j->depth = parent->depth + 1;
    j->at = in->at;
    j->codec = in->codec;
    j->declared_bytes = in->declared_bytes;
    j->declared_crc32 = in->declared_crc32;
    j->speculative = in->speculative;
    j->pickle = in->pickle;
    j->as = in->as;
    j->no_joblib = in->no_joblib;
    j->opaque_data = in->opaque_data;
    j->suppress_before = in->suppress_before;
    j->sole_content = in->sole_content;
    j->where = join_label(parent->where, in->label);
    j->num_data = in->data.n;
    if (in->data.p != NULL && (j->data = malloc(in->data.n + 1)) != NULL) {
        memcpy(j->data, in->data.p, in->data.n);
    }
    j->parent = parent;
    parent->holders++;
    if (j->where == NULL || (in->data.p != NULL && j->data == NULL)) {
        scan_object_release(j);
        return NULL;
    }
    return j;
}

void scan_object_release(struct scan_object *j)
{
    while (j != NULL && --j->holders == 0) {
        struct scan_object *parent = j->parent;
        if (j->spool >= 0) {
            close(j->spool);
        }
        free(j->data);
        free(j->where);
        free(j);
        j = parent;
    }
}

/* --- unpacking: into memory up to a bound, then into a spool file -------- */

static bool to_spool(struct scan_object *j)
{
    j->spool = memfd_create("modelassay-spool", MFD_CLOEXEC);
    const char *dir = getenv("TMPDIR");
    char name[4096];
    int n = snprintf(name, sizeof name, "%s/modelassay-XXXXXX", dir != NULL ? dir : "/var/tmp");
    if (n > 0 && (size_t)n < sizeof name) {
        int fd = mkstemp(name); /* a file rather than memory, where one can be had */
        if (fd >= 0) {
            (void)unlink(name); /* already gone from the folder: nothing is left behind */
            if (j->spool >= 0) {
                close(j->spool);
            }
            j->spool = fd;
        }
    }
    return j->spool >= 0;
}

static bool keep(struct scan_object *j, struct budget *b, const uint8_t *p, size_t n)
{
    if (j->spool < 0 && j->num_data + n <= b->max[LIMIT_memory_object_bytes]) {
        uint8_t *grown = realloc(j->data, j->num_data + n + 1);
        if (grown == NULL) {
            return false;
        }
        memcpy(grown + j->num_data, p, n);
        j->data = grown;
        j->num_data += n;
        return true;
    }
    if (j->spool < 0) {
        if (!to_spool(j) || !io_write_all(j->spool, j->data, j->num_data)) {
            return false;
        }
        free(j->data);
        j->data = NULL;
    }
    return io_write_all(j->spool, p, n);
}

/* What a guess takes, packed or not, is bounded for all guesses together. */
static bool spend_guess(const struct scan_object *j, struct budget *b, uint64_t bytes)
{
    return !j->speculative || budget_spend(b, LIMIT_guess_bytes, bytes);
}

static enum scan_object_open unpack_all(struct scan_object *j, struct decoder *d, struct budget *b,
                                        struct unpacked *out)
{
    uint8_t chunk[CHUNK];
    uint64_t consumed = 0;
    for (;;) {
        size_t got = 0;
        enum decode_end end = decoder_read(d, chunk, sizeof chunk, &got);
        if (!spend_guess(j, b, got + (decoder_consumed(d) - consumed))) {
            return OBJECT_STOPPED;
        }
        consumed = decoder_consumed(d);
        if (got > 0) {
            if (!budget_spend(b, LIMIT_inflated_bytes, got)) {
                return OBJECT_STOPPED;
            }
            if (!keep(j, b, chunk, got)) {
                return OBJECT_NO_SPOOL;
            }
            out->bytes += got;
            out->crc32 = libdeflate_crc32(out->crc32, chunk, got);
        }
        switch (end) {
        case DECODE_MORE: break;
        case DECODE_DONE: return OBJECT_READY;
        case DECODE_CORRUPT: return OBJECT_CORRUPT;
        case DECODE_TRUNCATED: return OBJECT_TRUNCATED;
        case DECODE_STOPPED: return OBJECT_STOPPED;
        case DECODE_UNSUPPORTED: return OBJECT_UNSUPPORTED;
        }
    }
}

static enum scan_object_open unpack(struct scan_object *j, struct budget *b, struct unpacked *out)
{
    struct decoder *d = decoder_new(j->codec, &j->parent->src, j->at, b);
    if (d == NULL) {
        return OBJECT_UNSUPPORTED;
    }
    enum scan_object_open end = unpack_all(j, d, b, out);
    if (end == OBJECT_READY) {
        out->trailing = j->at.len - decoder_consumed(d);
    }
    out->measured = out->summed = end == OBJECT_READY;
    decoder_free(d);
    if (j->spool >= 0) {
        source_fd(&j->src, j->spool, out->bytes, NULL);
    } else {
        source_mem(&j->src, (struct bytes){ j->data, j->num_data });
    }
    return end;
}

/* A stored member's CRC has to be computed; its bytes are read for the search anyway. */
static enum scan_object_open measure_stored(struct scan_object *j, struct budget *b,
                                            struct unpacked *out)
{
    uint8_t chunk[CHUNK];
    if (!budget_spend(b, LIMIT_stored_bytes, j->src.size)) {
        return OBJECT_STOPPED;
    }
    out->bytes = j->src.size;
    if (!j->declared_crc32.set) {
        return OBJECT_READY;
    }
    out->measured = true;
    if (j->crc_later) {
        return OBJECT_READY;
    }
    for (uint64_t at = 0; at < j->src.size;) {
        size_t got = 0;
        if (!source_read_plain(&j->src, at, chunk, sizeof chunk, &got) || got == 0) {
            out->measured = false;
            return OBJECT_TRUNCATED;
        }
        out->crc32 = libdeflate_crc32(out->crc32, chunk, got);
        at += got;
    }
    out->summed = true;
    return OBJECT_READY;
}

enum scan_object_open scan_object_open(struct scan_object *j, struct budget *b,
                                       struct unpacked *out)
{
    *out = (struct unpacked){ 0 };
    if (j->parent == NULL) {
        return OBJECT_READY;
    }
    if (j->data != NULL) {
        source_mem(&j->src, (struct bytes){ j->data, j->num_data });
        out->bytes = j->num_data;
        return budget_spend(b, LIMIT_inflated_bytes, j->num_data) ? OBJECT_READY : OBJECT_STOPPED;
    }
    source_mem(&j->src, (struct bytes){ NULL, 0 });
    if (j->codec != CODEC_STORED) {
        return unpack(j, b, out);
    }
    if (!source_window(&j->src, &j->parent->src, j->at)) {
        return OBJECT_BAD_RANGE;
    }
    return measure_stored(j, b, out);
}
