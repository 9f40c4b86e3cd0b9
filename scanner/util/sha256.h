/* sha256.h - SHA-256 by libcrypto's own functions and not through EVP: the first EVP_MD_fetch()
 * starts all providers, 0.85 ms of a start-up of 4.6 ms.  The code underneath is the same (SHA-NI,
 * AVX2).  The functions are deprecated since OpenSSL 3.0; they take no memory and cannot fail. */
#ifndef MA_UTIL_SHA256_H
#define MA_UTIL_SHA256_H
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "../../parsers/base/cursor.h"

struct sha256 {
    SHA256_CTX ctx;
};

/* A digest in parts: sha256_begin(), sha256_add() for each part, sha256_end() once.  A struct
 * sha256 owns nothing: one that is not needed any more is forgotten. */
static inline void sha256_begin(struct sha256 *s) { (void)SHA256_Init(&s->ctx); }

static inline void sha256_add(struct sha256 *s, const void *p, size_t n)
{
    (void)SHA256_Update(&s->ctx, p, n);
}

static inline void sha256_end(struct sha256 *s, uint8_t out[32])
{
    (void)SHA256_Final(out, &s->ctx);
}

/* sha256_of() writes the digest of b, which may be empty. */
static inline void sha256_of(struct bytes b, uint8_t out[32])
{
    struct sha256 s;
    sha256_begin(&s);
    sha256_add(&s, b.p, b.n);
    sha256_end(&s, out);
}
#endif
