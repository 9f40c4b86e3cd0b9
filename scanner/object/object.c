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

/* "parent!/label"; a `!` of the label itself is escaped. */
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
    struct scan_object *obj = calloc(1, sizeof *obj);
    if (obj == NULL || (obj->label = strdup(where)) == NULL) {
        free(obj);
        return NULL;
    }
    obj->holders = 1;
    obj->spool = -1;
    obj->at.len = src->size;
    obj->src = *src;
    return obj;
}

struct scan_object *scan_object_new(struct scan_object *parent, const struct inner *in)
{
    struct scan_object *obj = calloc(1, sizeof *obj);
    if (obj == NULL) {
        return NULL;
    }
    obj->holders = 1;
    obj->spool = -1;
    obj->depth = parent->depth + 1;
    obj->at = in->at;
    obj->codec = in->codec;
    obj->declared_bytes = in->declared_bytes;
    obj->declared_crc32 = in->declared_crc32;
    obj->speculative = in->speculative;
    obj->pickle = in->pickle;
    obj->as = in->as;
    obj->no_joblib = in->no_joblib;
    obj->opaque_data = in->opaque_data;
    obj->suppress_before = in->suppress_before;
    obj->sole_content = in->sole_content;
    obj->member = in->member;
    obj->label = join_label(parent->label, in->label);
    obj->num_data = in->data.n;
    if (in->data.p != NULL && (obj->data = malloc(in->data.n + 1)) != NULL) {
        memcpy(obj->data, in->data.p, in->data.n);
    }
    obj->parent = parent;
    parent->holders++;
    if (obj->label == NULL || (in->data.p != NULL && obj->data == NULL)) {
        scan_object_release(obj);
        return NULL;
    }
    return obj;
}

void scan_object_release(struct scan_object *obj)
{
    while (obj != NULL && --obj->holders == 0) {
        struct scan_object *parent = obj->parent;
        if (obj->spool >= 0) {
            close(obj->spool);
        }
        free(obj->data);
        free(obj->label);
        free(obj);
        obj = parent;
    }
}

/* --- unpacking: into memory up to a bound, then into a spool file -------- */

/* A file without a name, or -1. */
static int open_temporary(void)
{
    const char *dir = getenv("TMPDIR");
    char name[4096];
    int n = snprintf(name, sizeof name, "%s/modelassay-XXXXXX", dir != NULL ? dir : "/var/tmp");
    if (n <= 0 || (size_t)n >= sizeof name) {
        return -1;
    }
    int fd = mkstemp(name);
    if (fd >= 0) {
        (void)unlink(name); /* a name that stays is a nuisance, no error */
    }
    return fd;
}

/* A file where the process may have one, else memory: a worker may not. */
static bool open_spool(struct scan_object *obj)
{
    obj->spool = open_temporary();
    if (obj->spool < 0) {
        obj->spool = memfd_create("modelassay-spool", MFD_CLOEXEC);
    }
    return obj->spool >= 0;
}

static bool keep_in_memory(struct scan_object *obj, const uint8_t *p, size_t n)
{
    uint8_t *grown = realloc(obj->data, obj->num_data + n + 1);
    if (grown == NULL) {
        return false;
    }
    memcpy(grown + obj->num_data, p, n);
    obj->data = grown;
    obj->num_data += n;
    return true;
}

static bool keep_unpacked(struct scan_object *obj, struct budget *b, const uint8_t *p, size_t n)
{
    if (obj->spool < 0 && obj->num_data + n <= b->max[LIMIT_memory_object_bytes]) {
        return keep_in_memory(obj, p, n);
    }
    if (obj->spool < 0) {
        if (!open_spool(obj) || !io_write_all(obj->spool, obj->data, obj->num_data)) {
            return false;
        }
        free(obj->data);
        obj->data = NULL;
    }
    return io_write_all(obj->spool, p, n);
}

/* Bytes of guesses, packed and unpacked, are bounded for all guesses together. */
static bool spend_guess(const struct scan_object *obj, struct budget *b, uint64_t bytes)
{
    return !obj->speculative || budget_spend(b, LIMIT_guess_bytes, bytes);
}

static enum scan_object_open unpack_all(struct scan_object *obj, struct decoder *d,
                                        struct budget *b, struct unpacked *out)
{
    uint8_t chunk[CHUNK];
    uint64_t consumed = 0;
    for (;;) {
        size_t got = 0;
        enum decode_end end = decoder_read(d, chunk, sizeof chunk, &got);
        if (!spend_guess(obj, b, got + (decoder_consumed(d) - consumed))) {
            return OBJECT_STOPPED;
        }
        consumed = decoder_consumed(d);
        if (got > 0) {
            if (!budget_spend(b, LIMIT_inflated_bytes, got)) {
                return OBJECT_STOPPED;
            }
            if (!keep_unpacked(obj, b, chunk, got)) {
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

static enum scan_object_open unpack(struct scan_object *obj, struct budget *b, struct unpacked *out)
{
    struct decoder *d = decoder_new(obj->codec, &obj->parent->src, obj->at, b);
    if (d == NULL) {
        return OBJECT_UNSUPPORTED;
    }
    enum scan_object_open end = unpack_all(obj, d, b, out);
    if (end == OBJECT_READY) {
        out->trailing = obj->at.len - decoder_consumed(d);
    }
    out->measured = out->summed = end == OBJECT_READY;
    decoder_free(d);
    if (obj->spool >= 0) {
        source_fd(&obj->src, obj->spool, out->bytes, NULL);
    } else {
        source_mem(&obj->src, (struct bytes){ obj->data, obj->num_data });
    }
    return end;
}

/* Computes the CRC of a stored member, unless the pass does. */
static enum scan_object_open measure_stored(struct scan_object *obj, struct budget *b,
                                            struct unpacked *out)
{
    uint8_t chunk[CHUNK];
    if (!budget_spend(b, LIMIT_stored_bytes, obj->src.size)) {
        return OBJECT_STOPPED;
    }
    out->bytes = obj->src.size;
    if (!obj->declared_crc32.set) {
        return OBJECT_READY;
    }
    out->measured = true;
    if (obj->crc_later) {
        return OBJECT_READY;
    }
    for (uint64_t at = 0; at < obj->src.size;) {
        size_t got = 0;
        if (!source_read_plain(&obj->src, at, chunk, sizeof chunk, &got) || got == 0) {
            out->measured = false;
            return OBJECT_TRUNCATED;
        }
        out->crc32 = libdeflate_crc32(out->crc32, chunk, got);
        at += got;
    }
    out->summed = true;
    return OBJECT_READY;
}

enum scan_object_open scan_object_open(struct scan_object *obj, struct budget *b,
                                       struct unpacked *out)
{
    *out = (struct unpacked){ 0 };
    if (obj->parent == NULL) {
        return OBJECT_READY;
    }
    if (obj->data != NULL) {
        source_mem(&obj->src, (struct bytes){ obj->data, obj->num_data });
        out->bytes = obj->num_data;
        return budget_spend(b, LIMIT_inflated_bytes, obj->num_data) ? OBJECT_READY : OBJECT_STOPPED;
    }
    source_mem(&obj->src, (struct bytes){ NULL, 0 });
    if (obj->codec != CODEC_STORED) {
        return unpack(obj, b, out);
    }
    if (!source_window(&obj->src, &obj->parent->src, obj->at)) {
        return OBJECT_BAD_RANGE;
    }
    return measure_stored(obj, b, out);
}
