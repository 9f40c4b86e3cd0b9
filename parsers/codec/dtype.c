#include "dtype.h"

#include <string.h>

/* "M8[ns]": the unit has no size; anything but one bracket is no unit. */
static bool is_unit(struct bytes b)
{
    return b.n >= 3 && b.p[0] == '[' && b.p[b.n - 1] == ']' && memchr(b.p, ']', b.n - 1) == NULL;
}

/* T, numpy 2's variable strings, are saved as a pickle like O. */
bool dtype_parse(struct bytes s, struct dtype *out)
{
    static const char kinds[] = "biufcmMOSaUVT";
    uint64_t n = 0;
    size_t i = s.n > 0 && strchr("<>|=", s.p[0]) != NULL && s.p[0] != 0 ? 1 : 0;
    if (i >= s.n || s.p[i] == 0 || strchr(kinds, s.p[i]) == NULL) {
        return false;
    }
    uint8_t kind = s.p[i++];
    size_t digits = i;
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        if (!mul_u64(n, 10, &n) || !add_u64(n, (uint64_t)(s.p[i] - '0'), &n)) {
            return false;
        }
    }
    bool sized = i > digits, unit = (kind == 'm' || kind == 'M') && is_unit(bytes_sub(s, i, s.n));
    if ((i < s.n && !unit)
        || (!sized && kind != 'O' && kind != 'S' && kind != 'a' && kind != 'U' && kind != 'V')) {
        return false;
    }
    *out = (struct dtype){ kind == 'a' ? 'S' : kind, kind == 'O' || kind == 'T', n };
    out->item_bytes = kind == 'O' ? 8 : n;
    return kind != 'U' || mul_u64(n, 4, &out->item_bytes); /* UCS-4 */
}
