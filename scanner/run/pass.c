#include "pass.h"

#include "ring.h"

#include <openssl/evp.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define THREADS_FROM (4u << 20)       /* bytes; below, two threads cost more than they save */
#define HITS_BATCH 256u               /* hits that go from thread to thread together */
#define WATCH_NS 200000000            /* nanoseconds between two words of how far it is */
#define HITS_WAITING 4096u            /* the searching thread waits when that many were not taken */

struct pass {
    const struct feed *feed;          /* borrowed */
    const volatile int *cancelled;    /* borrowed; may be NULL */
    atomic_ullong at;                 /* bytes read so far, by the hashing side */
    void (*watch)(void *ctx, uint64_t n); void *watch_ctx; uint64_t watched;
    struct tagger *tagger;            /* searching side; NULL: nothing is read twice */
    EVP_MD_CTX *md;
    const char *reason;               /* hashing side */
    struct search search;             /* searching side */
    bool ended, out_of_memory;        /* searching side, under lock when threaded */
    struct hit *hits; size_t num_hits, room_hits, next_hit;
    struct hit batch[HITS_BATCH]; size_t num_batch;    /* searching thread's own */
    uint8_t *own, none[RING_ROOM + 1];/* a block for what is read here; stands for no bytes */
    bool threaded, ringed;            /* by one thread at least; by two */
    struct ring ring;
    pthread_t hasher, searcher;
    pthread_mutex_t lock;             /* of hits and ended */
    pthread_cond_t  moved;
};

/* One block; *n 0 at the end or on an error, with reason set. */
static uint8_t *next_block(struct pass *p, uint8_t *own, size_t *n)
{
    bool cancelled = p->cancelled != NULL && *p->cancelled != 0;
    if (cancelled) {
        p->reason = "cancelled";
    }
    uint8_t *block = cancelled ? NULL : feed_block(p->feed, p->at, own, n, &p->reason);
    *n = block != NULL ? *n : 0;
    p->at += *n;
    return block != NULL ? block : own;
}

/* What parsers saw of these bytes was the same, or a later look will say so. */
static bool agree(struct pass *p, const uint8_t *block, size_t n)
{
    return n == 0 || p->tagger == NULL || tags_see(p->tagger, p->search.at, (struct bytes){ block, n });
}

static bool digest(struct pass *p, const uint8_t *block, size_t n)
{
    if (p->md != NULL && EVP_DigestUpdate(p->md, block, n) != 1) {
        p->reason = "hashing failed";
        return false;
    }
    return true;
}

static bool add_hit(struct pass *p, struct hit h)
{
    if (p->num_hits == p->room_hits) {
        size_t room = p->room_hits == 0 ? 16 : p->room_hits * 2;
        struct hit *grown = realloc(p->hits, room * sizeof *grown);
        if (grown == NULL) {
            p->out_of_memory = true;
            return false;
        }
        p->hits = grown;
        p->room_hits = room;
    }
    p->hits[p->num_hits++] = h;
    return true;
}

/* --- two threads ---------------------------------------------------------- */

static void *hash_all(void *ctx)
{
    struct pass *p = ctx;
    uint8_t *block = ring_room(&p->ring);
    for (size_t n; block != NULL && next_block(p, block, &n) != NULL && n > 0; block = ring_room(&p->ring)) {
        ring_put(&p->ring, n);
        if (!digest(p, block, n)) {
            break;
        }
    }
    ring_end(&p->ring);
    return NULL;
}

/* What was found in a block goes over at once: a lock a hit would cost more than the search. */
static bool flush(struct pass *p)
{
    bool ok = true;
    if (p->num_batch == 0) {
        return true;
    }
    pthread_mutex_lock(&p->lock);
    while (p->num_hits - p->next_hit >= HITS_WAITING && !p->ended) {
        pthread_cond_wait(&p->moved, &p->lock);
    }
    if (p->next_hit > 0) {            /* what was taken makes room */
        memmove(p->hits, p->hits + p->next_hit, (p->num_hits - p->next_hit) * sizeof *p->hits);
        p->num_hits -= p->next_hit;
        p->next_hit = 0;
    }
    for (size_t i = 0; ok && i < p->num_batch; i++) {
        ok = add_hit(p, p->batch[i]);
    }
    p->num_batch = 0;
    pthread_cond_broadcast(&p->moved);
    pthread_mutex_unlock(&p->lock);
    return ok;
}

static bool hand_over(void *ctx, struct hit h)
{
    struct pass *p = ctx;
    p->batch[p->num_batch++] = h;
    return p->num_batch < HITS_BATCH || flush(p);
}

static void say_ended(struct pass *p)
{
    pthread_mutex_lock(&p->lock);
    p->ended = true;
    pthread_cond_broadcast(&p->moved);
    pthread_mutex_unlock(&p->lock);
}

static void *search_all(void *ctx)
{
    struct pass *p = ctx;
    struct hit_sink out = { hand_over, p };
    bool ok = true;
    size_t n;
    for (uint8_t *block; ok && (block = ring_take(&p->ring, &n)) != NULL; ring_release(&p->ring)) {
        ok = agree(p, block, n) && search_block(&p->search, block, n, false, out) && flush(p);
    }
    ok = ok && search_block(&p->search, p->none + RING_ROOM, 0, true, out) && flush(p);
    say_ended(p);
    if (!ok) {
        ring_cancel(&p->ring);
    }
    return NULL;
}

/* --- one thread, which searches; nobody hashes here ------------------------------- */

static void *search_fed(void *ctx)
{
    struct pass *p = ctx;
    struct hit_sink out = { hand_over, p };
    bool ok = true;
    size_t n = 1;
    while (ok && n > 0) {
        uint8_t *block = next_block(p, p->own, &n);
        ok = agree(p, block, n) && search_block(&p->search, block, n, n == 0, out) && flush(p);
    }
    say_ended(p);
    return NULL;
}

static unsigned cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1u;
}

/* Where a thread cannot be had, the caller's does it all. */
static bool start_two(struct pass *p)
{
    if (cores() < 2 || !ring_init(&p->ring)) {
        return false;
    }
    if (pthread_create(&p->hasher, NULL, hash_all, p) != 0) {
        ring_done(&p->ring);
        return false;
    }
    if (pthread_create(&p->searcher, NULL, search_all, p) != 0) {
        ring_cancel(&p->ring);
        pthread_join(p->hasher, NULL);
        ring_done(&p->ring);
        p->at = 0;
        p->reason = NULL;
        if (EVP_DigestInit_ex(p->md, EVP_sha256(), NULL) != 1) {
            p->out_of_memory = true;
        }
        return false;
    }
    p->ringed = true;
    return true;
}

static bool start_threads(struct pass *p)
{
    if (p->feed->whole != NULL || (p->feed->next == NULL && p->feed->size < THREADS_FROM)) {
        return false;
    }
    return p->md != NULL ? start_two(p) : pthread_create(&p->searcher, NULL, search_fed, p) == 0;
}

static size_t take_hits(struct pass *p, struct hit *out, size_t room)
{
    size_t n = p->num_hits - p->next_hit;
    n = n < room ? n : room;
    if (n > 0) {
        memcpy(out, p->hits + p->next_hit, n * sizeof *out);
        p->next_hit += n;
    }
    return n;
}

static void tell_watch(struct pass *p)
{
    uint64_t at = atomic_load(&p->at);
    if (p->watch != NULL && at > p->watched) {
        p->watch(p->watch_ctx, at - p->watched);
        p->watched = at;
    }
}

/* With the lock, which is let go of meanwhile. */
static void wait_moved(struct pass *p)
{
    struct timespec until = { 0 };
    if (p->watch == NULL || clock_gettime(CLOCK_REALTIME, &until) != 0) {
        pthread_cond_wait(&p->moved, &p->lock);
        return;
    }
    until.tv_nsec += WATCH_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&p->moved, &p->lock, &until);     /* late or moved: the caller looks */
    pthread_mutex_unlock(&p->lock);
    tell_watch(p);
    pthread_mutex_lock(&p->lock);
}

static size_t wait_for_hits(struct pass *p, struct hit *out, size_t room)
{
    pthread_mutex_lock(&p->lock);
    while (p->num_hits == p->next_hit && !p->ended) {
        wait_moved(p);
    }
    size_t n = take_hits(p, out, room);
    pthread_cond_broadcast(&p->moved);
    pthread_mutex_unlock(&p->lock);
    return n;
}

/* --- without ---------------------------------------------------------------- */

static bool keep_hit(void *ctx, struct hit h)
{
    return add_hit(ctx, h);
}

/* The next block: hashed, then searched while it is in the cache. */
static void step(struct pass *p)
{
    size_t n;
    uint8_t *block = next_block(p, p->own, &n);
    p->num_hits = p->next_hit = 0;
    p->ended = n == 0 || !digest(p, block, n) || !agree(p, block, n);
    p->ended |= !search_block(&p->search, block, n, n == 0, (struct hit_sink){ keep_hit, p });
}

/* --- both ------------------------------------------------------------------- */

static void pass_free(struct pass *p)
{
    if (p->own != NULL && p->own != p->none + RING_ROOM) {
        free(p->own - RING_ROOM);
    }
    tagger_free(p->tagger);
    EVP_MD_CTX_free(p->md);
    free(p->hits);
    free(p);
}

static bool prepare(struct pass *p, bool hash)
{
    p->md = hash ? EVP_MD_CTX_new() : NULL;
    p->tagger = p->feed->tags != NULL ? tagger_new(p->feed->tags) : NULL;
    uint8_t *room = p->feed->whole != NULL || p->feed->next != NULL ? p->none : malloc(RING_ROOM + RING_BLOCK);
    p->own = room != NULL ? room + RING_ROOM : NULL;
    return room != NULL && (p->tagger != NULL) == (p->feed->tags != NULL)
        && (!hash || (p->md != NULL && EVP_DigestInit_ex(p->md, EVP_sha256(), NULL) == 1));
}

struct pass *pass_start(const struct feed *feed, uint64_t max_hits, bool hash, const volatile int *cancelled)
{
    struct pass *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    p->feed = feed;
    p->cancelled = cancelled;
    search_init(&p->search, max_hits, false);
    if (!prepare(p, hash) || pthread_mutex_init(&p->lock, NULL) != 0) {
        pass_free(p);
        return NULL;
    }
    if (pthread_cond_init(&p->moved, NULL) != 0) {
        pthread_mutex_destroy(&p->lock);
        pass_free(p);
        return NULL;
    }
    p->threaded = start_threads(p);
    return p;
}

void pass_watch(struct pass *p, void (*bytes)(void *ctx, uint64_t n), void *ctx)
{
    p->watch = bytes;
    p->watch_ctx = ctx;
}

size_t pass_hits(struct pass *p, struct hit *out, size_t room)
{
    if (p->threaded) {
        return wait_for_hits(p, out, room);
    }
    while (p->next_hit == p->num_hits && !p->ended) {
        step(p);
        tell_watch(p);
    }
    return take_hits(p, out, room);
}

static void stop_threads(struct pass *p)
{
    pthread_join(p->searcher, NULL);
    if (p->ringed) {
        pthread_join(p->hasher, NULL);
        ring_done(&p->ring);
    }
}

void pass_finish(struct pass *p, struct pass_end *out)
{
    struct hit drop[64];
    while (pass_hits(p, drop, sizeof drop / sizeof drop[0]) > 0) {
    }
    if (p->threaded) {
        stop_threads(p);
    }
    tell_watch(p);
    *out = (struct pass_end){ .searched = p->search.at, .reason = p->reason };
    memcpy(out->capped, p->search.capped, sizeof out->capped);
    if (out->reason == NULL && (p->out_of_memory || (p->md != NULL && EVP_DigestFinal_ex(p->md, out->sha256, NULL) != 1))) {
        out->reason = "out of memory";
    }
    if (out->reason == NULL && p->feed->tags != NULL && tags_broken(p->feed->tags)) {
        out->reason = feed_changed;
    }
    pthread_cond_destroy(&p->moved);
    pthread_mutex_destroy(&p->lock);
    pass_free(p);
}
