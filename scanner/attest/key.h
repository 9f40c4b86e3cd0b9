/* key.h - key files and signatures. OpenSSL's types are used behind this header only. */
#ifndef MA_ATTEST_KEY_H
#define MA_ATTEST_KEY_H
#include "../../parsers/base/cursor.h"

struct key;

/* key_load reads a private key (PEM, also PKCS#8 with a passphrase) or a public one (PEM). With
 * passphrase NULL the user is prompted on the terminal, where there is one. Returns NULL with a
 * static text in *why. */
struct key *key_load(const char *path, bool private_key, const char *passphrase, const char **why);

/* key_from_pem reads a public key from PEM text. Returns NULL with a static text in *why. */
struct key *key_from_pem(struct bytes pem, const char **why);

/* key_free accepts NULL. */
void key_free(struct key *k);

/* key_encrypted tests whether a PEM file declares its key as encrypted. */
bool key_encrypted(const char *path);

/* Signs message outside of this process (a KMS, a token). *sig is DER (ECDSA) or raw (Ed25519), *n
 * bytes from malloc. Returns false on failure. */
typedef bool key_signer(void *ctx, struct bytes message, uint8_t **sig, size_t *n);

/* key_sign_with makes a public key sign by calling sign, which has the private half. */
void key_sign_with(struct key *public_half, key_signer *sign, void *ctx);

/* key_passphrase reads the first line of a file, for key_load. Returns it on the heap, or NULL with
 * *why. */
char *key_passphrase(const char *path, const char **why);

/* passphrase_free overwrites and frees a passphrase; it accepts NULL. */
void passphrase_free(char *passphrase);

/* key_generate writes PREFIX.key (0600, PKCS#8) and PREFIX.pub; files are never overwritten.
 * algorithm is "p256", "p384", "p521" or "ed25519"; with passphrase NULL the private key is not
 * encrypted. Returns false with *why. */
MUST_CHECK bool key_generate(const char *prefix, const char *algorithm, const char *passphrase,
                             const char **why);

/* key_hint writes the SHA-256 of the PEM text of the public key in lower-case hex, as `sha256sum
 * PREFIX.pub` prints it. */
MUST_CHECK bool key_hint(const struct key *k, char out[65]);

/* key_hint_is tests whether text is a hint of this key in one of the two forms in use: hex SHA-256
 * of the PEM (OMS), base64 SHA-256 of the DER (cosign). */
bool key_hint_is(const struct key *k, const char *text);

bool key_same(const struct key *a, const struct key *b);

/* key_sign returns a signature in *sig on the heap: ECDSA as DER, over the SHA-2 of the size of the
 * curve, or Ed25519 as raw bytes. */
MUST_CHECK bool key_sign(const struct key *k, struct bytes message, uint8_t **sig, size_t *n);
MUST_CHECK bool key_verify(const struct key *k, struct bytes message, struct bytes sig);

/* OpenSSL's EVP_PKEY, for certs.c. */
struct evp_pkey_st;

/* key_from_pkey returns a key that shares the reference count of pkey, or NULL with *why. */
struct key *key_from_pkey(struct evp_pkey_st *pkey, const char **why);

/* key_pkey returns the EVP_PKEY inside k; borrowed. */
struct evp_pkey_st *key_pkey(const struct key *k);
#endif
