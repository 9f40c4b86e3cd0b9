#include "seal.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>

/* Separates these MACs from any other use of the key, and from other forms of a row. */
static const char purpose[] = "modelassay verdict row 1";

struct seal {
    /* Holds the key; is copied for each row. */
    EVP_MAC_CTX *keyed;
};

static EVP_MAC_CTX *new_context(const uint8_t key[SEAL_KEY_BYTES])
{
    char digest[] = "SHA256";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                            OSSL_PARAM_construct_end() };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;

    EVP_MAC_free(mac);
    if (ctx != NULL && EVP_MAC_init(ctx, key, SEAL_KEY_BYTES, params) != 1) {
        EVP_MAC_CTX_free(ctx);
        ctx = NULL;
    }
    return ctx;
}

struct seal *seal_new(uint8_t key[SEAL_KEY_BYTES])
{
    struct seal *s = calloc(1, sizeof *s);

    if (s != NULL) {
        s->keyed = new_context(key);
    }
    OPENSSL_cleanse(key, SEAL_KEY_BYTES);

    if (s != NULL && s->keyed == NULL) {
        free(s);
        s = NULL;
    }
    return s;
}

void seal_free(struct seal *s)
{
    if (s != NULL) {
        EVP_MAC_CTX_free(s->keyed);
        free(s);
    }
}

/* Each part but the last has a fixed size, so that no two rows give the same message. */
static bool add_row(EVP_MAC_CTX *ctx, const struct store_key *key, const struct store_row *row)
{
    uint8_t size[8];

    for (unsigned i = 0; i < 8; i++) {
        size[i] = (uint8_t)(row->size >> 8 * i);
    }

    return EVP_MAC_update(ctx, (const uint8_t *)purpose, sizeof purpose) == 1
           && EVP_MAC_update(ctx, (const uint8_t *)key, sizeof *key) == 1
           && EVP_MAC_update(ctx, size, sizeof size) == 1
           && EVP_MAC_update(ctx, row->report, row->report_size) == 1;
}

bool seal_make(const struct seal *s, const struct store_key *key, const struct store_row *row,
               uint8_t out[32])
{
    EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(s->keyed);
    size_t n = 0;
    bool ok = ctx != NULL && add_row(ctx, key, row) && EVP_MAC_final(ctx, out, &n, 32) == 1;

    EVP_MAC_CTX_free(ctx);
    return ok && n == 32;
}

bool seal_matches(const struct seal *s, const struct store_key *key, const struct store_row *row)
{
    uint8_t seal[32];
    return seal_make(s, key, row, seal) && CRYPTO_memcmp(seal, row->seal, sizeof seal) == 0;
}
