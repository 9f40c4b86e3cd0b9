#include "base64.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

char *base64_encode(struct bytes b)
{
    char *out = b.n < SIZE_MAX / 2 ? malloc(b.n / 3 * 4 + 8) : NULL;
    if (out != NULL && b.n <= INT32_MAX) {
        EVP_EncodeBlock((unsigned char *)out, b.p, (int)b.n);
        return out;
    }
    free(out);
    return NULL;
}

uint8_t *base64_decode(const char *text, size_t *n)
{
    size_t len = strlen(text),
           body = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    size_t pad = len - body;
    if (len % 4 != 0 || len > INT32_MAX || pad > 2 || strspn(text + body, "=") != pad) {
        return NULL;
    }
    uint8_t *out = malloc(len / 4 * 3 + 1);
    int got = out != NULL ? EVP_DecodeBlock(out, (const unsigned char *)text, (int)len) : -1;
    if (got < (int)pad) {
        free(out);
        return NULL;
    }
    *n = (size_t)got - pad;
    /* one text for each value: the last bits are zero */
    char *again = base64_encode((struct bytes){ out, *n });
    bool canonical = again != NULL && strcmp(again, text) == 0;
    free(again);
    if (!canonical) {
        free(out);
        return NULL;
    }
    return out;
}
