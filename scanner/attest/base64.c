#include "base64.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *base64_encode(struct bytes b)
{
    if (b.n > INT32_MAX) {
        return NULL;
    }
    char *out = malloc(b.n / 3 * 4 + 8);
    if (out != NULL) {
        EVP_EncodeBlock((unsigned char *)out, b.p, (int)b.n);
    }
    return out;
}

/* Is text the only text of these bytes? Its unused bits are then zero. */
static bool is_canonical(const char *text, struct bytes decoded)
{
    char *again = base64_encode(decoded);
    bool same = again != NULL && strcmp(again, text) == 0;
    free(again);
    return same;
}

uint8_t *base64_decode(const char *text, size_t *n)
{
    size_t len = strlen(text);
    size_t body = strspn(text, alphabet);
    size_t pad = len - body;
    if (len % 4 != 0 || len > INT32_MAX || pad > 2 || strspn(text + body, "=") != pad) {
        return NULL;
    }

    uint8_t *out = malloc(len / 4 * 3 + 1);
    if (out == NULL) {
        return NULL;
    }
    int decoded = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
    if (decoded < (int)pad || !is_canonical(text, (struct bytes){ out, (size_t)decoded - pad })) {
        free(out);
        return NULL;
    }
    *n = (size_t)decoded - pad;
    return out;
}
