/* block_mac.h - checks that a block of a file is the same each time that it is read.
 *
 * A file is read in order for its digest and its search, and at random by parsers; a process that
 * writes to it meanwhile (through a shared map: no timestamp need change) could show each of them
 * other bytes. So a tag is computed of each block that is read, by a keyed MAC (GMAC, NIST SP
 * 800-38D, with a key of 16 random bytes for each scan and the block's number as nonce); the first
 * tag is kept, and every later one has to be equal. Key and tags never leave the process, so they
 * cannot be forged. */
#ifndef MA_INPUT_BLOCK_MAC_H
#define MA_INPUT_BLOCK_MAC_H
#include "../../parsers/base/cursor.h"

struct block_macs;
struct block_mac; /* the cipher of one thread */

/* block_macs_new prepares the tags of a file of that many bytes; they take 1/2048 of it, less for
 * large files. Returns NULL when out of memory, or without a cipher. */
struct block_macs *block_macs_new(uint64_t size);
void block_macs_free(struct block_macs *t); /* accepts NULL */
/* block_macs_ready loads the cipher, which a sandboxed process could not. t may be NULL. Returns
 * false when it cannot be loaded. */
MUST_CHECK bool block_macs_ready(struct block_macs *t);
/* block_macs_block_bytes returns the size of a block: a power of two, 16 to 128 KiB. */
size_t block_macs_block_bytes(const struct block_macs *t);
/* block_mac_new returns NULL when out of memory. Borrows t. */
struct block_mac *block_mac_new(struct block_macs *t);
void block_mac_free(struct block_mac *g); /* accepts NULL */
/* block_mac_check compares blocks with what was read of them before. b lies at `at`, a multiple of
 * the block size; only the last block of the file may be short. Returns false when a block differs,
 * or its tag cannot be computed; block_macs_changed says so from then on. */
MUST_CHECK bool block_mac_check(struct block_mac *g, uint64_t at, struct bytes b);
/* block_macs_changed says whether a check failed: the file changed while it was read. */
bool block_macs_changed(const struct block_macs *t);
#endif
