/* sha256.h - the digest of what is scanned, by libcrypto's own functions and not through EVP:
 * the first EVP_MD_fetch() starts all of its providers, 0.85 ms of a start-up of 4.6 ms. The
 * code underneath is the same (SHA-NI, AVX2); they are deprecated since OpenSSL 3.0, where they
 * take no memory and cannot fail. */
#ifndef MA_UTIL_SHA256_H
#define MA_UTIL_SHA256_H
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <stddef.h>
#include <stdint.h>

struct sha256 {
    SHA256_CTX ctx;
};

static inline void sha256_begin(struct sha256 *s) { (void)SHA256_Init(&s->ctx); }

static inline void sha256_add(struct sha256 *s, const void *p, size_t n)
{
    (void)SHA256_Update(&s->ctx, p, n);
}

static inline void sha256_end(struct sha256 *s, uint8_t out[32])
{
    (void)SHA256_Final(out, &s->ctx);
}
#endif
