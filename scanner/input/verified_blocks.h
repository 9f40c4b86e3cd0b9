/* verified_blocks.h - what parsers read of a file, in whole blocks that agree with what is searched and
 * hashed. */
#ifndef MA_INPUT_VERIFIED_BLOCKS_H
#define MA_INPUT_VERIFIED_BLOCKS_H
#include "../../parsers/base/source.h"
#include "block_mac.h"

struct blocks;
/* fd and tags are borrowed.  NULL: no memory. */
struct blocks *blocks_new(int fd, uint64_t size, struct tags *tags);
void blocks_free(struct blocks *b); /* accepts NULL */
/* For source_fd(); lives as long as b.  One thread. */
const struct source_blocks *blocks_source(struct blocks *b);
#endif
