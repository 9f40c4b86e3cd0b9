/* file_input.h - where the bytes of a file come from, for the pass over all of them and for
 * parsers.
 *
 *   whole     a small file: read once, into memory, and everybody reads there
 *   next      blocks that another process has read and hashes (sandbox/shared_ring.h)
 *   fd        read by us: hashed here (in-process scans), or a private copy whose digest is known
 *
 * Where bytes are read more than once, tags say that they were the same each time (block_mac.h). */
#ifndef MA_INPUT_FILE_INPUT_H
#define MA_INPUT_FILE_INPUT_H
#include "../../parsers/search/prefilter.h"
#include "../report/gap.h"
#include "block_mac.h"

#define FEED_WHOLE 1048576u /* bytes of a file that is kept in memory */
#define INPUT_BLOCK 131072u /* bytes of a block of others */
#define INPUT_HEADROOM SEARCH_CARRY /* bytes in front of a block that are the searcher's to write */

/* Why bytes could not be had. */
enum input_error {
    INPUT_OK,
    INPUT_OUT_OF_MEMORY,
    INPUT_FAILED, /* a read failed */
    INPUT_CHANGED, /* the file is no longer what it was when it was opened */
    INPUT_ENDED, /* the process that gives blocks gave no more */
    INPUT_CANCELLED
};
/* The same for a report. */
struct gap input_gap(enum input_error e);
/* A static text for a message. */
const char *input_error_text(enum input_error e);

struct file_input {
    int fd;
    uint64_t size; /* borrowed; bytes */
    uint8_t *whole; /* all bytes, INPUT_HEADROOM in front; or NULL; owned */
    struct block_macs *tags; /* of a file that is not whole; NULL: a private copy; owned */
    /* The next n bytes: a block of 128 KiB, or the last, shorter one, with INPUT_HEADROOM in front,
     * until the next call. NULL: none will come. No function: read fd. */
    uint8_t *(*next)(void *ctx, size_t n);
    void *ctx;
};
/* Reads a small file, makes tags for a large one. False with *why: it cannot be read, it is not
 * of that size, no memory. */
MUST_CHECK bool file_input_open(struct file_input *f, int fd, uint64_t size, bool private_copy,
                                enum input_error *why);
void file_input_close(struct file_input *f);
/* The bytes at `at`: a block, a last one that is shorter, or a small file; own (INPUT_HEADROOM in
 * front) is where they go when they have no place yet. NULL: the end, with *why as it was, or an
 * error, with *why set. */
uint8_t *file_input_block(const struct file_input *f, uint64_t at, uint8_t *own, size_t *n,
                          enum input_error *why);
#endif
