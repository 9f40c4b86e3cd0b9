/* scan_pass.h - the one pass over all bytes of a file: hashed and searched, block by block.
 *
 *   file -> pread -> SHA-256                        the hashing side parses nothing
 *                 -> readahead -> prefilter -> hits the searching side
 *
 * Files of 4 MiB and more get a thread for each side where there are two cores, so that a pass
 * takes as long as the hash alone, and parsers read meanwhile. Blocks that another process
 * hashes get a thread that searches, so that hashing does not wait for the parsers. Other files
 * are read by the thread that takes the hits. Every block is checked by its MAC (block_mac.h). */
#ifndef MA_INPUT_SCAN_PASS_H
#define MA_INPUT_SCAN_PASS_H
#include "../../parsers/search/prefilter.h"
#include "block_crc.h"
#include "file_input.h"

struct scan_pass;
/* scan_pass_start begins a pass over exactly input->size bytes. max_hits: of each kind. hash:
 * false where another process hashes. *cancelled (may be NULL): not zero ends the pass between
 * two blocks. crcs (may be NULL) sums the blocks that are searched. input and crcs are borrowed.
 * Returns NULL when out of memory; scan_pass_finish frees the pass. */
struct scan_pass *scan_pass_start(const struct file_input *input, uint64_t max_hits, bool hash,
                                  struct block_crcs *crcs, const volatile int *cancelled);
/* scan_pass_watch has the thread that takes hits call bytes() some times a second, with the number
 * of bytes read since the last call. Before the first scan_pass_hits. */
void scan_pass_watch(struct scan_pass *p, void (*bytes)(void *ctx, uint64_t n), void *ctx);
/* scan_pass_hits waits for the next hits and returns their number, in file order; 0: there are no
 * more. */
size_t scan_pass_hits(struct scan_pass *p, struct hit *out, size_t cap);
struct scan_pass_result {
    uint8_t sha256[32]; /* of all bytes, without an error and where this process hashes */
    uint64_t searched; /* bytes */
    bool capped[NUM_MAGICS]; /* there were more hits of this kind than max_hits, or too dense */
    enum input_error error; /* why not all of it was read */
};
/* scan_pass_finish waits for the end, whether or not all hits were taken, and frees p. */
void scan_pass_finish(struct scan_pass *p, struct scan_pass_result *out);

/* --- the digest alone (hash.c) ----------------------------------------------------------- */

/* What hash_file calls for each block. */
struct hash_hooks {
    void (*bytes)(void *ctx, uint64_t n); /* after each block, with its size; may be NULL */
    void *ctx; /* of bytes */
    const volatile int *cancelled; /* not zero ends the reading; may be NULL */
    /* The next block is read to the place that reserve() returns, and announced by commit():
     * another process searches it while it is hashed. NULL: none does. reserve() returns NULL
     * when that process takes no more. */
    uint8_t *(*reserve)(void *ring);
    void (*commit)(void *ring);
    void *ring; /* of both */
    bool copies; /* that process could write to the place: it gets a copy of what is hashed */
};
/* hash_file reads size bytes of fd. hooks may be NULL. Returns false with *why when the file could
 * not be read, or is no longer of that size. */
bool hash_file(int fd, uint64_t size, uint8_t sha256[32], const struct hash_hooks *hooks,
               enum input_error *why);
/* hash_bytes is hash_file for bytes in memory; of the hooks it calls bytes() alone. */
void hash_bytes(struct bytes b, uint8_t sha256[32], const struct hash_hooks *hooks);
#endif
