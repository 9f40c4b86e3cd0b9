/* readahead.h - blocks on their way from the one who reads and hashes to the one who searches.
 *
 * One writer, one taker.  Memory is fixed, whatever the file's size.  Each block has
 * RING_ROOM bytes in front that are the taker's to write. */
#ifndef MA_INPUT_READAHEAD_H
#define MA_INPUT_READAHEAD_H
#include "file_input.h"

#include <pthread.h>

#define RING_BLOCK INPUT_BLOCK
#define READAHEAD_BLOCKS 16u /* 2 MiB on the way */
#define RING_BATCH 8u /* a taker that has run dry sleeps until that many are there: waking costs */
#define READAHEAD_HEADROOM INPUT_HEADROOM

struct readahead {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint8_t *memory;
    size_t bytes[READAHEAD_BLOCKS];
    uint64_t written, taken; /* blocks; written - taken are on the way */
    bool writer_waits, taker_waits;
    bool ended, cancelled; /* nothing comes after what is written; both sides give up */
};
MUST_CHECK bool readahead_init(struct readahead *r);
void readahead_done(struct readahead *r); /* when both threads are gone */

/* The writer: a block to fill, or NULL when cancelled; then how much is in it. */
uint8_t *readahead_reserve(struct readahead *r);
void readahead_commit(struct readahead *r, size_t n);
void readahead_end(struct readahead *r);
/* The taker: the next block, or NULL when none will come; then it is done with it. */
uint8_t *readahead_take(struct readahead *r, size_t *n);
void readahead_release(struct readahead *r);
void readahead_cancel(struct readahead *r);
#endif
