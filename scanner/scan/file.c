#include "file.h"

#include "../input/verified_blocks.h"
#include "../input/block_crc.h"
#include "../object/search_results.h"
#include "../object/nested.h"
#include "../object/object.h"
#include "amend.h"
#include "../object/bytemap_rows.h"
#include "../object/parse.h"
#include "../input/scan_pass.h"
#include "../judge/verdict.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

static bool name_format(struct file_report *f, const struct collector *c, bool claimed,
                        const char *otherwise)
{
    f->format = strdup(claimed ? c->format : otherwise);
    return f->format != NULL;
}

/* Parsers first, so that what the search finds can be said to lie in a tensor. */
static bool read_objects(struct collector *c, struct file_report *f, struct job *root,
                         struct pass *p, bool *claimed, const char *otherwise)
{
    c->root = &root->src;
    bool ok = object_read(c, root, claimed);
    unsigned claims = c->claims;
    return ok && name_format(f, c, *claimed, otherwise) && inner_read_all(c, c->queue)
           && found_in_file(c, root, claims, p) && inner_read_all(c, c->queue)
           && inner_check_crcs(c) && inner_note_failure(c, &root->src, f->path);
}

/* Members of an archive are hits that need no closer look. */
static uint64_t max_hits(const struct budget *b)
{
    uint64_t n;
    return add_u64(b->max[LIMIT_objects], b->max[LIMIT_candidates], &n) ? n : UINT64_MAX;
}

/* How parsers read: where the whole file is, from blocks that are tagged, or from a copy that
 * nobody changes. */
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

/* Large archives alone: sums cost what a member's second reading does not. */
static struct crcs *sums_for(struct source *src)
{
    uint8_t head[4];
    size_t got = 0;
    bool zip = src->size > CRCS_FROM && source_read_some(src, 0, head, sizeof head, &got)
               && got == 4 && memcmp(head, "PK\3\4", 4) == 0;
    return zip ? crcs_new(src->size) : NULL;
}

static bool scan_objects(struct collector *c, struct file_report *f, const struct feed *feed,
                         bool *claimed, const char *otherwise, bool hash)
{
    struct source src;
    struct blocks *blocks;
    struct job *root = open_source(&src, feed, &blocks) ? job_root(&src, f->path) : NULL;
    c->crcs = root != NULL ? sums_for(&root->src) : NULL;
    struct pass *p =
        root == NULL ? NULL
                     : pass_start(feed, max_hits(c->budget), hash, c->crcs, c->options->cancelled);
    if (p != NULL && hash && c->options->progress != NULL) {
        pass_watch(p, c->options->progress->read, c->options->progress->ctx);
    }
    bool ok = p != NULL && read_objects(c, f, root, p, claimed, otherwise);
    ok = p != NULL && end_pass(c, f, p) && ok;
    crcs_free(c->crcs);
    c->crcs = NULL;
    job_drop(root);
    blocks_free(blocks);
    return ok;
}

static bool scan_empty(struct collector *c, struct file_report *f, const struct feed *feed,
                       bool hash)
{
    struct pass *p = pass_start(feed, 0, hash, NULL, NULL);
    return p != NULL && end_pass(c, f, p) && (f->format = strdup("empty")) != NULL;
}

static bool scan_one(struct file_report *f, const struct scan_options *o, const struct feed *feed,
                     enum standing s, bool hash)
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
                         : scan_objects(&c, f, feed, &claimed,
                                        s == REFERRED ? "external-data" : "unknown", hash);
    ok = ok && verdict_judge(&c, f, claimed, s) && (!o->map || map_keep(f, &c.places, &c.members));
    queue_done(&queue);
    collect_done(&c);
    return ok && !c.failed;
}

bool file_scan_unhashed(struct file_report *f, const struct scan_options *o,
                        const struct feed *feed, enum standing s)
{
    return scan_one(f, o, feed, s, false);
}

/* In this process. */
static bool scan_here(struct file_report *f, const struct scan_options *o, int fd, uint64_t size,
                      enum standing s)
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
/* What was parsed and what was hashed were read at different times. A write through a shared map
 * is not seen. */
bool file_unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec
           && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec
           && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static bool scan_somewhere(struct file_report *f, const struct scan_options *o, int fd,
                           uint64_t size, enum standing s)
{
    bool here = o->isolate == NULL || o->on_fact != NULL;
    struct stat before, after;
    bool known = fstat(fd, &before) == 0;
    bool ok = here ? scan_here(f, o, fd, size, s) : o->isolate(f, o, fd, size, s);
    if (!ok || !f->hashed || (known && fstat(fd, &after) == 0 && file_unchanged(&before, &after))) {
        return ok;
    }
    f->hashed = false; /* of neither what was there before nor what is there now */
    return file_gap(f, o, feed_changed);
}

/* What is remembered is found by what the bytes are now.  Facts and maps are not remembered. */
static bool scan_or_recall(struct file_report *f, const struct scan_options *o, int fd,
                           uint64_t size, enum standing s)
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
    if (hashed && memcmp(f->sha256, sha, sizeof sha) == 0
        && (o->cancelled == NULL || *o->cancelled == 0)) {
        o->memory->keep(o->memory->ctx, o, f);
    }
    return true;
}

bool scan_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size,
               bool named)
{
    return scan_or_recall(f, o, fd, size, named ? NAMED : STANDS_ALONE);
}

bool scan_external_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size)
{
    return scan_or_recall(f, o, fd, size, REFERRED);
}
