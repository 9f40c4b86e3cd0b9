/* crc.c - combines CRC-32 values with zlib's crc32_combine functions. */
#include "crc.h"

#include <limits.h>
#include <zlib.h>

/* zlib takes a signed length.  A run is part of a file, so its length fits an off_t. */
uint32_t crc_length(uint64_t bytes)
{
    return (uint32_t)crc32_combine_gen64(bytes <= INT64_MAX ? (z_off64_t)bytes : 0);
}

uint32_t crc_join(uint32_t a, uint32_t b, uint32_t length)
{
    return (uint32_t)crc32_combine_op(a, b, length);
}
