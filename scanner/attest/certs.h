/* certs.h - X.509 chains: the third way to say whose key it is.
 *
 * Bundle v0.3: verificationMaterial.x509CertificateChain.certificates[].rawBytes, DER in base64,
 * leaf first. */
#ifndef MA_ATTEST_CERTS_H
#define MA_ATTEST_CERTS_H
#include "key.h"

struct certs;
/* leaf and chain (may be NULL) are PEM files; the leaf must be of key k.  NULL with *why. */
struct certs *certs_load(const char *leaf, const char *chain, const struct key *k,
                         const char **why);
struct certs *certs_empty(void); /* NULL: out of memory */
MUST_CHECK bool certs_add_der(struct certs *c, struct bytes der); /* false: no certificate */
size_t certs_count(const struct certs *c);
/* DER of certificate i; heap. */
uint8_t *certs_der(const struct certs *c, size_t i, size_t *n);
void certs_free(struct certs *c); /* accepts NULL */

/* PEM file of the roots that are trusted.  NULL with *why. */
struct certs *certs_load_roots(const char *path, const char **why);
/* The leaf's key, when its chain ends at a root, every certificate is valid now (RFC 5280,
 * strict), and the leaf may sign code (key usage digitalSignature, extended key usage
 * codeSigning). NULL with *why. */
struct key *certs_trusted_key(const struct certs *c, const struct certs *roots, const char **why);
/* Does the leaf bear this name: an e-mail, URI or DNS name of its subjectAltName, else its
 * common name? */
bool certs_identity_is(const struct certs *c, const char *name);
/* The first such name, for messages; heap, NULL when there is none. */
char *certs_identity(const struct certs *c);
#endif
