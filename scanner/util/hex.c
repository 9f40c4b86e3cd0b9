#include "hex.h"

#include <stdlib.h>
#include <string.h>

static const char digits[] = "0123456789abcdef";

void hex_encode_into(struct bytes b, char *out)
{
    for (size_t i = 0; i < b.n; i++) {
        out[2 * i] = digits[b.p[i] >> 4];
        out[2 * i + 1] = digits[b.p[i] & 15u];
    }
    out[2 * b.n] = 0;
}

char *hex_encode(struct bytes b)
{
    char *out = b.n <= SIZE_MAX / 2 - 1 ? malloc(b.n * 2 + 1) : NULL;
    if (out != NULL) {
        hex_encode_into(b, out);
    }
    return out;
}

static int value_of(char c)
{
    const char *at = c != 0 ? strchr(digits, c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

bool hex_decode_start(const char *text, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = value_of(text[2 * i]);
        int low = high >= 0 ? value_of(text[2 * i + 1]) : -1;
        if (low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool hex_decode(const char *text, uint8_t *out, size_t n)
{
    return text != NULL && strlen(text) == 2 * n && hex_decode_start(text, out, n);
}

size_t hex_digits(const char *text) { return strspn(text, digits); }
