/* dtype.c - parses NumPy's array-protocol type strings. */
#include "dtype.h"

#include <string.h>

#define OBJECT_BYTES 8u /* a pointer of a 64-bit NumPy */
#define UCS4_BYTES 4u /* a character of kind U */

/* The byte at i is one of these characters. */
static bool has_one_of(struct bytes s, size_t i, const char *characters)
{
    return i < s.n && s.p[i] != 0 && strchr(characters, s.p[i]) != NULL;
}

/* A unit of time in one pair of brackets, as in "M8[ns]". */
static bool is_unit(struct bytes b)
{
    bool in_brackets = b.n >= 3 && b.p[0] == '[' && b.p[b.n - 1] == ']';
    return in_brackets && memchr(b.p, ']', b.n - 1) == NULL;
}

/* Reads the digits at *at, which may be none, and moves behind them.  False: beyond 64 bits. */
static bool read_size(struct bytes s, size_t *at, uint64_t *out)
{
    *out = 0;
    for (; *at < s.n && s.p[*at] >= '0' && s.p[*at] <= '9'; (*at)++) {
        if (!mul_u64(*out, 10, out) || !add_u64(*out, (uint64_t)(s.p[*at] - '0'), out)) {
            return false;
        }
    }
    return true;
}

bool dtype_parse(struct bytes s, struct dtype *out)
{
    size_t i = has_one_of(s, 0, "<>|=") ? 1 : 0;
    if (!has_one_of(s, i, "biufcmMOSaUVT")) {
        return false;
    }

    uint8_t kind = s.p[i];
    bool needs_size = !has_one_of(s, i, "OSaUV");
    bool has_unit = kind == 'm' || kind == 'M';

    uint64_t n;
    size_t digits = i + 1;
    size_t end = digits;
    if (!read_size(s, &end, &n) || (needs_size && end == digits)) {
        return false;
    }
    if (end < s.n && !(has_unit && is_unit(bytes_sub(s, end, s.n)))) {
        return false;
    }

    /* T, the variable strings of NumPy 2, are saved as a pickle like O. */
    bool object = kind == 'O' || kind == 'T';
    *out = (struct dtype){ kind == 'a' ? 'S' : kind, object, n };
    if (kind == 'O') {
        out->item_bytes = OBJECT_BYTES;
    }

    return kind != 'U' || mul_u64(n, UCS4_BYTES, &out->item_bytes);
}
