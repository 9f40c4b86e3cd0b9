#include "nested.h"

#include "search_results.h"
#include "object.h"
#include "parse.h"
#include "../judge/tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_REASON = 96 };

/* Why an object was not opened, in `reason` where the text is not constant. */
static const char *open_reason(enum scan_object_open end, const struct budget *b,
                               char reason[MAX_REASON])
{
    switch (end) {
    case OBJECT_READY: break;
    case OBJECT_BAD_RANGE: return "its bytes lie outside the file";
    case OBJECT_CORRUPT: return "cannot be decompressed";
    case OBJECT_TRUNCATED: return "truncated";
    case OBJECT_UNSUPPORTED: return "compression that is not supported";
    case OBJECT_NO_SPOOL: return "no room to unpack it";
    case OBJECT_STOPPED:
        if (b->exceeded == NUM_LIMITS) {
            return "out of memory";
        }
        snprintf(reason, MAX_REASON, "limit %s reached", limit_rows[b->exceeded].name);
        return reason;
    }
    return "";
}

/* What was unpacked against what the archive declares. */
static bool compare_declared(struct collector *c, const struct scan_object *j,
                             const struct unpacked *u)
{
    struct range all = { 0, u->bytes };
    struct num none = { 0 };
    if (!u->measured || j->parent == NULL) {
        return true;
    }
    if (j->declared_bytes.set && j->declared_bytes.v != u->bytes
        && !collect_anomaly(c, all, "size-mismatch", "unpacked size differs from the declared one",
                            j->declared_bytes, num_of(u->bytes), none)) {
        return false;
    }
    if (u->summed && j->declared_crc32.set && j->declared_crc32.v != u->crc32
        && !collect_anomaly(c, all, "crc-mismatch", "the bytes do not have the declared CRC-32",
                            j->declared_crc32, num_of(u->crc32), none)) {
        return false;
    }
    if (u->trailing > 0
        && !collect_anomaly(c, all, "trailing-bytes",
                            "bytes after the end of the compressed stream", none,
                            num_of(u->trailing), none)) {
        return false;
    }
    uint64_t ratio = j->codec != CODEC_STORED && j->at.len > 0 ? u->bytes / j->at.len : 0;
    return ratio <= 100 || u->bytes <= 10485760
           || collect_anomaly(c, all, "inflate-ratio", "unpacks to far more bytes than it takes",
                              num_of(j->at.len), num_of(ratio), num_of(100));
}

/* What follows a compressed stream is read too: some readers go on there. */
static bool queue_trailing(struct collector *c, struct scan_object *j, const struct unpacked *u)
{
    struct inner in = { .at = { j->at.off + j->at.len - u->trailing, u->trailing },
                        .code = true,
                        .label = BYTES("trailing bytes") };
    if (u->trailing == 0 || j->parent == NULL) {
        return true;
    }
    c->job = j->parent;
    bool ok = emit_inner(&c->sink, &in);
    c->job = j;
    return ok || c->failed
           || collect_gap(c, j->where, "bytes after the compressed stream were not read");
}

bool nested_note_failure(struct collector *c, const struct source *src, const char *where)
{
    return !source_failed(src) || collect_gap(c, where, "a read failed");
}

/* --- CRCs that the pass knows when it has seen all --------------------------------------- */

static bool can_wait(const struct collector *c, const struct scan_object *j)
{
    uint64_t off;
    return c->crcs != NULL && j->codec == CODEC_STORED && j->data == NULL && !j->speculative
           && j->parent != NULL && j->declared_crc32.set && j->at.len >= CRCS_FROM
           && collect_base(&j->parent->src, &off) == c->root;
}

static bool defer_crc(struct collector *c, const struct scan_object *j)
{
    uint64_t off;
    char *where = strdup(j->where);
    void *p = where != NULL ? array_grow(c->deferred_crcs, &c->cap_deferred_crcs,
                                         c->num_deferred_crcs, sizeof *c->deferred_crcs)
                            : NULL;
    (void)collect_base(&j->src, &off);
    if (p == NULL) {
        free(where);
        return false;
    }
    c->deferred_crcs = p;
    c->deferred_crcs[c->num_deferred_crcs++] =
        (struct deferred_crc){ { off, j->src.size }, j->declared_crc32.v, where };
    return true;
}

bool nested_check_crcs(struct collector *c)
{
    struct source src = *c->root;
    struct num none = { 0 };
    bool ok = true;
    c->job = NULL; /* said of members that were read before */
    for (size_t i = 0; ok && i < c->num_deferred_crcs; i++) {
        const struct deferred_crc *o = &c->deferred_crcs[i];
        uint32_t crc;
        c->where = o->where;
        if (!block_crcs_of_range(c->crcs, &src, o->at, &crc)) {
            return collect_gap(c, o->where, "its bytes were not all summed");
        }
        ok = o->crc32 == crc
             || collect_anomaly(c, (struct range){ 0, o->at.len }, "crc-mismatch",
                                "the bytes do not have the declared CRC-32", num_of(o->crc32),
                                num_of(crc), none)
             || !c->failed;
    }
    return ok;
}

static bool read_inner(struct collector *c, struct scan_object *j, bool *claimed)
{
    struct unpacked u;
    c->job = j;
    c->where = j->where;
    j->crc_later = can_wait(c, j);
    enum scan_object_open end = scan_object_open(j, c->budget, &u);
    if (j->speculative && end == OBJECT_STOPPED && !hits_overflow(c, j->where)) {
        return false;
    }
    /* a guess that is no stream is none; one that we have no room for is unread */
    bool shown = !j->speculative || end == OBJECT_NO_SPOOL;
    char reason[MAX_REASON];
    if (end != OBJECT_READY && shown
        && !collect_gap(c, j->where, open_reason(end, c->budget, reason))) {
        return false;
    }
    if (end == OBJECT_BAD_RANGE) {
        return true;
    }
    if (j->crc_later && end == OBJECT_READY && !defer_crc(c, j)) {
        return false;
    }
    c->where = j->where;
    c->job = j;
    if (!j->speculative && (!compare_declared(c, j, &u) || !queue_trailing(c, j, &u))
        && c->failed) {
        return false;
    }
    region_map_clear(&c->object_regions);
    c->guess_facts = 0;
    if (!parse_object(c, j, claimed)) {
        return false;
    }
    if (j->codec == CODEC_STORED && j->data == NULL) {
        search_results_note_member(c, j); /* its bytes are searched with the file that has them */
        return true;
    }
    return search_results_of_object(c, j) && nested_note_failure(c, &j->src, j->where);
}

bool nested_read_all(struct collector *c, struct queue *q)
{
    for (struct scan_object *j = queue_pop(q); j != NULL; j = queue_pop(q)) {
        bool claimed = false;
        bool ok = c->options->cancelled != NULL && *c->options->cancelled != 0
                      ? collect_gap(c, j->where, "cancelled")
                      : read_inner(c, j, &claimed);
        c->content_unrecognised |= ok && j->sole_content && !claimed;
        scan_object_release(j);
        if (!ok) {
            return false;
        }
    }
    return true;
}
