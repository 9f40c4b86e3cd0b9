/* envelope.h - writes and opens a DSSE envelope around a statement, and the Sigstore bundle (v0.3)
 * around the envelope. */
#ifndef MA_ATTEST_ENVELOPE_H
#define MA_ATTEST_ENVELOPE_H
#include "../report/jsonw.h"
#include "verify_failure.h"
#include "requirements.h"
#include "sign_error.h"

#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define STATEMENT_TYPE_OLD "https://in-toto.io/Statement/v0.1" /* cosign still writes it */
#define PAYLOAD_TYPE "application/vnd.in-toto+json"
#define BUNDLE_TYPE "application/vnd.dev.sigstore.bundle.v0.3+json"
#define MAX_BUNDLE (64u << 20) /* bytes of a bundle file; a million files need some 100 MB less */

/* dsse_pae returns DSSE's pre-authentication encoding, *n bytes on the heap, or NULL when out of
 * memory. */
uint8_t *dsse_pae(const char *type, struct bytes payload, size_t *n);

/* envelope_sign signs a statement, verifies the signature, and returns the bundle as one line of
 * text on the heap. certs is the chain of k, leaf first; with NULL the bundle has the hint of the
 * key. Returns NULL with *why. */
char *envelope_sign(struct bytes statement, const struct key *k, const struct certs *certs,
                    enum sign_error *why);

struct envelope {
    struct json *statement;
    /* Name for messages, "key 1f2e..." or the name of a certificate; heap. */
    char *signer;
    /* The signer of the requirements that it is; borrowed. */
    const struct signer *by;
};

/* envelope_open verifies a bundle. The signature is verified before the payload is parsed. Returns
 * false after a failure. */
bool envelope_open(struct bytes text, const struct requirements *d, struct failures *c,
                   struct envelope *out);
void envelope_done(struct envelope *e);
#endif
