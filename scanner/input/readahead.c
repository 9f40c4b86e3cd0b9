#include "readahead.h"

#include <stdlib.h>

#define SLOT (READAHEAD_HEADROOM + READAHEAD_BLOCK)

bool readahead_init(struct readahead *r)
{
    *r = (struct readahead){ .memory = malloc((size_t)SLOT * READAHEAD_BLOCKS) };
    if (r->memory == NULL) {
        return false;
    }
    if (pthread_mutex_init(&r->lock, NULL) != 0) {
        free(r->memory);
        return false;
    }
    if (pthread_cond_init(&r->moved, NULL) != 0) {
        pthread_mutex_destroy(&r->lock);
        free(r->memory);
        return false;
    }
    return true;
}

void readahead_done(struct readahead *r)
{
    pthread_cond_destroy(&r->moved);
    pthread_mutex_destroy(&r->lock);
    free(r->memory);
    r->memory = NULL;
}

static uint8_t *slot(struct readahead *r, uint64_t number)
{
    return r->memory + (size_t)(number % READAHEAD_BLOCKS) * SLOT + READAHEAD_HEADROOM;
}

/* Call with the lock held; releases it. Signals only if a thread is waiting. */
static void unlock_and_wake(struct readahead *r, bool is_waiting)
{
    if (is_waiting) {
        pthread_cond_broadcast(&r->moved);
    }
    pthread_mutex_unlock(&r->lock);
}

uint8_t *readahead_reserve(struct readahead *r)
{
    pthread_mutex_lock(&r->lock);
    while (r->written - r->taken == READAHEAD_BLOCKS && !r->cancelled) {
        r->writer_waits = true;
        pthread_cond_wait(&r->moved, &r->lock);
    }
    r->writer_waits = false;
    uint8_t *p = r->cancelled ? NULL : slot(r, r->written);
    pthread_mutex_unlock(&r->lock);
    return p;
}

void readahead_commit(struct readahead *r, size_t n)
{
    pthread_mutex_lock(&r->lock);
    r->bytes[r->written % READAHEAD_BLOCKS] = n;
    r->written++;
    unlock_and_wake(r, r->taker_waits && r->written - r->taken >= READAHEAD_BATCH);
}

void readahead_end(struct readahead *r)
{
    pthread_mutex_lock(&r->lock);
    r->ended = true;
    unlock_and_wake(r, true);
}

uint8_t *readahead_take(struct readahead *r, size_t *n)
{
    pthread_mutex_lock(&r->lock);
    bool was_empty = r->written == r->taken;
    uint64_t wanted = was_empty ? READAHEAD_BATCH : 1u;
    while (r->written - r->taken < wanted && !r->ended && !r->cancelled) {
        r->taker_waits = true;
        pthread_cond_wait(&r->moved, &r->lock);
    }
    r->taker_waits = false;
    uint8_t *p = r->written == r->taken || r->cancelled ? NULL : slot(r, r->taken);
    *n = p != NULL ? r->bytes[r->taken % READAHEAD_BLOCKS] : 0;
    pthread_mutex_unlock(&r->lock);
    return p;
}

void readahead_release(struct readahead *r)
{
    pthread_mutex_lock(&r->lock);
    r->taken++;
    unlock_and_wake(r,
                    r->writer_waits && r->written - r->taken <= READAHEAD_BLOCKS - READAHEAD_BATCH);
}

void readahead_cancel(struct readahead *r)
{
    pthread_mutex_lock(&r->lock);
    r->cancelled = true;
    unlock_and_wake(r, true);
}
