#include "pass.h"

#include "ring.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS_FROM (4u << 20)       /* bytes; below, two threads cost more than they save */
#define HITS_BATCH 256u               /* hits that go from thread to thread together */
#define HITS_WAITING 4096u            /* the searching thread waits when that many were not taken */

struct pass {
    int fd;
    const volatile int *cancelled;    /* borrowed; may be NULL */
    uint64_t size, at;                /* bytes; at: read so far, by the hashing side */
    EVP_MD_CTX *md;
    const char *reason;               /* hashing side */
    struct search search;             /* searching side */
    bool ended, out_of_memory;        /* searching side, under lock when threaded */
    struct hit *hits; size_t num_hits, room_hits, next_hit;
    struct hit batch[HITS_BATCH]; size_t num_batch;    /* searching thread's own */
    uint8_t *block;                   /* without threads */
    bool threaded;
    struct ring ring;
    pthread_t hasher, searcher;
    pthread_mutex_t lock;             /* of hits and ended */
    pthread_cond_t  moved;
};

/* One block: as much as there is, 0 at the end or on an error, with reason set. */
static size_t read_block(struct pass *p, uint8_t *buf)
{
    ssize_t n;
    if (p->cancelled != NULL && *p->cancelled != 0) {
        p->reason = "cancelled";
        return 0;
    }
    do {
        n = pread(p->fd, buf, RING_BLOCK, (off_t)p->at);
    } while (n < 0 && errno == EINTR);
    if (n < 0) {
        p->reason = "a read failed";
        return 0;
    }
    p->at += (uint64_t)n;
    if (p->at > p->size || (n == 0 && p->at < p->size)) {
        p->reason = "the file changed while it was read";
        return 0;
    }
    return (size_t)n;
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

/* --- with threads ---------------------------------------------------------- */

static void *hash_all(void *ctx)
{
    struct pass *p = ctx;
    uint8_t *block = ring_room(&p->ring);
    for (size_t n; block != NULL && (n = read_block(p, block)) > 0; block = ring_room(&p->ring)) {
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

static void *search_all(void *ctx)
{
    struct pass *p = ctx;
    struct hit_sink out = { hand_over, p };
    uint8_t none[RING_ROOM + 1];
    bool ok = true;
    size_t n;
    for (uint8_t *block; ok && (block = ring_take(&p->ring, &n)) != NULL; ring_release(&p->ring)) {
        ok = search_block(&p->search, block, n, false, out) && flush(p);
    }
    ok = ok && search_block(&p->search, none + RING_ROOM, 0, true, out) && flush(p);
    pthread_mutex_lock(&p->lock);
    p->ended = true;
    pthread_cond_broadcast(&p->moved);
    pthread_mutex_unlock(&p->lock);
    if (!ok) {
        ring_cancel(&p->ring);
    }
    return NULL;
}

static unsigned cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1u;
}

/* Where a thread cannot be had, the caller's does it all. */
static bool start_threads(struct pass *p)
{
    if (p->md == NULL || p->size < THREADS_FROM || cores() < 2 || !ring_init(&p->ring)) {
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
    return true;
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

static size_t wait_for_hits(struct pass *p, struct hit *out, size_t room)
{
    pthread_mutex_lock(&p->lock);
    while (p->num_hits == p->next_hit && !p->ended) {
        pthread_cond_wait(&p->moved, &p->lock);
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
    size_t n = read_block(p, p->block);
    p->num_hits = p->next_hit = 0;
    p->ended = n == 0 || !digest(p, p->block, n);
    p->ended |= !search_block(&p->search, p->block, n, n == 0, (struct hit_sink){ keep_hit, p });
}

/* --- both ------------------------------------------------------------------- */

struct pass *pass_start(int fd, uint64_t size, uint64_t max_hits, bool hash, const volatile int *cancelled)
{
    struct pass *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return NULL;
    }
    p->fd = fd;
    p->cancelled = cancelled;
    p->size = size;
    p->md = hash ? EVP_MD_CTX_new() : NULL;
    search_init(&p->search, max_hits, false);
    if ((hash && (p->md == NULL || EVP_DigestInit_ex(p->md, EVP_sha256(), NULL) != 1))
        || pthread_mutex_init(&p->lock, NULL) != 0) {
        EVP_MD_CTX_free(p->md);
        free(p);
        return NULL;
    }
    if (pthread_cond_init(&p->moved, NULL) == 0) {
        p->threaded = start_threads(p);
        uint8_t *room = p->threaded ? NULL : malloc(RING_ROOM + RING_BLOCK);
        p->block = room != NULL ? room + RING_ROOM : NULL;
        if (p->threaded || room != NULL) {
            return p;
        }
        pthread_cond_destroy(&p->moved);
    }
    pthread_mutex_destroy(&p->lock);
    EVP_MD_CTX_free(p->md);
    free(p);
    return NULL;
}

size_t pass_hits(struct pass *p, struct hit *out, size_t room)
{
    if (p->threaded) {
        return wait_for_hits(p, out, room);
    }
    while (p->next_hit == p->num_hits && !p->ended) {
        step(p);
    }
    return take_hits(p, out, room);
}

static void stop_threads(struct pass *p)
{
    pthread_join(p->searcher, NULL);
    pthread_join(p->hasher, NULL);
    ring_done(&p->ring);
}

void pass_finish(struct pass *p, struct pass_end *out)
{
    struct hit drop[64];
    while (pass_hits(p, drop, sizeof drop / sizeof drop[0]) > 0) {
    }
    if (p->threaded) {
        stop_threads(p);
    }
    *out = (struct pass_end){ .searched = p->search.at, .reason = p->reason };
    memcpy(out->capped, p->search.capped, sizeof out->capped);
    if (out->reason == NULL && (p->out_of_memory || (p->md != NULL && EVP_DigestFinal_ex(p->md, out->sha256, NULL) != 1))) {
        out->reason = "out of memory";
    }
    pthread_cond_destroy(&p->moved);
    pthread_mutex_destroy(&p->lock);
    EVP_MD_CTX_free(p->md);
    if (p->block != NULL) {
        free(p->block - RING_ROOM);
    }
    free(p->hits);
    free(p);
}
