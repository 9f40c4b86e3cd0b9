/* hex.h - bytes as lower-case hexadecimal digits. */
#ifndef MA_UTIL_HEX_H
#define MA_UTIL_HEX_H
#include "../../parsers/base/cursor.h"

/* hex_encode() returns the digits of b as a text of its own, which the caller frees; NULL when out
 * of memory. */
char *hex_encode(struct bytes b);
/* hex_encode_into() writes the digits of b and a NUL: 2 * b.n + 1 bytes. */
void hex_encode_into(struct bytes b, char *out);
/* hex_decode() reads 2 * n digits into n bytes; what follows them is not looked at.  Returns false
 * when one of them is no lower-case digit (a NUL is none); out is then partly written. */
MUST_CHECK bool hex_decode(const char *text, uint8_t *out, size_t n);
/* hex_digits() returns how many lower-case digits text begins with. */
size_t hex_digits(const char *text);
#endif
