/* file_input.h - where the bytes of a file come from, for the pass over all of them and for
 * parsers.
 *
 *   whole     a small file: read once into memory, where pass and parsers read it
 *   next      blocks that another process has read and hashes (sandbox/shared_ring.h)
 *   fd        read by this process: it hashes them, or they are a private copy of known digest
 *
 * Bytes that are read more than once are compared by a MAC each time (block_mac.h). */
#ifndef MA_INPUT_FILE_INPUT_H
#define MA_INPUT_FILE_INPUT_H
#include "../../parsers/search/prefilter.h"
#include "../report/gap.h"
#include "block_mac.h"

#define INPUT_WHOLE_BYTES 1048576u /* a file up to this size is kept in memory */
#define INPUT_BLOCK 131072u /* bytes of a block of a larger file */
#define INPUT_HEADROOM SEARCH_CARRY /* bytes in front of a block that the search may write */

/* Why bytes could not be read. */
enum input_error {
    INPUT_OK,
    INPUT_OUT_OF_MEMORY,
    INPUT_FAILED, /* a read failed */
    INPUT_CHANGED, /* the file is no longer what it was when it was opened */
    INPUT_ENDED, /* the producer closed the ring early */
    INPUT_CANCELLED
};
/* input_gap returns the gap that an error makes. */
struct gap input_gap(enum input_error e);
/* input_error_text returns a static text for a message. */
const char *input_error_text(enum input_error e);

struct file_input {
    int fd; /* borrowed */
    uint64_t size; /* bytes */
    uint8_t *whole; /* all bytes of a small file, INPUT_HEADROOM in front; else NULL; owned */
    struct block_macs *macs; /* of a file that is not whole; NULL: a private copy; owned */
    /* Returns the next n bytes, which live until the next call: a block, or a last, shorter one,
     * with INPUT_HEADROOM in front. NULL: none will come. No function: fd is read. */
    uint8_t *(*next)(void *ctx, size_t n);
    void *ctx; /* of next */
};
/* file_input_open reads a small file, or prepares the MACs of a large one; a private copy, which
 * no process writes to, needs none. Returns false with *why when the file cannot be read, is not of
 * that size, or out of memory; there is nothing to close then. */
MUST_CHECK bool file_input_open(struct file_input *f, int fd, uint64_t size, bool private_copy,
                                enum input_error *why);
void file_input_close(struct file_input *f);
/* file_input_block returns the bytes at `at`: a block, a last, shorter one, or all of a small file.
 * own (INPUT_HEADROOM in front) is where they go if they are not in memory yet. Returns NULL at the
 * end, with *why as it was, or on an error, with *why set. */
uint8_t *file_input_block(const struct file_input *f, uint64_t at, uint8_t *own, size_t *n,
                          enum input_error *why);
#endif
