/* scan_pass.h - the one pass over all bytes of a file: hashed and searched, block by block.
 *
 *   file -> pread -> SHA-256                        the hashing side parses nothing
 *                 -> ring -> prefilter -> hits      the searching side
 *
 * Files of 4 MiB and more get a thread for each side where there are two cores, so
 * that a pass takes as long as the hash alone, and parsers read meanwhile.  Blocks that
 * another process hashes get a thread that searches: nobody should have to wait for the
 * parsers.  Others are read by whoever asks for hits.  Every block is tagged (block_mac.h). */
#ifndef MA_INPUT_SCAN_PASS_H
#define MA_INPUT_SCAN_PASS_H
#include "../../parsers/search/prefilter.h"
#include "block_crc.h"
#include "file_input.h"

struct scan_pass;
/* Exactly feed->size bytes. max_hits: of each kind. hash: false where another process does it.
 * *cancelled (may be NULL): not zero ends it between two blocks. crcs (may be NULL) sees what is
 * searched; feed and crcs are borrowed. NULL: out of memory. */
struct scan_pass *scan_pass_start(const struct file_input *input, uint64_t max_hits, bool hash,
                                  struct block_crcs *crcs, const volatile int *cancelled);
/* The thread that asks for hits calls bytes() with the number of bytes read since the last call,
 * some times a second. */
void scan_pass_watch(struct scan_pass *p, void (*bytes)(void *ctx, uint64_t n), void *ctx);
/* The next hits, in file order; 0: there are no more. */
size_t scan_pass_hits(struct scan_pass *p, struct hit *out, size_t cap);
struct scan_pass_result {
    uint8_t sha256[32];
    uint64_t searched; /* bytes */
    bool capped[NUM_MAGICS]; /* there were more hits of this kind than max_hits, or too dense */
    enum input_error error; /* why not all of it was read */
};
/* Waits for the end, whether or not all hits were taken; frees p. */
void scan_pass_finish(struct scan_pass *p, struct scan_pass_result *out);

/* hash.c: the digest alone, for files that are compared with what was signed.  False
 * with *why set when the file could not be read, or is no longer of that size.
 * done (may be NULL): bytes() is called after each block, where it is not NULL, and
 * *cancelled (may be NULL) ends the reading when it is not zero. */
struct hash_hooks {
    void (*bytes)(void *ctx, uint64_t n);
    void *ctx;
    const volatile int *cancelled;
    /* Where the next block goes, and that it is there now: somebody else may read it while it is
     * hashed. NULL: nobody does. */
    uint8_t *(*cap)(void *to);
    void (*put)(void *to);
    void *to;
    bool copies; /* who reads it could also write to it: it gets a copy of what is hashed */
};
/* The same for bytes that are here already. */
void hash_bytes(struct bytes b, uint8_t sha256[32], const struct hash_hooks *done);
bool hash_file(int fd, uint64_t size, uint8_t sha256[32], const struct hash_hooks *done,
               enum input_error *why);
#endif
