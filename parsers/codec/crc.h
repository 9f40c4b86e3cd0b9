/* crc.h - zip's CRC-32 of bytes that were read in pieces: by zlib, for no other library joins
 * them. */
#ifndef MA_CODEC_CRC_H
#define MA_CODEC_CRC_H
#include <stdint.h>

/* What crc_join needs to know of the length of the second run; costly, so made once for runs of
 * one length. */
uint32_t crc_length(uint64_t bytes);
/* CRC of a run with CRC a and a run with CRC b behind it, of that length. */
uint32_t crc_join(uint32_t a, uint32_t b, uint32_t length);
#endif
