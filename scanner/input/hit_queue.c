#include "hit_queue.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAITING 4096u /* the searching thread waits when that many were not taken */
#define TICK_NS 200000000 /* nanoseconds */

bool hits_init(struct hits *h)
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

void hits_done(struct hits *h)
{
    pthread_cond_destroy(&h->moved);
    pthread_mutex_destroy(&h->lock);
    free(h->rows);
}

bool hits_keep(void *ctx, struct hit hit)
{
    struct hits *h = ctx;
    if (h->n == h->room) {
        size_t room = h->room == 0 ? 16 : h->room * 2;
        struct hit *grown = realloc(h->rows, room * sizeof *grown);
        if (grown == NULL) {
            h->out_of_memory = true;
            return false;
        }
        h->rows = grown;
        h->room = room;
    }
    h->rows[h->n++] = hit;
    return true;
}

void hits_clear(struct hits *h) { h->n = h->next = 0; }

size_t hits_take(struct hits *h, struct hit *out, size_t room)
{
    size_t n = h->n - h->next;
    n = n < room ? n : room;
    if (n > 0) {
        memcpy(out, h->rows + h->next, n * sizeof *out);
        h->next += n;
    }
    return n;
}

/* --- two threads -------------------------------------------------------------------- */

/* What was found in a block goes over at once: a lock a hit would cost more than the search. */
bool hits_flush(struct hits *h)
{
    bool ok = true;
    if (h->num_batch == 0) {
        return true;
    }
    pthread_mutex_lock(&h->lock);
    while (h->n - h->next >= WAITING && !h->ended) {
        pthread_cond_wait(&h->moved, &h->lock);
    }
    if (h->next > 0) { /* what was taken makes room */
        memmove(h->rows, h->rows + h->next, (h->n - h->next) * sizeof *h->rows);
        h->n -= h->next;
        h->next = 0;
    }
    for (size_t i = 0; ok && i < h->num_batch; i++) {
        ok = hits_keep(h, h->batch[i]);
    }
    h->num_batch = 0;
    pthread_cond_broadcast(&h->moved);
    pthread_mutex_unlock(&h->lock);
    return ok;
}

bool hits_hand_over(void *ctx, struct hit hit)
{
    struct hits *h = ctx;
    h->batch[h->num_batch++] = hit;
    return h->num_batch < HITS_BATCH || hits_flush(h);
}

void hits_end(struct hits *h)
{
    pthread_mutex_lock(&h->lock);
    h->ended = true;
    pthread_cond_broadcast(&h->moved);
    pthread_mutex_unlock(&h->lock);
}

/* With the lock, which is let go of meanwhile. */
static void wait_moved(struct hits *h)
{
    struct timespec until = { 0 };
    if (h->tick == NULL || clock_gettime(CLOCK_REALTIME, &until) != 0) {
        pthread_cond_wait(&h->moved, &h->lock);
        return;
    }
    until.tv_nsec += TICK_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&h->moved, &h->lock, &until); /* late or moved: the caller looks */
    pthread_mutex_unlock(&h->lock);
    h->tick(h->tick_ctx);
    pthread_mutex_lock(&h->lock);
}

size_t hits_wait(struct hits *h, struct hit *out, size_t room)
{
    pthread_mutex_lock(&h->lock);
    while (h->n == h->next && !h->ended) {
        wait_moved(h);
    }
    size_t n = hits_take(h, out, room);
    pthread_cond_broadcast(&h->moved);
    pthread_mutex_unlock(&h->lock);
    return n;
}
