/* block_mac.h - that a block of a file is the same whenever it is read.
 *
 * A file is read in order for its digest and its search, and here and there by parsers; somebody
 * who writes to it meanwhile (through a shared map: no timestamp need change) could show each of
 * them something else. Every reading of a block is therefore reduced to a tag by a keyed MAC
 * (GMAC, NIST SP 800-38D, with a key of 16 random bytes a scan and the block's number as nonce);
 * the first one is kept, and every later one has to be equal. Nobody gets to see key or tags, so
 * nobody can aim at them. */
#ifndef MA_INPUT_BLOCK_MAC_H
#define MA_INPUT_BLOCK_MAC_H
#include "../../parsers/base/cursor.h"

struct block_macs;
struct block_mac; /* one a thread */

/* For a file of that many bytes; takes 1/2048 of it, less for large files. NULL: no memory, or
 * no cipher. */
struct block_macs *block_macs_new(uint64_t size);
void block_macs_free(struct block_macs *t); /* accepts NULL */
/* Has the cipher at hand, before a sandbox is closed.  t may be NULL. */
MUST_CHECK bool block_macs_ready(struct block_macs *t);
size_t block_macs_block_bytes(
    const struct block_macs *t); /* bytes of a block: a power of two, 16 to 128 KiB */
struct block_mac *block_mac_new(struct block_macs *t); /* NULL: no memory */
void block_mac_free(struct block_mac *g); /* accepts NULL */
/* b lies at `at`, which is a multiple of the block; the last block of the file may be short, no
 * other. False: some block was seen otherwise before, or could not be tagged; it is remembered. */
MUST_CHECK bool block_mac_check(struct block_mac *g, uint64_t at, struct bytes b);
/* Something did not agree: the file changed while it was read. */
bool block_macs_changed(const struct block_macs *t);
#endif
