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
static bool end_pass(struct collector *c, struct file_report *f, struct scan_pass *p)
{
    struct scan_pass_result end;
    scan_pass_finish(p, &end);
    f->hashed = end.reason == NULL;
    f->changed |= end.reason == file_input_changed;
    f->bytes_searched = end.searched;
    memcpy(f->sha256, end.sha256, sizeof f->sha256);
    bool ok = f->hashed || collect_gap(c, f->path, end.reason);
    for (size_t i = 0; ok && i < NUM_MAGICS; i++) {
        ok = !end.capped[i] || hits_capped(c, (enum magic)i, f->path);
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
static bool read_objects(struct collector *c, struct file_report *f, struct scan_object *root,
                         struct scan_pass *p, bool *claimed, const char *otherwise)
{
    c->root = &root->src;
    bool ok = parse_object(c, root, claimed);
    unsigned claimed_by = c->claimed_by;
    return ok && name_format(f, c, *claimed, otherwise) && nested_read_all(c, c->queue)
           && search_results_of_file(c, root, claimed_by, p) && nested_read_all(c, c->queue)
           && nested_check_crcs(c) && nested_note_failure(c, &root->src, f->path);
}

/* Members of an archive are hits that need no closer look. */
static uint64_t max_hits(const struct budget *b)
{
    uint64_t n;
    return add_u64(b->max[LIMIT_objects], b->max[LIMIT_candidates], &n) ? n : UINT64_MAX;
}

/* How parsers read: where the whole file is, from blocks that are tagged, or from a copy that
 * nobody changes. */
static bool open_source(struct source *src, const struct file_input *input,
                        struct verified_blocks **blocks)
{
    *blocks = input->tags != NULL ? verified_blocks_new(input->fd, input->size, input->tags) : NULL;
    if (input->whole != NULL) {
        source_mem(src, (struct bytes){ input->whole, (size_t)input->size });
    } else {
        source_fd(src, input->fd, input->size,
                  *blocks != NULL ? verified_blocks_source(*blocks) : NULL);
    }
    return input->tags == NULL || *blocks != NULL;
}

/* Large archives alone: sums cost what a member's second reading does not. */
static struct block_crcs *sums_for(struct source *src)
{
    uint8_t head[4];
    size_t got = 0;
    bool zip = src->size > CRCS_FROM && source_read_some(src, 0, head, sizeof head, &got)
               && got == 4 && memcmp(head, "PK\3\4", 4) == 0;
    return zip ? block_crcs_new(src->size) : NULL;
}

static bool scan_objects(struct collector *c, struct file_report *f, const struct file_input *input,
                         bool *claimed, const char *otherwise, bool hash)
{
    struct source src;
    struct verified_blocks *blocks;
    struct scan_object *root =
        open_source(&src, input, &blocks) ? scan_object_root(&src, f->path) : NULL;
    c->crcs = root != NULL ? sums_for(&root->src) : NULL;
    struct scan_pass *p = root == NULL ? NULL
                                       : scan_pass_start(input, max_hits(c->budget), hash, c->crcs,
                                                         c->options->cancelled);
    if (p != NULL && hash && c->options->progress != NULL) {
        scan_pass_watch(p, c->options->progress->read, c->options->progress->ctx);
    }
    bool ok = p != NULL && read_objects(c, f, root, p, claimed, otherwise);
    ok = p != NULL && end_pass(c, f, p) && ok;
    block_crcs_free(c->crcs);
    c->crcs = NULL;
    scan_object_release(root);
    verified_blocks_free(blocks);
    return ok;
}

static bool scan_empty(struct collector *c, struct file_report *f, const struct file_input *input,
                       bool hash)
{
    struct scan_pass *p = scan_pass_start(input, 0, hash, NULL, NULL);
    return p != NULL && end_pass(c, f, p) && (f->format = strdup("empty")) != NULL;
}

static bool scan_one(struct file_report *f, const struct scan_options *o,
                     const struct file_input *input, enum origin s, bool hash)
{
    struct budget budget;
    struct queue queue = { 0 };
    struct collector c;
    bool claimed = false, ok = true;
    budget_init(&budget, o->max, input->size);
    f->size = input->size;
    f->complete = true;
    f->weights_only = -1;
    if (!collect_init(&c, o, f, &budget, &queue)) {
        collect_done(&c);
        return false;
    }
    ok = input->size == 0 ? scan_empty(&c, f, input, hash)
                          : scan_objects(&c, f, input, &claimed,
                                         s == REFERENCED ? "external-data" : "unknown", hash);
    ok = ok && verdict_finish(&c, f, claimed, s)
         && (!o->map || bytemap_rows_keep(f, &c.file_regions, &c.members));
    queue_done(&queue);
    collect_done(&c);
    return ok && !c.failed;
}

bool file_scan_unhashed(struct file_report *f, const struct scan_options *o,
                        const struct file_input *input, enum origin s)
{
    return scan_one(f, o, input, s, false);
}

/* In this process. */
static bool scan_here(struct file_report *f, const struct scan_options *o, int fd, uint64_t size,
                      enum origin s)
{
    struct file_input input;
    const char *why;
    if (!file_input_open(&input, fd, size, false, &why)) {
        f->size = size;
        return (why == file_input_changed || why == file_input_failed)
               && file_unreadable(f, o, why);
    }
    bool ok = scan_one(f, o, &input, s, true);
    file_input_close(&input);
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
                           uint64_t size, enum origin s)
{
    bool here = o->scan_in_sandbox == NULL || o->on_fact != NULL;
    struct stat before, after;
    bool known = fstat(fd, &before) == 0;
    bool ok = here ? scan_here(f, o, fd, size, s) : o->scan_in_sandbox(f, o, fd, size, s);
    if (!ok || !f->hashed || (known && fstat(fd, &after) == 0 && file_unchanged(&before, &after))) {
        return ok;
    }
    f->hashed = false; /* of neither what was there before nor what is there now */
    return file_add_gap(f, o, file_input_changed);
}

/* What is remembered is found by what the bytes are now.  Facts and maps are not remembered. */
static bool scan_or_recall(struct file_report *f, const struct scan_options *o, int fd,
                           uint64_t size, enum origin s)
{
    uint8_t sha[32];
    const char *why;
    if (o->memory == NULL || o->on_fact != NULL || o->map) {
        return scan_somewhere(f, o, fd, size, s);
    }
    bool hashed = o->digest != NULL || hash_file(fd, size, sha, NULL, &why);
    if (o->digest != NULL) {
        memcpy(sha, o->digest, sizeof sha);
    }
    if (hashed && o->memory->lookup(o->memory->ctx, o, sha, &size, f)) {
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
    return scan_or_recall(f, o, fd, size, named ? ON_COMMAND_LINE : IN_FOLDER);
}

bool scan_external_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size)
{
    return scan_or_recall(f, o, fd, size, REFERENCED);
}
