/* key.h - key files and signatures; OpenSSL stays behind this header. */
#ifndef MA_ATTEST_KEY_H
#define MA_ATTEST_KEY_H
#include "../../parsers/base/cursor.h"

struct key;
/* A private key (for signing; PEM, PKCS#8 with a passphrase too) or a public one (PEM).
 * passphrase: NUL-ended; NULL: asked for on the terminal, where there is one. NULL with *why
 * (static text). */
struct key *key_load(const char *path, bool private_key, const char *passphrase, const char **why);
/* Does this PEM file say that its key is encrypted? */
bool key_encrypted(const char *path);
/* A public key from PEM text: out of a policy, or for an external signer. */
struct key *key_from_pem(struct bytes pem, const char **why);
/* A key whose private half is elsewhere (a KMS, a token): *sig is DER (ECDSA) or raw (Ed25519),
 * from malloc. public_half is taken over. */
typedef bool key_signer(void *ctx, struct bytes message, uint8_t **sig, size_t *n);
void key_sign_with(struct key *public_half, key_signer *sign, void *ctx);
void key_free(struct key *k); /* accepts NULL */

/* The first line of a file, for key_load; heap, wipe it with passphrase_free.  NULL with *why. */
char *key_passphrase(const char *path, const char **why);
void passphrase_free(char *passphrase); /* accepts NULL */

/* PREFIX.key (0600, PKCS#8, never overwritten) and PREFIX.pub. algorithm: "p256", "p384",
 * "p521", "ed25519"; passphrase NULL: the private key is not encrypted. */
MUST_CHECK bool key_generate(const char *prefix, const char *algorithm, const char *passphrase,
                             const char **why);
/* Lower-case hex SHA-256 of the PEM text of the public key: `sha256sum PREFIX.pub`. */
MUST_CHECK bool key_hint(const struct key *k, char out[65]);
/* Is text one of the hints in use for this key? Hex SHA-256 of the PEM (OMS), base64 SHA-256 of
 * the DER (cosign). */
bool key_hint_is(const struct key *k, const char *text);
bool key_same(const struct key *a, const struct key *b);
/* ECDSA over SHA-256/384/512 as the curve asks, DER; Ed25519 raw.  Heap. */
MUST_CHECK bool key_sign(const struct key *k, struct bytes message, uint8_t **sig, size_t *n);
MUST_CHECK bool key_verify(const struct key *k, struct bytes message, struct bytes sig);

struct evp_pkey_st; /* for certs.c: shares the reference count */
struct key *key_of(struct evp_pkey_st *pkey, const char **why);
struct evp_pkey_st *key_pkey(const struct key *k);
#endif
