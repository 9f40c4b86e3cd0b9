/* verified_blocks.h - what parsers read of a file, in whole blocks that agree with what is
 * searched and hashed. */
#ifndef MA_INPUT_VERIFIED_BLOCKS_H
#define MA_INPUT_VERIFIED_BLOCKS_H
#include "../../parsers/base/source.h"
#include "block_mac.h"

struct verified_blocks;
/* fd and tags are borrowed.  NULL: no memory. */
struct verified_blocks *verified_blocks_new(int fd, uint64_t size, struct block_macs *tags);
void verified_blocks_free(struct verified_blocks *b); /* accepts NULL */
/* For source_fd(); lives as long as b.  One thread. */
const struct source_blocks *verified_blocks_source(struct verified_blocks *b);
#endif
