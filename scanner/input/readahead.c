#include "readahead.h"

#include <stdlib.h>

#define SLOT (RING_ROOM + RING_BLOCK)

bool ring_init(struct ring *r)
{
    *r = (struct ring){ .memory = malloc((size_t)SLOT * RING_BLOCKS) };
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

void ring_done(struct ring *r)
{
    pthread_cond_destroy(&r->moved);
    pthread_mutex_destroy(&r->lock);
    free(r->memory);
    r->memory = NULL;
}

static uint8_t *slot(struct ring *r, uint64_t number)
{
    return r->memory + (size_t)(number % RING_BLOCKS) * SLOT + RING_ROOM;
}

/* Under lock; lets go of it.  Who does not sleep needs no waking. */
static void tell(struct ring *r, bool sleeps)
{
    if (sleeps) {
        pthread_cond_broadcast(&r->moved);
    }
    pthread_mutex_unlock(&r->lock);
}

uint8_t *ring_room(struct ring *r)
{
    pthread_mutex_lock(&r->lock);
    while (r->written - r->taken == RING_BLOCKS && !r->cancelled) {
        r->writer_waits = true;
        pthread_cond_wait(&r->moved, &r->lock);
    }
    r->writer_waits = false;
    uint8_t *p = r->cancelled ? NULL : slot(r, r->written);
    pthread_mutex_unlock(&r->lock);
    return p;
}

void ring_put(struct ring *r, size_t n)
{
    pthread_mutex_lock(&r->lock);
    r->bytes[r->written % RING_BLOCKS] = n;
    r->written++;
    tell(r, r->taker_waits && r->written - r->taken >= RING_BATCH);
}

void ring_end(struct ring *r)
{
    pthread_mutex_lock(&r->lock);
    r->ended = true;
    tell(r, true);
}

uint8_t *ring_take(struct ring *r, size_t *n)
{
    pthread_mutex_lock(&r->lock);
    bool dry = r->written == r->taken;
    while (r->written - r->taken < (dry ? RING_BATCH : 1u) && !r->ended && !r->cancelled) {
        r->taker_waits = true;
        pthread_cond_wait(&r->moved, &r->lock);
    }
    r->taker_waits = false;
    uint8_t *p = r->written == r->taken || r->cancelled ? NULL : slot(r, r->taken);
    *n = p != NULL ? r->bytes[r->taken % RING_BLOCKS] : 0;
    pthread_mutex_unlock(&r->lock);
    return p;
}

void ring_release(struct ring *r)
{
    pthread_mutex_lock(&r->lock);
    r->taken++;
    tell(r, r->writer_waits && r->written - r->taken <= RING_BLOCKS - RING_BATCH);
}

void ring_cancel(struct ring *r)
{
    pthread_mutex_lock(&r->lock);
    r->cancelled = true;
    tell(r, true);
}
