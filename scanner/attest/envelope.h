/* envelope.h - DSSE around a statement, and the Sigstore bundle (v0.3) around that: written and
 * opened here only. */
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

/* DSSE's pre-authentication encoding.  Heap; NULL: out of memory. */
uint8_t *dsse_pae(const char *type, struct bytes payload, size_t *n);
/* Signs, verifies what was signed, and writes the bundle: heap text on one line. certs: the
 * chain of k, leaf first, or NULL (then the key's hint). NULL with *why. */
char *envelope_sign(struct bytes statement, const struct key *k, const struct certs *certs,
                    enum sign_error *why);

struct envelope {
    struct json *statement;
    char *signer; /* "key 1f2e..." or a certificate's name; heap */
    const struct signer *by; /* of the demands */
};
/* Signature first: nothing of the payload is read before it holds for one of the signers. False
 * after a cause. */
bool envelope_open(struct bytes text, const struct requirements *d, struct failures *c,
                   struct envelope *out);
void envelope_done(struct envelope *e);
#endif
