/* hit_queue.h - what the search found, on its way from the thread that searches to the one that
 * asks; one thread may be both. */
#ifndef MA_INPUT_HIT_QUEUE_H
#define MA_INPUT_HIT_QUEUE_H
#include "../../parsers/search/prefilter.h"

#include <pthread.h>

#define HIT_QUEUE_BATCH 256u /* hits that go from thread to thread together */

struct hit_queue {
    struct hit *rows;
    size_t n, cap, next; /* next: the first that was not taken */
    struct hit batch[HIT_QUEUE_BATCH];
    size_t num_batch; /* the searching thread's own */
    bool ended, out_of_memory; /* under lock where there are two threads */
    /* Called, some times a second, by who waits for hits; may be NULL. */
    void (*tick)(void *ctx);
    void *tick_ctx;
    pthread_mutex_t lock;
    pthread_cond_t moved;
};
MUST_CHECK bool hit_queue_init(struct hit_queue *h);
void hit_queue_done(struct hit_queue *h);

/* --- two threads: one hands over, the other waits --- */
/* As hit_sink.take; ctx is a struct hit_queue.  They go over in batches, and with hit_queue_flush(). */
bool hit_queue_push_batched(void *ctx, struct hit hit);
bool hit_queue_flush(struct hit_queue *h);
void hit_queue_end(struct hit_queue *h); /* no more will come */
size_t hit_queue_wait(struct hit_queue *h, struct hit *out, size_t cap); /* 0: there are no more */
/* --- one thread --- */
bool hit_queue_push(void *ctx, struct hit hit); /* as hit_sink.take */
void hit_queue_clear(struct hit_queue *h);
size_t hit_queue_take(struct hit_queue *h, struct hit *out, size_t cap);
#endif
