/* base64.h - strict base64 (RFC 4648 section 4). */
#ifndef MA_ATTEST_BASE64_H
#define MA_ATTEST_BASE64_H
#include "../../parsers/base/cursor.h"

/* base64_encode returns the padded text of b on the heap, or NULL when out of memory. */
char *base64_encode(struct bytes b);

/* base64_decode returns *n bytes on the heap, or NULL. It accepts the standard alphabet with
 * padding and zero in unused bits, and nothing else: a value has one text. */
uint8_t *base64_decode(const char *text, size_t *n);
#endif
