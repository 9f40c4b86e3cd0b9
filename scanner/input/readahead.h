/* readahead.h - blocks on their way from the thread that reads and hashes to the one that searches.
 *
 * One writer, one taker. Memory is fixed, whatever the file's size. Each block has
 * READAHEAD_HEADROOM bytes in front that the taker may write. */
#ifndef MA_INPUT_READAHEAD_H
#define MA_INPUT_READAHEAD_H
#include "file_input.h"

#include <pthread.h>

#define READAHEAD_BLOCK INPUT_BLOCK
#define READAHEAD_HEADROOM INPUT_HEADROOM
#define READAHEAD_BLOCKS 16u /* blocks on the way: 2 MiB */
#define READAHEAD_BATCH 8u /* a thread that had to wait is woken for that many: waking costs */

struct readahead {
    pthread_mutex_t lock;
    pthread_cond_t moved; /* a batch was written or released, or one side ended */
    uint8_t *memory;
    size_t bytes[READAHEAD_BLOCKS]; /* in each block */
    uint64_t written; /* blocks */
    uint64_t taken; /* blocks; written - taken are on the way */
    bool writer_waits;
    bool taker_waits;
    bool ended; /* nothing comes after what is written */
    bool cancelled; /* both sides stop */
};
MUST_CHECK bool readahead_init(struct readahead *r);
/* readahead_done frees r when both threads have ended. */
void readahead_done(struct readahead *r);

/* The writer: readahead_reserve waits for a block to fill and returns it, or NULL when cancelled;
 * readahead_commit hands it over with n bytes; readahead_end says that no more will come. */
uint8_t *readahead_reserve(struct readahead *r);
void readahead_commit(struct readahead *r, size_t n);
void readahead_end(struct readahead *r);
/* The taker: readahead_take waits for the next block and returns it, or NULL when none will come;
 * readahead_release gives it back; readahead_cancel stops both sides. */
uint8_t *readahead_take(struct readahead *r, size_t *n);
void readahead_release(struct readahead *r);
void readahead_cancel(struct readahead *r);
#endif
