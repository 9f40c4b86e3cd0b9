#include "hit_queue.h"

#include "../util/vec.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MAX_WAITING 4096u /* hits; the searching thread waits when that many were not taken */
#define TICK_NS 200000000 /* nanoseconds between two calls of tick */

bool hit_queue_init(struct hit_queue *h)
{
    if (pthread_mutex_init(&h->lock, NULL) != 0) {
        return false;
    }
    if (pthread_cond_init(&h->moved, NULL) != 0) {
        pthread_mutex_destroy(&h->lock);
        return false;
    }
    return true;
}

void hit_queue_done(struct hit_queue *h)
{
    pthread_cond_destroy(&h->moved);
    pthread_mutex_destroy(&h->lock);
    free(h->rows);
}

bool hit_queue_push(void *ctx, struct hit hit)
{
    struct hit_queue *h = ctx;
    if (!vec_grow(&h->rows, &h->cap, h->n + 1, sizeof *h->rows)) {
        h->out_of_memory = true;
        return false;
    }
    h->rows[h->n++] = hit;
    return true;
}

void hit_queue_clear(struct hit_queue *h) { h->n = h->next = 0; }

size_t hit_queue_take(struct hit_queue *h, struct hit *out, size_t cap)
{
    size_t n = h->n - h->next;
    n = n < cap ? n : cap;
    if (n > 0) {
        memcpy(out, h->rows + h->next, n * sizeof *out);
        h->next += n;
    }
    return n;
}

/* --- two threads -------------------------------------------------------------------- */

/* Hits are handed over in batches: locking per hit costs more than the search. */
bool hit_queue_flush(struct hit_queue *h)
{
    bool ok = true;
    if (h->num_batch == 0) {
        return true;
    }
    pthread_mutex_lock(&h->lock);
    while (h->n - h->next >= MAX_WAITING && !h->ended) {
        pthread_cond_wait(&h->moved, &h->lock);
    }
    if (h->next > 0) { /* reuses the memory of hits that were taken */
        memmove(h->rows, h->rows + h->next, (h->n - h->next) * sizeof *h->rows);
        h->n -= h->next;
        h->next = 0;
    }
    for (size_t i = 0; ok && i < h->num_batch; i++) {
        ok = hit_queue_push(h, h->batch[i]);
    }
    h->num_batch = 0;
    pthread_cond_broadcast(&h->moved);
    pthread_mutex_unlock(&h->lock);
    return ok;
}

bool hit_queue_push_batched(void *ctx, struct hit hit)
{
    struct hit_queue *h = ctx;
    h->batch[h->num_batch++] = hit;
    return h->num_batch < HIT_QUEUE_BATCH || hit_queue_flush(h);
}

void hit_queue_end(struct hit_queue *h)
{
    pthread_mutex_lock(&h->lock);
    h->ended = true;
    pthread_cond_broadcast(&h->moved);
    pthread_mutex_unlock(&h->lock);
}

/* Waits for a change or a tick. Call with the lock held; it is released meanwhile. */
static void wait_moved(struct hit_queue *h)
{
    struct timespec until = { 0 };
    if (h->tick == NULL || clock_gettime(CLOCK_REALTIME, &until) != 0) {
        pthread_cond_wait(&h->moved, &h->lock);
        return;
    }
    until.tv_nsec += TICK_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&h->moved, &h->lock,
                                 &until); /* the caller looks whether it moved */
    pthread_mutex_unlock(&h->lock);
    h->tick(h->tick_ctx);
    pthread_mutex_lock(&h->lock);
}

size_t hit_queue_wait(struct hit_queue *h, struct hit *out, size_t cap)
{
    pthread_mutex_lock(&h->lock);
    while (h->n == h->next && !h->ended) {
        wait_moved(h);
    }
    size_t n = hit_queue_take(h, out, cap);
    pthread_cond_broadcast(&h->moved);
    pthread_mutex_unlock(&h->lock);
    return n;
}
