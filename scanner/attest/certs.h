/* certs.h - X.509 certificate chains that identify a signer.
 *
 * In a bundle (v0.3): verificationMaterial.x509CertificateChain.certificates[].rawBytes, DER in
 * base64, leaf first. */
#ifndef MA_ATTEST_CERTS_H
#define MA_ATTEST_CERTS_H
#include "key.h"

/* A list of certificates, the leaf first. */
struct certs;

/* certs_new returns an empty list, or NULL when out of memory. */
struct certs *certs_new(void);

/* certs_free accepts NULL. */
void certs_free(struct certs *c);

/* certs_load reads the PEM file of the leaf, which must be of key k, and that of its chain, which
 * may be NULL. Returns NULL with a static text in *why. */
struct certs *certs_load(const char *leaf, const char *chain, const struct key *k,
                         const char **why);

/* certs_load_roots reads a PEM file of trusted roots. Returns NULL with a static text in *why. */
struct certs *certs_load_roots(const char *path, const char **why);

/* certs_add_der appends a certificate. Returns false for bytes that are not one. */
MUST_CHECK bool certs_add_der(struct certs *c, struct bytes der);
size_t certs_count(const struct certs *c);

/* certs_der returns the DER of certificate i, *n bytes on the heap; NULL when out of memory. */
uint8_t *certs_der(const struct certs *c, size_t i, size_t *n);

/* certs_trusted_key returns the key of the leaf, when its chain ends at a root, every certificate
 * is valid now (RFC 5280, strict), and the leaf may sign code (key usage digitalSignature, extended
 * key usage codeSigning). Returns NULL with a static text in *why. */
struct key *certs_trusted_key(const struct certs *c, const struct certs *roots, const char **why);

/* certs_identity_is tests whether the leaf has this name: an e-mail, URI or DNS name of its
 * subjectAltName, or without that its common name. */
bool certs_identity_is(const struct certs *c, const char *name);

/* certs_identity returns the first such name on the heap, for messages; NULL when there is none. */
char *certs_identity(const struct certs *c);
#endif
