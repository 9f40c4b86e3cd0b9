/* verified_blocks.h - the blocks of a file that parsers read, each checked to be what is searched
 * and hashed. */
#ifndef MA_INPUT_VERIFIED_BLOCKS_H
#define MA_INPUT_VERIFIED_BLOCKS_H
#include "../../parsers/base/source.h"
#include "block_mac.h"

struct verified_blocks;
/* verified_blocks_new borrows fd and macs. Returns NULL when out of memory. */
struct verified_blocks *verified_blocks_new(int fd, uint64_t size, struct block_macs *macs);
void verified_blocks_free(struct verified_blocks *b); /* accepts NULL */
/* verified_blocks_source returns the blocks for source_fd(), for one thread; they live as long as
 * b. */
const struct source_blocks *verified_blocks_source(struct verified_blocks *b);
#endif
