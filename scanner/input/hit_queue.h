/* hit_queue.h - what the search found, on its way from the thread that searches to the one that asks;
 * one thread may be both. */
#ifndef MA_INPUT_HIT_QUEUE_H
#define MA_INPUT_HIT_QUEUE_H
#include "../../parsers/search/prefilter.h"

#include <pthread.h>

#define HITS_BATCH 256u /* hits that go from thread to thread together */

struct hits {
    struct hit *rows;
    size_t n, room, next; /* next: the first that was not taken */
    struct hit batch[HITS_BATCH];
    size_t num_batch; /* the searching thread's own */
    bool ended, out_of_memory; /* under lock where there are two threads */
    /* Called, some times a second, by who waits for hits; may be NULL. */
    void (*tick)(void *ctx);
    void *tick_ctx;
    pthread_mutex_t lock;
    pthread_cond_t moved;
};
MUST_CHECK bool hits_init(struct hits *h);
void hits_done(struct hits *h);

/* --- two threads: one hands over, the other waits --- */
/* As hit_sink.take; ctx is a struct hits.  They go over in batches, and with hits_flush(). */
bool hits_hand_over(void *ctx, struct hit hit);
bool hits_flush(struct hits *h);
void hits_end(struct hits *h); /* no more will come */
size_t hits_wait(struct hits *h, struct hit *out, size_t room); /* 0: there are no more */
/* --- one thread --- */
bool hits_keep(void *ctx, struct hit hit); /* as hit_sink.take */
void hits_clear(struct hits *h);
size_t hits_take(struct hits *h, struct hit *out, size_t room);
#endif
