#include "nested.h"

#include "search_results.h"
#include "object.h"
#include "parse.h"
#include "../judge/tables.h"

#include <stdlib.h>
#include <string.h>

static const char *open_reason(enum job_open end, const struct budget *b)
{
    static char reason[96]; /* never read after the next gap */
    switch (end) {
    case JOB_READY: break;
    case JOB_BAD_RANGE: return "its bytes lie outside the file";
    case JOB_CORRUPT: return "cannot be decompressed";
    case JOB_TRUNCATED: return "truncated";
    case JOB_UNSUPPORTED: return "compression that is not supported";
    case JOB_NO_SPOOL: return "no room to unpack it";
    case JOB_STOPPED:
        if (b->hit == NUM_LIMITS) {
            return "out of memory";
        }
        strcpy(reason, "limit ");
        strncat(reason, limit_rows[b->hit].name, sizeof reason - 16);
        return strcat(reason, " reached");
    }
    return "";
}

/* What was unpacked against what the archive declares. */
static bool compare_declared(struct collector *c, const struct job *j, const struct unpacked *u)
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
static bool queue_trailing(struct collector *c, struct job *j, const struct unpacked *u)
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

bool inner_note_failure(struct collector *c, const struct source *src, const char *where)
{
    return !source_failed(src) || collect_gap(c, where, "a read failed");
}

/* --- CRCs that the pass knows when it has seen all --------------------------------------- */

static bool can_wait(const struct collector *c, const struct job *j)
{
    uint64_t off;
    return c->crcs != NULL && j->codec == CODEC_STORED && j->data == NULL && !j->speculative
           && j->parent != NULL && j->declared_crc32.set && j->at.len >= CRCS_FROM
           && collect_base(&j->parent->src, &off) == c->root;
}

static bool owe(struct collector *c, const struct job *j)
{
    uint64_t off;
    char *where = strdup(j->where);
    void *p =
        where != NULL ? rows_grow(c->owed, &c->room_owed, c->num_owed, sizeof *c->owed) : NULL;
    (void)collect_base(&j->src, &off);
    if (p == NULL) {
        free(where);
        return false;
    }
    c->owed = p;
    c->owed[c->num_owed++] = (struct owed){ { off, j->src.size }, j->declared_crc32.v, where };
    return true;
}

bool inner_check_crcs(struct collector *c)
{
    struct source src = *c->root;
    struct num none = { 0 };
    bool ok = true;
    c->job = NULL; /* said of members that were read before */
    for (size_t i = 0; ok && i < c->num_owed; i++) {
        const struct owed *o = &c->owed[i];
        uint32_t crc;
        c->where = o->where;
        if (!crcs_of(c->crcs, &src, o->at, &crc)) {
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

static bool read_inner(struct collector *c, struct job *j, bool *claimed)
{
    struct unpacked u;
    c->job = j;
    c->where = j->where;
    j->crc_later = can_wait(c, j);
    enum job_open end = job_open(j, c->budget, &u);
    if (j->speculative && end == JOB_STOPPED && !found_flood(c, j->where)) {
        return false;
    }
    /* a guess that is no stream is none; one that we have no room for is unread */
    bool shown = !j->speculative || end == JOB_NO_SPOOL;
    if (end != JOB_READY && shown && !collect_gap(c, j->where, open_reason(end, c->budget))) {
        return false;
    }
    if (end == JOB_BAD_RANGE) {
        return true;
    }
    if (j->crc_later && end == JOB_READY && !owe(c, j)) {
        return false;
    }
    c->where = j->where;
    c->job = j;
    if (!j->speculative && (!compare_declared(c, j, &u) || !queue_trailing(c, j, &u))
        && c->failed) {
        return false;
    }
    where_clear(&c->local);
    c->guess_facts = 0;
    if (!object_read(c, j, claimed)) {
        return false;
    }
    if (j->codec == CODEC_STORED && j->data == NULL) {
        found_member(c, j); /* its bytes are searched with the file that has them */
        return true;
    }
    return found_in_object(c, j) && inner_note_failure(c, &j->src, j->where);
}

bool inner_read_all(struct collector *c, struct queue *q)
{
    for (struct job *j = queue_pop(q); j != NULL; j = queue_pop(q)) {
        bool claimed = false;
        bool ok = c->options->cancelled != NULL && *c->options->cancelled != 0
                      ? collect_gap(c, j->where, "cancelled")
                      : read_inner(c, j, &claimed);
        c->hollow |= ok && j->whole && !claimed;
        job_drop(j);
        if (!ok) {
            return false;
        }
    }
    return true;
}
