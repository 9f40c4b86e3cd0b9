/* block_crc.h - CRC-32 of the blocks of a file as they are searched, and of any range of it
 * afterwards.
 *
 * An archive declares the CRC of each member; where the members are is known only from its end.
 * So blocks are summed as they are searched, and a member's CRC is joined from those that lie in
 * it: a stored member of a checkpoint is read once. The sums take four bytes for each 128 KiB. */
#ifndef MA_INPUT_BLOCK_CRC_H
#define MA_INPUT_BLOCK_CRC_H
#include "../../parsers/base/source.h"

#define BLOCK_CRC_MIN_MEMBER (UINT64_C(1) << 20) /* bytes of a member for which that saves time */

struct block_crcs;
/* block_crcs_new is for a file of that size. Returns NULL when out of memory: members are then read
 * for their CRC. */
struct block_crcs *block_crcs_new(uint64_t size);
void block_crcs_free(struct block_crcs *c); /* accepts NULL */
/* block_crcs_update takes the bytes in file order, from the first on; from one thread. */
void block_crcs_update(struct block_crcs *c, struct bytes b);
/* block_crcs_of_range sets *out to the CRC of a range of the file; where its ends cut a block, they
 * are read from src. Returns false when not all of it was taken, or it cannot be read. */
MUST_CHECK bool block_crcs_of_range(struct block_crcs *c, struct source *src, struct range at,
                                    uint32_t *out);
#endif
