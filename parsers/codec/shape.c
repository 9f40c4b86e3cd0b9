/* shape.c - writes dimensions as text. */
#include "shape.h"

#include <string.h>

struct bytes shape_text(const uint64_t *dims, size_t n, char *out)
{
    size_t used = 0;
    out[used++] = '[';
    for (size_t i = 0; i < n; i++) {
        char digits[24];
        size_t at = sizeof digits;
        for (uint64_t v = dims[i]; at == sizeof digits || v > 0; v /= 10) {
            digits[--at] = (char)('0' + v % 10);
        }
        if (i > 0) {
            out[used++] = ',';
            out[used++] = ' ';
        }

        memcpy(out + used, digits + at, sizeof digits - at);
        used += sizeof digits - at;
    }

    out[used++] = ']';
    return (struct bytes){ (const uint8_t *)out, used };
}
