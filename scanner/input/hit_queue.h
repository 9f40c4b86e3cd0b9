/* hit_queue.h - hits of the search, on their way from the thread that searches to the one that
 * takes them; one thread may be both. */
#ifndef MA_INPUT_HIT_QUEUE_H
#define MA_INPUT_HIT_QUEUE_H
#include "../../parsers/search/prefilter.h"

#include <pthread.h>

#define HIT_QUEUE_BATCH 256u /* hits that are handed over together */

struct hit_queue {
    struct hit *rows;
    size_t n;
    size_t cap;
    size_t next; /* index of the first hit that was not taken */
    struct hit batch[HIT_QUEUE_BATCH]; /* of the searching thread: not handed over yet */
    size_t num_batch;
    bool ended; /* no more hits will come; under lock where there are two threads */
    bool out_of_memory; /* a hit was lost; under lock where there are two threads */
    void (*tick)(void *ctx); /* called some times a second by hit_queue_wait; may be NULL */
    void *tick_ctx;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* hits were added or taken, or the queue ended */
};
/* hit_queue_init expects a zeroed queue. Returns false when the system has no lock. */
MUST_CHECK bool hit_queue_init(struct hit_queue *h);
void hit_queue_done(struct hit_queue *h);

/* --- two threads: one searches, the other takes --- */

/* hit_queue_push_batched is for hit_sink.take: ctx is a struct hit_queue. Hits are handed over when
 * a batch is full, and by hit_queue_flush. Both return false when out of memory. */
bool hit_queue_push_batched(void *ctx, struct hit hit);
bool hit_queue_flush(struct hit_queue *h);
/* hit_queue_end says that no more hits will come. */
void hit_queue_end(struct hit_queue *h);
/* hit_queue_wait waits for hits, copies at most cap of them and returns their number; 0: there are
 * no more. */
size_t hit_queue_wait(struct hit_queue *h, struct hit *out, size_t cap);

/* --- one thread --- */

/* hit_queue_push is for hit_sink.take: ctx is a struct hit_queue. Returns false when out of
 * memory. */
bool hit_queue_push(void *ctx, struct hit hit);
void hit_queue_clear(struct hit_queue *h);
/* hit_queue_take copies at most cap hits and returns their number. */
size_t hit_queue_take(struct hit_queue *h, struct hit *out, size_t cap);
#endif
