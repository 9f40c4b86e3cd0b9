/* crc.h - the CRC-32 of two adjacent runs of bytes from the CRC-32 of each (zip's CRC-32). */
#ifndef MA_CODEC_CRC_H
#define MA_CODEC_CRC_H
#include <stdint.h>

/* crc_length() returns the operator of crc_join for a second run of `bytes` bytes.  It is costly:
 * compute it once for all runs of one length. */
uint32_t crc_length(uint64_t bytes);

/* crc_join() returns the CRC of a run with CRC a that is followed by a run with CRC b; length is
 * crc_length of the second run. */
uint32_t crc_join(uint32_t a, uint32_t b, uint32_t length);

#endif
