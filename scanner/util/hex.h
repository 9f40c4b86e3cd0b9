/* hex.h - bytes as lower-case hexadecimal digits. */
#ifndef MA_UTIL_HEX_H
#define MA_UTIL_HEX_H
#include "../../parsers/base/cursor.h"

/* hex_encode() returns the digits of b as a text of its own, which the caller frees; NULL when out
 * of memory. */
char *hex_encode(struct bytes b);
/* hex_encode_into() writes the digits of b and a NUL: 2 * b.n + 1 bytes. */
void hex_encode_into(struct bytes b, char *out);
/* hex_decode() reads a text of exactly 2 * n lower-case digits into n bytes.  Returns false for any
 * other text and for NULL; out is then partly written. */
MUST_CHECK bool hex_decode(const char *text, uint8_t *out, size_t n);
/* hex_decode_start() does the same for a text that may go on after the digits, and is not NULL. */
MUST_CHECK bool hex_decode_start(const char *text, uint8_t *out, size_t n);
/* hex_digits() returns how many lower-case digits text begins with. */
size_t hex_digits(const char *text);
#endif
