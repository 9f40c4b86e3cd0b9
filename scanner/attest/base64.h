/* base64.h - RFC 4648 section 4, and nothing more lenient. */
#ifndef MA_ATTEST_BASE64_H
#define MA_ATTEST_BASE64_H
#include "../../parsers/base/cursor.h"

char *base64_encode(struct bytes b); /* standard, padded; heap; NULL: out of memory */
/* Strict: standard alphabet, padded, unused bits zero, nothing else. Heap, *n bytes; NULL
 * otherwise. */
uint8_t *base64_decode(const char *text, size_t *n);
#endif
