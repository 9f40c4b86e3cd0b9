#include "scan_pass.h"

#include "hit_queue.h"
#include "readahead.h"
#include "../util/sha256.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_FROM (4u << 20) /* bytes; below, two threads cost more than they save */

struct scan_pass {
    const struct file_input *input; /* borrowed */
    const volatile int *cancelled; /* borrowed; may be NULL */
    atomic_ullong at; /* bytes read so far, by the hashing side */
    void (*watch)(void *ctx, uint64_t n);
    void *watch_ctx;
    uint64_t watched;
    struct block_mac *tagger; /* searching side; NULL: nothing is read twice */
    struct block_crcs *crcs; /* searching side; borrowed; may be NULL */
    bool hash;
    struct sha256 sha;
    enum input_error error; /* hashing side */
    struct search search; /* searching side */
    struct hit_queue hits;
    bool out_of_memory;
    uint8_t *own,
        none[READAHEAD_HEADROOM + 1]; /* a block for what is read here; stands for no bytes */
    bool threaded, ringed; /* by one thread at least; by two */
    struct readahead ring;
    pthread_t hasher, searcher;
};

/* One block; *n 0 at the end or on an error, with p->error set. */
static uint8_t *next_block(struct scan_pass *p, uint8_t *own, size_t *n)
{
    bool cancelled = p->cancelled != NULL && *p->cancelled != 0;
    if (cancelled) {
        p->error = INPUT_CANCELLED;
    }
    uint8_t *block = cancelled ? NULL : file_input_block(p->input, p->at, own, n, &p->error);
    *n = block != NULL ? *n : 0;
    p->at += *n;
    return block != NULL ? block : own;
}

/* What parsers saw of these bytes was the same, or a later look will say so. */
static bool agree(struct scan_pass *p, const uint8_t *block, size_t n)
{
    if (p->crcs != NULL) {
        block_crcs_update(p->crcs, (struct bytes){ block, n });
    }
    return n == 0 || p->tagger == NULL
           || block_mac_check(p->tagger, p->search.at, (struct bytes){ block, n });
}

static void digest(struct scan_pass *p, const uint8_t *block, size_t n)
{
    if (p->hash) {
        sha256_add(&p->sha, block, n);
    }
}

/* --- two threads ---------------------------------------------------------- */

static void *hash_all(void *ctx)
{
    struct scan_pass *p = ctx;
    uint8_t *block = readahead_reserve(&p->ring);
    for (size_t n; block != NULL && next_block(p, block, &n) != NULL && n > 0;
         block = readahead_reserve(&p->ring)) {
        readahead_commit(&p->ring, n);
        digest(p, block, n);
    }
    readahead_end(&p->ring);
    return NULL;
}

static void *search_all(void *ctx)
{
    struct scan_pass *p = ctx;
    struct hit_sink out = { hit_queue_push_batched, &p->hits };
    bool ok = true;
    size_t n;
    for (uint8_t *block; ok && (block = readahead_take(&p->ring, &n)) != NULL;
         readahead_release(&p->ring)) {
        ok = agree(p, block, n) && search_block(&p->search, block, n, false, out)
             && hit_queue_flush(&p->hits);
    }
    ok = ok && search_block(&p->search, p->none + READAHEAD_HEADROOM, 0, true, out)
         && hit_queue_flush(&p->hits);
    hit_queue_end(&p->hits);
    if (!ok) {
        readahead_cancel(&p->ring);
    }
    return NULL;
}

/* --- one thread, which searches; nobody hashes here ------------------------------- */

static void *search_fed(void *ctx)
{
    struct scan_pass *p = ctx;
    struct hit_sink out = { hit_queue_push_batched, &p->hits };
    bool ok = true;
    size_t n = 1;
    while (ok && n > 0) {
        uint8_t *block = next_block(p, p->own, &n);
        ok = agree(p, block, n) && search_block(&p->search, block, n, n == 0, out)
             && hit_queue_flush(&p->hits);
    }
    hit_queue_end(&p->hits);
    return NULL;
}

static unsigned cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1u;
}

/* Where a thread cannot be had, the caller's does it all. */
static bool start_two(struct scan_pass *p)
{
    if (cores() < 2 || !readahead_init(&p->ring)) {
        return false;
    }
    if (pthread_create(&p->hasher, NULL, hash_all, p) != 0) {
        readahead_done(&p->ring);
        return false;
    }
    if (pthread_create(&p->searcher, NULL, search_all, p) != 0) {
        readahead_cancel(&p->ring);
        pthread_join(p->hasher, NULL);
        readahead_done(&p->ring);
        p->at = 0;
        p->error = INPUT_OK;
        sha256_begin(&p->sha);
        return false;
    }
    p->ringed = true;
    return true;
}

static bool start_threads(struct scan_pass *p)
{
    if (p->input->whole != NULL || (p->input->next == NULL && p->input->size < THREADS_FROM)) {
        return false;
    }
    return p->hash ? start_two(p) : pthread_create(&p->searcher, NULL, search_fed, p) == 0;
}

static void tell_watch(void *ctx)
{
    struct scan_pass *p = ctx;
    uint64_t at = atomic_load(&p->at);
    if (p->watch != NULL && at > p->watched) {
        p->watch(p->watch_ctx, at - p->watched);
        p->watched = at;
    }
}

/* --- without ---------------------------------------------------------------- */

/* The next block: hashed, then searched while it is in the cache. */
static void step(struct scan_pass *p)
{
    size_t n;
    uint8_t *block = next_block(p, p->own, &n);
    hit_queue_clear(&p->hits);
    digest(p, block, n);
    p->hits.ended = n == 0 || !agree(p, block, n);
    p->hits.ended |=
        !search_block(&p->search, block, n, n == 0, (struct hit_sink){ hit_queue_push, &p->hits });
}

/* --- both ------------------------------------------------------------------- */

static void pass_free(struct scan_pass *p)
{
    if (p->own != NULL && p->own != p->none + READAHEAD_HEADROOM) {
        free(p->own - READAHEAD_HEADROOM);
    }
    block_mac_free(p->tagger);
    free(p);
}

static bool prepare(struct scan_pass *p, bool hash)
{
    p->hash = hash;
    sha256_begin(&p->sha);
    p->tagger = p->input->tags != NULL ? block_mac_new(p->input->tags) : NULL;
    uint8_t *cap = p->input->whole != NULL || p->input->next != NULL
                       ? p->none
                       : malloc(READAHEAD_HEADROOM + RING_BLOCK);
    p->own = cap != NULL ? cap + READAHEAD_HEADROOM : NULL;
    return cap != NULL && (p->tagger != NULL) == (p->input->tags != NULL);
}

struct scan_pass *scan_pass_start(const struct file_input *input, uint64_t max_hits, bool hash,
                                  struct block_crcs *crcs, const volatile int *cancelled)
{
    struct scan_pass *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    p->input = input;
    p->cancelled = cancelled;
    p->crcs = crcs;
    search_init(&p->search, max_hits, false);
    if (!prepare(p, hash) || !hit_queue_init(&p->hits)) {
        pass_free(p);
        return NULL;
    }
    p->threaded = start_threads(p);
    return p;
}

void scan_pass_watch(struct scan_pass *p, void (*bytes)(void *ctx, uint64_t n), void *ctx)
{
    p->watch = bytes;
    p->watch_ctx = ctx;
    p->hits.tick = tell_watch; /* nobody waits for hits yet */
    p->hits.tick_ctx = p;
}

size_t scan_pass_hits(struct scan_pass *p, struct hit *out, size_t cap)
{
    if (p->threaded) {
        return hit_queue_wait(&p->hits, out, cap);
    }
    while (p->hits.next == p->hits.n && !p->hits.ended) {
        step(p);
        tell_watch(p);
    }
    return hit_queue_take(&p->hits, out, cap);
}

static void stop_threads(struct scan_pass *p)
{
    pthread_join(p->searcher, NULL);
    if (p->ringed) {
        pthread_join(p->hasher, NULL);
        readahead_done(&p->ring);
    }
}

void scan_pass_finish(struct scan_pass *p, struct scan_pass_result *out)
{
    struct hit drop[64];
    while (scan_pass_hits(p, drop, sizeof drop / sizeof drop[0]) > 0) {
    }
    if (p->threaded) {
        stop_threads(p);
    }
    tell_watch(p);
    *out = (struct scan_pass_result){ .searched = p->search.at, .error = p->error };
    memcpy(out->capped, p->search.capped, sizeof out->capped);
    if (p->hash) {
        sha256_end(&p->sha, out->sha256);
    }
    if (out->error == INPUT_OK && (p->out_of_memory || p->hits.out_of_memory)) {
        out->error = INPUT_OUT_OF_MEMORY;
    }
    if (out->error == INPUT_OK && p->input->tags != NULL && block_macs_changed(p->input->tags)) {
        out->error = INPUT_CHANGED;
    }
    hit_queue_done(&p->hits);
    pass_free(p);
}
