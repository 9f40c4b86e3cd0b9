#include "nested.h"

#include "search_results.h"
#include "object.h"
#include "parse.h"
#include "../judge/tables.h"
#include "../judge/verdict.h"
#include "../util/vec.h"

#include <stdlib.h>
#include <string.h>

/* Why an object was not opened, or not to its end. */
static struct gap gap_of_open(enum scan_object_open end, const struct budget *b)
{
    switch (end) {
    case OBJECT_READY: break;
    case OBJECT_BAD_RANGE: return gap_of(GAP_OUTSIDE_FILE);
    case OBJECT_CORRUPT: return gap_of(GAP_CORRUPT);
    case OBJECT_TRUNCATED: return gap_of(GAP_TRUNCATED);
    case OBJECT_UNSUPPORTED: return gap_of(GAP_UNSUPPORTED_COMPRESSION);
    case OBJECT_NO_SPOOL: return gap_of(GAP_NO_SPOOL);
    case OBJECT_STOPPED:
        return b->exceeded == NUM_LIMITS ? gap_of(GAP_OUT_OF_MEMORY) : gap_limit(b->exceeded);
    }
    return gap_of(GAP_NONE);
}

/* What was unpacked against what the archive declares. */
static bool compare_declared(struct collector *c, const struct scan_object *obj,
                             const struct unpacked *u)
{
    struct range all = { 0, u->bytes };
    if (!u->measured || obj->parent == NULL) {
        return true;
    }
    if (obj->declared_bytes.set && obj->declared_bytes.v != u->bytes
        && !collect_anomaly(c, all, "size-mismatch", "unpacked size differs from the declared one",
                            obj->declared_bytes, num_of(u->bytes), NUM_NONE)) {
        return false;
    }
    if (u->summed && obj->declared_crc32.set && obj->declared_crc32.v != u->crc32
        && !collect_anomaly(c, all, "crc-mismatch", "the bytes do not have the declared CRC-32",
                            obj->declared_crc32, num_of(u->crc32), NUM_NONE)) {
        return false;
    }
    if (u->trailing > 0
        && !collect_anomaly(c, all, "trailing-bytes",
                            "bytes after the end of the compressed stream", NUM_NONE,
                            num_of(u->trailing), NUM_NONE)) {
        return false;
    }
    uint64_t ratio = obj->codec != CODEC_STORED && obj->at.len > 0 ? u->bytes / obj->at.len : 0;
    return ratio <= BOUND_inflate_ratio || u->bytes <= BOUND_inflate_ratio_bytes
           || collect_anomaly(c, all, "inflate-ratio", "unpacks to far more bytes than it takes",
                              num_of(obj->at.len), num_of(ratio), num_of(BOUND_inflate_ratio));
}

/* What follows a compressed stream is read too: some readers go on there. */
static bool queue_trailing(struct collector *c, struct scan_object *obj, const struct unpacked *u)
{
    struct inner in = { .at = { obj->at.off + obj->at.len - u->trailing, u->trailing },
                        .code = true,
                        .label = BYTES("trailing bytes") };
    if (u->trailing == 0 || obj->parent == NULL) {
        return true;
    }
    struct current_object before =
        collect_switch(c, (struct current_object){ obj->parent, c->now.label });
    bool ok = emit_inner(&c->sink, &in);
    (void)collect_switch(c, before);
    return ok || c->judge.failed || collect_gap(c, obj->label, gap_of(GAP_TRAILING_BYTES));
}

bool nested_note_failure(struct collector *c, const struct source *src, const char *label)
{
    return !source_failed(src) || collect_gap(c, label, gap_of(GAP_READ_FAILED));
}

/* --- CRCs that the pass knows when it has seen all --------------------------------------- */

/* A large stored member of the file itself: the blocks that it lies in are summed anyway. */
static bool is_deferrable(const struct collector *c, const struct scan_object *obj)
{
    uint64_t off;
    bool is_stored = obj->codec == CODEC_STORED && obj->data == NULL && obj->parent != NULL;
    if (c->crcs.blocks == NULL || !is_stored || obj->speculative) {
        return false;
    }
    return obj->declared_crc32.set && obj->at.len >= BLOCK_CRC_MIN_MEMBER
           && collect_base(&obj->parent->src, &off) == c->root;
}

static bool defer_crc(struct deferred_crcs *crcs, const struct scan_object *obj)
{
    struct deferred_crc crc = { .at.len = obj->src.size, .crc32 = obj->declared_crc32.v };
    if (!vec_grow(&crcs->items, &crcs->cap, crcs->n + 1, sizeof *crcs->items)) {
        return false;
    }
    (void)collect_base(&obj->src, &crc.at.off);
    crc.label = strdup(obj->label);
    if (crc.label == NULL) {
        return false;
    }
    crcs->items[crcs->n++] = crc;
    return true;
}

static bool note_crc_mismatch(struct collector *c, const struct deferred_crc *member, uint32_t crc)
{
    return collect_anomaly(c, (struct range){ 0, member->at.len }, "crc-mismatch",
                           "the bytes do not have the declared CRC-32", num_of(member->crc32),
                           num_of(crc), NUM_NONE)
           || !c->judge.failed;
}

bool nested_check_crcs(struct collector *c)
{
    struct source src = *c->root;
    bool ok = true;
    for (size_t i = 0; ok && i < c->crcs.n; i++) {
        const struct deferred_crc *member = &c->crcs.items[i];
        uint32_t crc;
        if (!block_crcs_of_range(c->crcs.blocks, &src, member->at, &crc)) {
            return collect_gap(c, member->label, gap_of(GAP_CHECKSUM_UNKNOWN));
        }
        struct current_object before =
            collect_switch(c, (struct current_object){ NULL, member->label });
        ok = member->crc32 == crc || note_crc_mismatch(c, member, crc);
        (void)collect_switch(c, before);
    }
    return ok;
}

/* The gap of an object that could not be opened whole. A guess that is no stream is none, but one
 * that there was no memory or disk for is unread. */
static bool note_open(struct collector *c, const struct scan_object *obj, enum scan_object_open end)
{
    if (obj->speculative && end == OBJECT_STOPPED && !hits_overflow(c, obj->label)) {
        return false;
    }
    bool is_gap = end != OBJECT_READY && (!obj->speculative || end == OBJECT_NO_SPOOL);
    return !is_gap || collect_gap(c, obj->label, gap_of_open(end, c->budget));
}

/* torch maps a storage of the declared size over the member, and reads beyond its end. */
static bool compare_storage(struct collector *c, const struct scan_object *obj)
{
    bool is_storage = obj->member && strstr(obj->label, "/data/") != NULL;
    uint64_t declared = is_storage ? torch_storages_declared(&c->regions.storages, obj->label) : 0;
    struct range all = { 0, obj->src.size };
    bool is_cut = obj->declared_bytes.set && obj->declared_bytes.v >= declared;
    return declared <= obj->src.size || is_cut
           || collect_anomaly(c, all, "torch-storage-beyond-member",
                              "the pickle declares a storage that is larger than its member",
                              num_of(declared), num_of(obj->src.size), NUM_NONE)
           || !c->judge.failed;
}

/* Reads the current object. */
static bool read_inner(struct collector *c, struct scan_object *obj, bool *claimed)
{
    struct unpacked u;
    obj->crc_later = is_deferrable(c, obj);
    enum scan_object_open end = scan_object_open(obj, c->budget, &u);
    if (!note_open(c, obj, end)) {
        return false;
    }
    if (end == OBJECT_BAD_RANGE) {
        return true;
    }
    if (obj->crc_later && end == OBJECT_READY && !defer_crc(&c->crcs, obj)) {
        return false;
    }
    if (!compare_storage(c, obj)) {
        return false;
    }
    bool ok = obj->speculative || (compare_declared(c, obj, &u) && queue_trailing(c, obj, &u));
    if (!ok && c->judge.failed) {
        return false;
    }
    region_map_clear(&c->regions.unpacked);
    c->attempt.num_guess_facts = 0;
    if (!parse_object(c, obj, claimed)) {
        return false;
    }
    if (obj->codec == CODEC_STORED && obj->data == NULL) {
        search_results_note_member(c, obj); /* its bytes are searched with the file that has them */
        return true;
    }
    return search_results_of_object(c, obj) && nested_note_failure(c, &obj->src, obj->label);
}

/* A member that is named like a model, and that no parser vouched for, is as unread as such a file
 * alone. Storages of PyTorch have no format of their own. */
static bool note_unclaimed(struct collector *c, const struct scan_object *obj)
{
    bool is_model = obj->member && !obj->opaque_data && obj->src.size > 0
                    && verdict_model_extension(c->judge.rules, obj->label);
    return !is_model || collect_gap(c, obj->label, gap_of(GAP_UNKNOWN_FORMAT));
}

bool nested_read_all(struct collector *c, struct queue *q)
{
    for (struct scan_object *obj = queue_pop(q); obj != NULL; obj = queue_pop(q)) {
        struct current_object before =
            collect_switch(c, (struct current_object){ obj, obj->label });
        bool claimed = false;
        bool ok = collect_cancelled(c) ? collect_gap(c, obj->label, gap_of(GAP_CANCELLED))
                                       : read_inner(c, obj, &claimed);
        ok = ok && (claimed || note_unclaimed(c, obj));
        (void)collect_switch(c, before);
        c->content_unrecognised |= ok && obj->sole_content && !claimed;
        scan_object_release(obj);
        if (!ok) {
            return false;
        }
    }
    return true;
}
