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

struct tags;
struct tagger; /* one a thread */

/* For a file of that many bytes; takes 1/2048 of it, less for large files. NULL: no memory, or
 * no cipher. */
struct tags *tags_new(uint64_t size);
void tags_free(struct tags *t); /* accepts NULL */
/* Has the cipher at hand, before a sandbox is closed.  t may be NULL. */
MUST_CHECK bool tags_ready(struct tags *t);
size_t tags_block(const struct tags *t); /* bytes of a block: a power of two, 16 to 128 KiB */
struct tagger *tagger_new(struct tags *t); /* NULL: no memory */
void tagger_free(struct tagger *g); /* accepts NULL */
/* b lies at `at`, which is a multiple of the block; the last block of the file may be short, no
 * other. False: some block was seen otherwise before, or could not be tagged; it is remembered. */
MUST_CHECK bool tags_see(struct tagger *g, uint64_t at, struct bytes b);
/* Something did not agree: the file changed while it was read. */
bool tags_broken(const struct tags *t);
#endif
