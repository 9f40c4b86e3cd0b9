/* statement_util.c - names with digests, as every statement has them. */
#include "statement.h"

#include <string.h>

struct json *statement_subject(const char *name, const uint8_t sha[32])
{
    struct json *o = json_obj(), *digest = json_obj();
    json_set(digest, "sha256", json_hex((struct bytes){ sha, 32 }));
    json_set(o, "name", json_text(name));
    json_set(o, "digest", digest);
    return o;
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool statement_unhex(const char *hex, uint8_t *out, size_t n)
{
    bool ok = hex != NULL && strlen(hex) == 2 * n;
    for (size_t i = 0; ok && i < n; i++) {
        int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);
        ok = high >= 0 && low >= 0;
        out[i] = ok ? (uint8_t)(high * 16 + low) : 0;
    }
    return ok;
}
