/* key.h - key files, signatures and base64; OpenSSL stays behind this header. */
#ifndef MA_KEY_H
#define MA_KEY_H
#include "../../parsers/base/cursor.h"

struct key;
/* A private key (for signing) or a public one (PEM).  NULL with *why (static text). */
struct key *key_load(const char *path, bool private_key, const char **why);
void key_free(struct key *k);                     /* accepts NULL */
/* PREFIX.key (0600, never overwritten) and PREFIX.pub, P-256. */
MUST_CHECK bool key_generate(const char *prefix, const char **why);
/* Lower-case hex SHA-256 of the PEM text of the public key: `sha256sum PREFIX.pub`. */
MUST_CHECK bool key_hint(const struct key *k, char out[65]);
/* ECDSA over SHA-256/384/512 as the curve asks, DER; Ed25519 raw.  Heap. */
MUST_CHECK bool key_sign(const struct key *k, struct bytes message, uint8_t **sig, size_t *n);
MUST_CHECK bool key_verify(const struct key *k, struct bytes message, struct bytes sig);

char *base64_encode(struct bytes b);              /* standard, padded; heap */
/* Strict: standard alphabet, padded, nothing else.  Heap; NULL otherwise. */
uint8_t *base64_decode(const char *text, size_t *n);
MUST_CHECK bool sha256(struct bytes b, uint8_t out[32]);
#endif
