/* readahead.h - blocks on their way from the one who reads and hashes to the one who searches.
 *
 * One writer, one taker.  Memory is fixed, whatever the file's size.  Each block has
 * RING_ROOM bytes in front that are the taker's to write. */
#ifndef MA_INPUT_READAHEAD_H
#define MA_INPUT_READAHEAD_H
#include "file_input.h"

#include <pthread.h>

#define RING_BLOCK FEED_BLOCK
#define RING_BLOCKS 16u /* 2 MiB on the way */
#define RING_BATCH 8u /* a taker that has run dry sleeps until that many are there: waking costs */
#define RING_ROOM FEED_ROOM

struct ring {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint8_t *memory;
    size_t bytes[RING_BLOCKS];
    uint64_t written, taken; /* blocks; written - taken are on the way */
    bool writer_waits, taker_waits;
    bool ended, cancelled; /* nothing comes after what is written; both sides give up */
};
MUST_CHECK bool ring_init(struct ring *r);
void ring_done(struct ring *r); /* when both threads are gone */

/* The writer: a block to fill, or NULL when cancelled; then how much is in it. */
uint8_t *ring_room(struct ring *r);
void ring_put(struct ring *r, size_t n);
void ring_end(struct ring *r);
/* The taker: the next block, or NULL when none will come; then it is done with it. */
uint8_t *ring_take(struct ring *r, size_t *n);
void ring_release(struct ring *r);
void ring_cancel(struct ring *r);
#endif
