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
#include "../../parsers/base/keyed_hash.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The scan of one file. */
struct scan_job {
    struct file_report *file; /* path and rel are set */
    const struct scan_options *options;
    const struct file_input *input;
    enum origin origin;
    bool hash; /* in this process; else another one hashes */
};

/* The digest, how far the search came, and what kept it from going further. */
static bool end_pass(struct collector *c, struct file_report *f, struct scan_pass *p)
{
    struct scan_pass_result end;
    scan_pass_finish(p, &end);
    f->hashed = end.error == INPUT_OK;
    f->state.changed |= end.error == INPUT_CHANGED;
    f->bytes_searched = end.searched;
    memcpy(f->sha256, end.sha256, sizeof f->sha256);
    bool ok = f->hashed || collect_gap(c, f->path, input_gap(end.error));
    for (size_t i = 0; ok && i < NUM_MAGICS; i++) {
        ok = !end.capped[i] || hits_capped(c, (enum magic)i, f->path);
    }
    return ok;
}

static bool name_format(struct file_report *f, const struct collector *c, bool claimed,
                        enum origin origin)
{
    const char *otherwise = origin == ORIGIN_REFERENCE ? "external-data" : FORMAT_UNKNOWN;
    f->format = strdup(claimed ? c->attempt.format : otherwise);
    return f->format != NULL;
}

/* Parsers come first, so that hits of the search can be located in tensors. */
static bool read_objects(struct collector *c, struct file_report *f, struct scan_object *root,
                         struct scan_pass *p, bool *claimed, enum origin origin)
{
    c->root = &root->src;
    struct current_object before = collect_switch(c, (struct current_object){ root, root->label });
    bool ok = parse_object(c, root, claimed);
    (void)collect_switch(c, before);
    unsigned claimed_by = c->claimed_by;
    return ok && name_format(f, c, *claimed, origin) && nested_read_all(c, c->queue)
           && search_results_of_file(c, root, claimed_by, p) && nested_read_all(c, c->queue)
           && nested_check_crcs(c) && nested_note_failure(c, &root->src, f->path);
}

/* Each member of an archive is a hit, too, which is not examined. */
static uint64_t max_hits(const struct budget *b)
{
    uint64_t n;
    return add_u64(b->max[LIMIT_objects], b->max[LIMIT_candidates], &n) ? n : UINT64_MAX;
}

/* Parsers read a small file from memory, a large one by blocks that are verified, and a private
 * copy by its descriptor. */
static bool open_source(struct source *src, const struct file_input *input,
                        struct verified_blocks **blocks)
{
    *blocks = input->macs != NULL ? verified_blocks_new(input->fd, input->size, input->macs) : NULL;
    if (input->whole != NULL) {
        source_mem(src, (struct bytes){ input->whole, (size_t)input->size });
    } else {
        source_fd(src, input->fd, input->size,
                  *blocks != NULL ? verified_blocks_source(*blocks) : NULL);
    }
    return input->macs == NULL || *blocks != NULL;
}

/* Sums of blocks for large archives alone, where they save a second reading of members. */
static struct block_crcs *block_sums_for(struct source *src)
{
    uint8_t head[4];
    size_t got = 0;
    if (src->size <= BLOCK_CRC_MIN_MEMBER || !source_read_some(src, 0, head, sizeof head, &got)) {
        return NULL;
    }
    bool is_zip = got == sizeof head && memcmp(head, "PK\3\4", sizeof head) == 0;
    return is_zip ? block_crcs_new(src->size) : NULL;
}

/* The pass over all bytes, and beside it the parsers. */
static bool scan_root(struct collector *c, struct scan_object *root, const struct scan_job *job,
                      bool *claimed)
{
    const struct scan_options *o = job->options;
    c->crcs.blocks = block_sums_for(&root->src);
    struct scan_pass *p =
        scan_pass_start(job->input, max_hits(c->budget), job->hash, c->crcs.blocks, o->cancelled);
    if (p != NULL && job->hash && o->progress != NULL) {
        scan_pass_watch(p, o->progress->read, o->progress->ctx);
    }
    bool ok = p != NULL && read_objects(c, job->file, root, p, claimed, job->origin);
    ok = p != NULL && end_pass(c, job->file, p) && ok;
    block_crcs_free(c->crcs.blocks);
    c->crcs.blocks = NULL;
    return ok;
}

static bool scan_objects(struct collector *c, const struct scan_job *job, bool *claimed)
{
    struct source src;
    struct verified_blocks *blocks;
    struct scan_object *root = NULL;
    if (open_source(&src, job->input, &blocks)) {
        root = scan_object_root(&src, job->file->path);
    }
    bool ok = root != NULL && scan_root(c, root, job, claimed);
    scan_object_release(root);
    verified_blocks_free(blocks);
    return ok;
}

static bool scan_empty(struct collector *c, const struct scan_job *job)
{
    struct file_report *f = job->file;
    struct scan_pass *p = scan_pass_start(job->input, 0, job->hash, NULL, NULL);
    return p != NULL && end_pass(c, f, p) && (f->format = strdup("empty")) != NULL;
}

/* Everything that needs the collector; its budget and queue end with it. */
static bool scan_with(struct collector *c, const struct scan_job *job)
{
    struct file_report *f = job->file;
    bool claimed = false;
    bool ok = job->input->size == 0 ? scan_empty(c, job) : scan_objects(c, job, &claimed);
    struct file_end end = {
        .origin = job->origin,
        .claimed = claimed,
        .content_unrecognised = c->content_unrecognised,
        .out_of_memory = c->budget->out_of_memory,
    };
    return ok && verdict_finish(&c->judge, &end)
           && (!job->options->map || bytemap_rows_keep(f, &c->regions.file, &c->regions.members));
}

static bool scan_one(const struct scan_job *job)
{
    const struct scan_options *o = job->options;
    struct file_report *f = job->file;
    struct budget budget;
    struct queue queue = { 0 };
    struct collector c;
    budget_init(&budget, o->max, job->input->size);
    f->size = job->input->size;
    f->complete = true;
    f->weights_only = -1;
    struct collect_setup setup = { .file = f,
                                   .rules = o->rules,
                                   .budget = &budget,
                                   .queue = &queue,
                                   .on_fact = o->on_fact,
                                   .on_fact_ctx = o->on_fact_ctx,
                                   .cancelled = o->cancelled };
    bool ok = collect_init(&c, &setup) && scan_with(&c, job);
    queue_done(&queue);
    ok = ok && !c.judge.failed;
    collect_done(&c);
    return ok;
}

bool file_scan_unhashed(struct file_report *f, const struct scan_options *o,
                        const struct file_input *input, enum origin origin)
{
    struct scan_job job = { f, o, input, origin, .hash = false };
    return scan_one(&job);
}

/* In this process. */
static bool scan_here(struct file_report *f, const struct scan_options *o, int fd, uint64_t size,
                      enum origin origin)
{
    struct file_input input;
    enum input_error why;
    keyed_hash_init();
    if (!file_input_open(&input, fd, size, false, &why)) {
        f->size = size;
        return (why == INPUT_CHANGED || why == INPUT_FAILED) && file_unreadable(f, input_gap(why));
    }
    struct scan_job job = { f, o, &input, origin, .hash = true };
    bool ok = scan_one(&job);
    file_input_close(&input);
    return ok;
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

bool file_unchanged(const struct stat *a, const struct stat *b)
{
    return a->st_size == b->st_size && same_time(a->st_mtim, b->st_mtim)
           && same_time(a->st_ctim, b->st_ctim);
}

/* Uses a worker if configured; on_fact only works in-process. */
static bool scan_somewhere(struct file_report *f, const struct scan_options *o, int fd,
                           uint64_t size, enum origin origin)
{
    bool here = o->scan_in_sandbox == NULL || o->on_fact != NULL;
    struct stat before, after;
    bool known = fstat(fd, &before) == 0;
    bool ok = here ? scan_here(f, o, fd, size, origin)
                   : o->scan_in_sandbox(o->sandbox_ctx, f, o, fd, size, origin);
    if (!ok || !f->hashed) {
        return ok;
    }
    /* parsers and the digest may have read at different times */
    if (known && fstat(fd, &after) == 0 && file_unchanged(&before, &after)) {
        return true;
    }
    f->hashed = false; /* which version was hashed is unknown */
    return file_add_gap(f, gap_of(GAP_FILE_CHANGED));
}

static void report_read(const struct scan_options *o, uint64_t bytes)
{
    if (o->progress != NULL) {
        o->progress->read(o->progress->ctx, bytes);
    }
}

static bool lookup(struct file_report *f, const struct scan_options *o, const uint8_t sha[32],
                   uint64_t size)
{
    if (!o->cache->lookup(o->cache->ctx, o, sha, &size, f)) {
        return false;
    }
    memcpy(f->sha256, sha, 32);
    f->hashed = true;
    report_read(o, size);
    return true;
}

/* Looks the digest of the bytes up in the cache. Facts and maps are not in the cache. */
static bool lookup_or_scan(struct file_report *f, const struct scan_options *o, int fd,
                           uint64_t size, enum origin origin)
{
    uint8_t sha[32];
    enum input_error why;
    if (o->cache == NULL || o->on_fact != NULL || o->map) {
        return scan_somewhere(f, o, fd, size, origin);
    }
    bool hashed = o->digest != NULL || hash_file(fd, size, sha, NULL, &why);
    if (o->digest != NULL) {
        memcpy(sha, o->digest, sizeof sha);
    }
    if (hashed && lookup(f, o, sha, size)) {
        return true;
    }
    if (!scan_somewhere(f, o, fd, size, origin)) {
        return false;
    }
    bool same = hashed && memcmp(f->sha256, sha, sizeof sha) == 0;
    bool cancelled = o->cancelled != NULL && *o->cancelled != 0;
    if (same && !cancelled) {
        o->cache->store(o->cache->ctx, o, f);
    }
    return true;
}

bool scan_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size,
               bool named)
{
    return lookup_or_scan(f, o, fd, size, named ? ORIGIN_COMMAND_LINE : ORIGIN_FOLDER);
}

bool scan_external_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size)
{
    return lookup_or_scan(f, o, fd, size, ORIGIN_REFERENCE);
}
