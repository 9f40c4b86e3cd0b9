#include "file.h"

#include "blocks.h"
#include "collect.h"
#include "found.h"
#include "job.h"
#include "map.h"
#include "object.h"
#include "pass.h"
#include "queue.h"
#include "weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_EXTENSION 32

static const char *extension(const char *rel)
{
    const char *slash = strrchr(rel, '/');
    const char *dot = strrchr(slash != NULL ? slash : rel, '.');
    return dot != NULL ? dot + 1 : "";
}

/* The extension in lower case; of model.pkl.gz it is pkl. */
static void extension_of(const char *rel, char lower[MAX_EXTENSION])
{
    static const char *const packed[] = { "gz", "bz2", "xz", "lzma", "zst", "lz4", "z" };
    char name[256];
    snprintf(name, sizeof name, "%s", rel);
    for (int layers = 0; layers < 4; layers++) {
        char *e = (char *)(uintptr_t)extension(name);     /* into name, which is ours */
        size_t n = strlen(e);
        lower[0] = 0;
        for (size_t i = 0; n < MAX_EXTENSION && i <= n; i++) {
            lower[i] = (char)(e[i] >= 'A' && e[i] <= 'Z' ? e[i] + 32 : e[i]);
        }
        bool wrapped = false;
        for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
            wrapped |= strcmp(lower, packed[i]) == 0;
        }
        if (!wrapped) {
            return;
        }
        e[-1] = 0;                                        /* the dot before it */
    }
}

static bool model_extension(const struct scan_options *o, const char *rel)
{
    char lower[MAX_EXTENSION] = "";
    size_t n = strlen(rel);
    extension_of(n > 200 ? rel + n - 200 : rel, lower);
    return lower[0] != 0 && rules_listed(o->rules, "model-extensions", bytes_of(lower));
}

/* --- inner objects ------------------------------------------------------ */

static const char *open_reason(enum job_open end, const struct budget *b)
{
    static char reason[96];           /* never read after the next gap */
    switch (end) {
    case JOB_READY:       break;
    case JOB_BAD_RANGE:   return "its bytes lie outside the file";
    case JOB_CORRUPT:     return "cannot be decompressed";
    case JOB_TRUNCATED:   return "truncated";
    case JOB_UNSUPPORTED: return "compression that is not supported";
    case JOB_NO_SPOOL:    return "no room to unpack it";
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
    if (j->declared_crc32.set && j->declared_crc32.v != u->crc32
        && !collect_anomaly(c, all, "crc-mismatch", "the bytes do not have the declared CRC-32",
                            j->declared_crc32, num_of(u->crc32), none)) {
        return false;
    }
    if (u->trailing > 0
        && !collect_anomaly(c, all, "trailing-bytes", "bytes after the end of the compressed stream",
                            none, num_of(u->trailing), none)) {
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
    struct inner in = { .at = { j->at.off + j->at.len - u->trailing, u->trailing }, .code = true,
                        .label = BYTES("trailing bytes") };
    if (u->trailing == 0 || j->parent == NULL) {
        return true;
    }
    c->job = j->parent;
    bool ok = emit_inner(&c->sink, &in);
    c->job = j;
    return ok || c->failed || collect_gap(c, j->where, "bytes after the compressed stream were not read");
}

/* A read that failed while hits were looked at: what it would have shown is not known. */
static bool note_failure(struct collector *c, const struct source *src, const char *where)
{
    return !source_failed(src) || collect_gap(c, where, "a read failed");
}

static bool read_inner(struct collector *c, struct job *j, bool *claimed)
{
    struct unpacked u;
    c->job = j;
    c->where = j->where;
    enum job_open end = job_open(j, c->budget, &u);
    if (j->speculative && end == JOB_STOPPED && !found_flood(c, j->where)) {
        return false;
    }
    bool shown = !j->speculative || end == JOB_NO_SPOOL;         /* a guess that is no stream is none; one that we have no room for is unread */
    if (end != JOB_READY && shown && !collect_gap(c, j->where, open_reason(end, c->budget))) {
        return false;
    }
    if (end == JOB_BAD_RANGE) {
        return true;
    }
    c->where = j->where;
    c->job = j;
    if (!j->speculative && (!compare_declared(c, j, &u) || !queue_trailing(c, j, &u)) && c->failed) {
        return false;
    }
    where_clear(&c->local);
    c->guess_facts = 0;
    if (!object_read(c, j, claimed)) {
        return false;
    }
    if (j->codec == CODEC_STORED && j->data == NULL) {
        found_member(c, j);           /* its bytes are searched with the file that has them */
        return true;
    }
    return found_in_object(c, j) && note_failure(c, &j->src, j->where);
}

static bool read_queue(struct collector *c, struct queue *q)
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

/* --- the file ------------------------------------------------------------ */

static enum verdict verdict_of(const struct file_report *f, bool is_model)
{
    enum severity worst = f->worst;
    enum verdict v = is_model ? VERDICT_CLEAN : VERDICT_NOT_A_MODEL;
    if (worst == SEV_MEDIUM) {
        v = VERDICT_SUSPICIOUS;
    }
    if (!f->complete) {
        v = VERDICT_INCOMPLETE;
    }
    return worst >= SEV_HIGH ? VERDICT_MALICIOUS : v;
}

/* The digest, how far the search came, and what kept it from going further. */
static bool end_pass(struct collector *c, struct file_report *f, struct pass *p)
{
    struct pass_end end;
    pass_finish(p, &end);
    f->hashed = end.reason == NULL;
    f->changed |= end.reason == feed_changed;
    f->bytes_searched = end.searched;
    memcpy(f->sha256, end.sha256, sizeof f->sha256);
    bool ok = f->hashed || collect_gap(c, f->path, end.reason);
    for (size_t i = 0; ok && i < NUM_MAGICS; i++) {
        ok = !end.capped[i] || found_capped(c, (enum magic)i, f->path);
    }
    return ok;
}

static bool name_format(struct file_report *f, const struct collector *c, bool claimed, const char *otherwise)
{
    f->format = strdup(claimed ? c->format : otherwise);
    return f->format != NULL;
}

/* Parsers first, so that what the search finds can be said to lie in a tensor. */
static bool read_objects(struct collector *c, struct file_report *f, struct job *root, struct pass *p, bool *claimed,
                         const char *otherwise)
{
    c->root = &root->src;
    bool ok = object_read(c, root, claimed);
    unsigned claims = c->claims;
    return ok && name_format(f, c, *claimed, otherwise) && read_queue(c, c->queue)
        && found_in_file(c, root, claims, p) && read_queue(c, c->queue) && note_failure(c, &root->src, f->path);
}

/* Members of an archive are hits that need no closer look. */
static uint64_t max_hits(const struct budget *b)
{
    uint64_t n;
    return add_u64(b->max[LIMIT_objects], b->max[LIMIT_candidates], &n) ? n : UINT64_MAX;
}

/* How parsers read: where the whole file is, from blocks that are tagged, or from a copy that nobody changes. */
static bool open_source(struct source *src, const struct feed *feed, struct blocks **blocks)
{
    *blocks = feed->tags != NULL ? blocks_new(feed->fd, feed->size, feed->tags) : NULL;
    if (feed->whole != NULL) {
        source_mem(src, (struct bytes){ feed->whole, (size_t)feed->size });
    } else {
        source_fd(src, feed->fd, feed->size, *blocks != NULL ? blocks_source(*blocks) : NULL);
    }
    return feed->tags == NULL || *blocks != NULL;
}

static bool scan_objects(struct collector *c, struct file_report *f, const struct feed *feed, bool *claimed, const char *otherwise,
                         bool hash)
{
    struct source src;
    struct blocks *blocks;
    struct job *root = open_source(&src, feed, &blocks) ? job_root(&src, f->path) : NULL;
    struct pass *p = root == NULL ? NULL : pass_start(feed, max_hits(c->budget), hash, c->options->cancelled);
    if (p != NULL && hash && c->options->progress != NULL) {
        pass_watch(p, c->options->progress->read, c->options->progress->ctx);
    }
    bool ok = p != NULL && read_objects(c, f, root, p, claimed, otherwise);
    ok = p != NULL && end_pass(c, f, p) && ok;
    job_drop(root);
    blocks_free(blocks);
    return ok;
}

static bool scan_empty(struct collector *c, struct file_report *f, const struct feed *feed, bool hash)
{
    struct pass *p = pass_start(feed, 0, hash, NULL);
    return p != NULL && end_pass(c, f, p) && (f->format = strdup("empty")) != NULL;
}

static const char unknown_format[] = "not a format that is understood";

static bool judge(struct collector *c, struct file_report *f, bool claimed, enum standing s)
{
    bool is_model = claimed || s == REFERRED;
    claimed = claimed && !c->hollow;
    f->known = claimed;
    f->unclaimed = !claimed && f->size > 0 && s != REFERRED && (s == NAMED || model_extension(c->options, f->rel));
    if (f->unclaimed && !collect_gap(c, f->path, unknown_format)) {
        return false;
    }
    if (c->budget->out_of_memory && f->complete && !collect_gap(c, f->path, "out of memory")) {
        return false;                 /* whoever met it may have taken it for the end of a guess */
    }
    f->worst = collect_worst(c);
    f->weights_only = weights_verdict(c, f->format);
    f->verdict = verdict_of(f, is_model || f->unclaimed);
    return true;
}

static bool scan_one(struct file_report *f, const struct scan_options *o, const struct feed *feed, enum standing s, bool hash)
{
    struct budget budget;
    struct queue queue = { 0 };
    struct collector c;
    bool claimed = false, ok = true;
    budget_init(&budget, o->max, feed->size);
    f->size = feed->size;
    f->complete = true;
    f->weights_only = -1;
    if (!collect_init(&c, o, f, &budget, &queue)) {
        collect_done(&c);
        return false;
    }
    ok = feed->size == 0 ? scan_empty(&c, f, feed, hash)
                         : scan_objects(&c, f, feed, &claimed, s == REFERRED ? "external-data" : "unknown", hash);
    ok = ok && judge(&c, f, claimed, s) && (!o->map || map_keep(f, &c.places, &c.members));
    queue_done(&queue);
    collect_done(&c);
    return ok && !c.failed;
}

bool file_scan_unhashed(struct file_report *f, const struct scan_options *o, const struct feed *feed, enum standing s)
{
    return scan_one(f, o, feed, s, false);
}

/* In this process. */
static bool scan_here(struct file_report *f, const struct scan_options *o, int fd, uint64_t size, enum standing s)
{
    struct feed feed;
    const char *why;
    if (!feed_open(&feed, fd, size, false, &why)) {
        f->size = size;
        return (why == feed_changed || why == feed_failed) && file_unreadable(f, o, why);
    }
    bool ok = scan_one(f, o, &feed, s, true);
    feed_close(&feed);
    return ok;
}

/* In a worker, where there is one; facts come to their callback only where they are made. */
/* What was parsed and what was hashed were read at different times.  A write through a shared map is not seen. */
bool file_unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec
        && a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool scan_somewhere(struct file_report *f, const struct scan_options *o, int fd, uint64_t size, enum standing s)
{
    bool here = o->isolate == NULL || o->on_fact != NULL;
    struct stat before, after;
    bool known = fstat(fd, &before) == 0;
    bool ok = here ? scan_here(f, o, fd, size, s) : o->isolate(f, o, fd, size, s);
    if (!ok || !f->hashed || (known && fstat(fd, &after) == 0 && file_unchanged(&before, &after))) {
        return ok;
    }
    f->hashed = false;                /* of neither what was there before nor what is there now */
    return file_gap(f, o, feed_changed);
}

/* What is remembered is found by what the bytes are now.  Facts and maps are not remembered. */
static bool scan_or_recall(struct file_report *f, const struct scan_options *o, int fd, uint64_t size, enum standing s)
{
    uint8_t sha[32];
    const char *why;
    if (o->memory == NULL || o->on_fact != NULL || o->map) {
        return scan_somewhere(f, o, fd, size, s);
    }
    bool hashed = o->digest != NULL || pass_hash(fd, size, sha, NULL, &why);
    if (o->digest != NULL) {
        memcpy(sha, o->digest, sizeof sha);
    }
    if (hashed && o->memory->recall(o->memory->ctx, o, sha, &size, f)) {
        memcpy(f->sha256, sha, sizeof sha);
        f->hashed = true;
        if (o->progress != NULL) {
            o->progress->read(o->progress->ctx, size);
        }
        return true;
    }
    if (!scan_somewhere(f, o, fd, size, s)) {
        return false;
    }
    if (hashed && memcmp(f->sha256, sha, sizeof sha) == 0 && (o->cancelled == NULL || *o->cancelled == 0)) {
        o->memory->keep(o->memory->ctx, o, f);
    }
    return true;
}

bool scan_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size, bool named)
{
    return scan_or_recall(f, o, fd, size, named ? NAMED : STANDS_ALONE);
}

bool scan_external_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size)
{
    return scan_or_recall(f, o, fd, size, REFERRED);
}

/* --- afterwards ----------------------------------------------------------- */

static bool add_later(struct file_report *f, const struct scan_options *o, bool (*add)(struct collector *c, void *what), void *what)
{
    struct budget budget;
    struct collector c;
    budget_init(&budget, o->max, 0);
    bool ok = collect_init(&c, o, f, &budget, NULL);
    if (ok) {
        c.where = f->path;
        c.room_findings = f->num_findings;
        c.room_gaps = f->num_gaps;
        ok = add(&c, what) && !c.failed;
        f->worst = collect_worst(&c) > f->worst ? collect_worst(&c) : f->worst;
        f->verdict = verdict_of(f, f->verdict != VERDICT_NOT_A_MODEL);
    }
    collect_done(&c);
    return ok;
}

struct late { const char *slug, *detail; struct num declared, actual; };

static bool add_anomaly(struct collector *c, void *what)
{
    const struct late *l = what;
    struct num none = { 0 };
    return collect_anomaly(c, (struct range){ 0, 0 }, l->slug, l->detail, l->declared, l->actual, none);
}

bool file_note(struct file_report *f, const struct scan_options *o, const char *slug, const char *detail,
               struct num declared, struct num actual)
{
    struct late l = { slug, detail, declared, actual };
    return add_later(f, o, add_anomaly, &l);
}

static bool add_gap(struct collector *c, void *what)
{
    return collect_gap(c, c->file->path, (const char *)what);
}

bool file_gap(struct file_report *f, const struct scan_options *o, const char *reason)
{
    return add_later(f, o, add_gap, (void *)(uintptr_t)reason);
}

void file_rejudge(struct file_report *f)
{
    f->verdict = verdict_of(f, f->verdict != VERDICT_NOT_A_MODEL);
}

bool file_is_external(struct file_report *f)
{
    if (strcmp(f->format, "unknown") != 0) {
        return true;                  /* a parser knows it: that says more */
    }
    char *format = strdup("external-data");
    if (format == NULL) {
        return false;
    }
    free(f->format);
    f->format = format;
    f->unclaimed = false;
    for (size_t i = 0; i < f->num_gaps; i++) {
        if (strcmp(f->gaps[i].reason, unknown_format) == 0) {
            free(f->gaps[i].where);
            free(f->gaps[i].reason);
            f->gaps[i] = f->gaps[--f->num_gaps];
            break;
        }
    }
    f->complete = f->num_gaps == 0;
    f->verdict = verdict_of(f, true);
    return true;
}

bool file_unreadable(struct file_report *f, const struct scan_options *o, const char *reason)
{
    struct budget budget;
    struct collector c;
    budget_init(&budget, o->max, 0);
    f->weights_only = -1;
    f->verdict = VERDICT_INCOMPLETE;
    f->worst = SEV_NONE;
    f->format = strdup("unknown");
    if (f->format == NULL || !collect_init(&c, o, f, &budget, NULL)) {
        collect_done(&c);
        return false;
    }
    bool ok = collect_gap(&c, f->path, reason);
    collect_done(&c);
    return ok;
}
