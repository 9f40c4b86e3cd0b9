#include "scan_pass.h"

#include "hit_queue.h"
#include "readahead.h"
#include "../util/sha256.h"

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_FROM (4u << 20) /* bytes of a file; below, two threads cost more than they save */

struct scan_pass {
    const struct file_input *input; /* borrowed */
    const volatile int *cancelled; /* borrowed; may be NULL */

    /* The hashing side. */
    atomic_ullong at; /* bytes read so far; read by both sides */
    bool hash; /* this process hashes */
    struct sha256 sha;
    enum input_error error;

    /* The searching side. */
    struct block_mac *mac; /* NULL: nothing is read twice */
    struct block_crcs *crcs; /* borrowed; may be NULL */
    struct search search;

    /* The thread that takes hits. */
    struct hit_queue hits;
    void (*watch)(void *ctx, uint64_t n); /* may be NULL */
    void *watch_ctx;
    uint64_t watched; /* bytes that watch was called with */

    uint8_t *own; /* a block for what is read here */
    uint8_t none[READAHEAD_HEADROOM + 1]; /* a block without bytes */
    bool threaded; /* another thread searches */
    bool two_threads; /* ... and one more hashes, through the ring */
    struct readahead ring;
    pthread_t hasher;
    pthread_t searcher;
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

/* Sums a block, and checks that it matches what parsers have read of it; what they have not read
 * yet is checked when they do. */
static bool check_block(struct scan_pass *p, const uint8_t *block, size_t n)
{
    if (p->crcs != NULL) {
        block_crcs_update(p->crcs, (struct bytes){ block, n });
    }
    return n == 0 || p->mac == NULL
           || block_mac_check(p->mac, p->search.at, (struct bytes){ block, n });
}

static void hash_block(struct scan_pass *p, const uint8_t *block, size_t n)
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
        hash_block(p, block, n);
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
        ok = check_block(p, block, n) && search_block(&p->search, block, n, false, out)
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

/* --- one thread, which searches what another process hashes ---------------------- */

static void *search_received(void *ctx)
{
    struct scan_pass *p = ctx;
    struct hit_sink out = { hit_queue_push_batched, &p->hits };
    bool ok = true;
    size_t n = 1;
    while (ok && n > 0) {
        uint8_t *block = next_block(p, p->own, &n);
        ok = check_block(p, block, n) && search_block(&p->search, block, n, n == 0, out)
             && hit_queue_flush(&p->hits);
    }
    hit_queue_end(&p->hits);
    return NULL;
}

static unsigned num_cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1u;
}

/* Returns false where a thread cannot be started: the caller's does both then. */
static bool start_two(struct scan_pass *p)
{
    if (num_cores() < 2 || !readahead_init(&p->ring)) {
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
    p->two_threads = true;
    return true;
}

static bool start_threads(struct scan_pass *p)
{
    bool is_small = p->input->next == NULL && p->input->size < THREADS_FROM;
    if (p->input->whole != NULL || is_small) {
        return false;
    }
    return p->hash ? start_two(p) : pthread_create(&p->searcher, NULL, search_received, p) == 0;
}

static void report_progress(void *ctx)
{
    struct scan_pass *p = ctx;
    uint64_t at = atomic_load(&p->at);
    if (p->watch != NULL && at > p->watched) {
        p->watch(p->watch_ctx, at - p->watched);
        p->watched = at;
    }
}

/* --- no thread of its own --------------------------------------------------- */

/* The next block: hashed, then searched while it is in the cache. */
static void search_next_block(struct scan_pass *p)
{
    size_t n;
    uint8_t *block = next_block(p, p->own, &n);
    hit_queue_clear(&p->hits);
    hash_block(p, block, n);
    p->hits.ended = n == 0 || !check_block(p, block, n);
    p->hits.ended |=
        !search_block(&p->search, block, n, n == 0, (struct hit_sink){ hit_queue_push, &p->hits });
}

/* --- the pass --------------------------------------------------------------- */

static void pass_free(struct scan_pass *p)
{
    if (p->own != NULL && p->own != p->none + READAHEAD_HEADROOM) {
        free(p->own - READAHEAD_HEADROOM);
    }
    block_mac_free(p->mac);
    free(p);
}

static bool prepare(struct scan_pass *p, bool hash)
{
    p->hash = hash;
    sha256_begin(&p->sha);
    p->mac = p->input->macs != NULL ? block_mac_new(p->input->macs) : NULL;
    bool in_memory = p->input->whole != NULL || p->input->next != NULL;
    uint8_t *block = in_memory ? p->none : malloc(READAHEAD_HEADROOM + READAHEAD_BLOCK);
    if (block == NULL) {
        return false;
    }
    p->own = block + READAHEAD_HEADROOM;
    return p->mac != NULL || p->input->macs == NULL;
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
    p->hits.tick = report_progress; /* no thread waits for hits yet */
    p->hits.tick_ctx = p;
}

size_t scan_pass_hits(struct scan_pass *p, struct hit *out, size_t cap)
{
    if (p->threaded) {
        return hit_queue_wait(&p->hits, out, cap);
    }
    while (p->hits.next == p->hits.n && !p->hits.ended) {
        search_next_block(p);
        report_progress(p);
    }
    return hit_queue_take(&p->hits, out, cap);
}

static void stop_threads(struct scan_pass *p)
{
    pthread_join(p->searcher, NULL);
    if (p->two_threads) {
        pthread_join(p->hasher, NULL);
        readahead_done(&p->ring);
    }
}

void scan_pass_finish(struct scan_pass *p, struct scan_pass_result *out)
{
    struct hit dropped[64];
    while (scan_pass_hits(p, dropped, sizeof dropped / sizeof dropped[0]) > 0) {
    }
    if (p->threaded) {
        stop_threads(p);
    }
    report_progress(p);
    *out = (struct scan_pass_result){ .searched = p->search.at, .error = p->error };
    memcpy(out->capped, p->search.capped, sizeof out->capped);
    if (p->hash) {
        sha256_end(&p->sha, out->sha256);
    }
    if (out->error == INPUT_OK && p->hits.out_of_memory) {
        out->error = INPUT_OUT_OF_MEMORY;
    }
    if (out->error == INPUT_OK && p->input->macs != NULL && block_macs_changed(p->input->macs)) {
        out->error = INPUT_CHANGED;
    }
    hit_queue_done(&p->hits);
    pass_free(p);
}
