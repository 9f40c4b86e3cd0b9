/* block_crc.h - CRC-32 of the blocks of a file as they are searched, and of any stretch of them
 * afterwards.
 *
 * An archive declares the CRC of each member; where the members are is known only from its end.
 * So blocks are summed as they pass, and a member's CRC is joined from those that lie in it: a
 * stored member of a checkpoint is read once. Four bytes of memory for 128 KiB. */
#ifndef MA_INPUT_BLOCK_CRC_H
#define MA_INPUT_BLOCK_CRC_H
#include "../../parsers/base/source.h"

#define CRCS_FROM (UINT64_C(1) << 20) /* bytes of a member for which that is worth it */

struct block_crcs;
/* For a file of that size; NULL: no memory, and members are read for their CRC. */
struct block_crcs *block_crcs_new(uint64_t size);
void block_crcs_free(struct block_crcs *c); /* accepts NULL */
/* Bytes in file order, from the first on; by one thread. */
void block_crcs_update(struct block_crcs *c, struct bytes b);
/* When all was seen: the CRC of a range of the file; its ends, where they cut a block, are read
 * from src. False: not all of it was seen, or cannot be read. */
MUST_CHECK bool block_crcs_of_range(struct block_crcs *c, struct source *src, struct range at,
                                    uint32_t *out);
#endif
