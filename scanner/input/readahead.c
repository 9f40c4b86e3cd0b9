#include "readahead.h"

#include <stdlib.h>

#define SLOT (READAHEAD_HEADROOM + RING_BLOCK)

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

/* Under lock; lets go of it.  Who does not sleep needs no waking. */
static void tell(struct readahead *r, bool sleeps)
{
    if (sleeps) {
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
    tell(r, r->taker_waits && r->written - r->taken >= RING_BATCH);
}

void readahead_end(struct readahead *r)
{
    pthread_mutex_lock(&r->lock);
    r->ended = true;
    tell(r, true);
}

uint8_t *readahead_take(struct readahead *r, size_t *n)
{
    pthread_mutex_lock(&r->lock);
    bool dry = r->written == r->taken;
    while (r->written - r->taken < (dry ? RING_BATCH : 1u) && !r->ended && !r->cancelled) {
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
    tell(r, r->writer_waits && r->written - r->taken <= READAHEAD_BLOCKS - RING_BATCH);
}

void readahead_cancel(struct readahead *r)
{
    pthread_mutex_lock(&r->lock);
    r->cancelled = true;
    tell(r, true);
}
