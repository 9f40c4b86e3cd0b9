/* attest.h - the door to this room: signing what a scan found or what is there, and checking it
 * again.
 *
 * Statement: in-toto v1.  Envelope: DSSE.  Bundle: Sigstore v0.3 (envelope.h).  Every file's name
 * and digest, the rule set and the coverage are inside what is signed. */
#ifndef MA_ATTEST_ATTEST_H
#define MA_ATTEST_ATTEST_H
#include "verify_failure.h"
#include "requirements.h"
#include "envelope.h"
#include "model.h"
#include "model_signature.h"
#include "statement.h"

/* <PATH><suffix> beside the model; "." and a trailing "/" resolved.  Heap; NULL: not there. */
#define SUFFIX_SCAN ".modelassay.sigstore.json"
#define SUFFIX_TEST ".test-result.sigstore.json"
#define SUFFIX_OMS ".oms.sigstore.json"
char *bundle_path(const char *model, const char *suffix);
/* SHA-256 of the executable that runs; false where it cannot be read, and the statement is
 * without it then. */
bool scanner_digest(uint8_t sha[32]);
/* The scan as a bundle; heap.  NULL with *why. */
char *bundle_sign(const struct report *r, const struct key *k, enum sign_error *why);

struct verify_options {
    const char *model;
    const char *name; /* of a model that is a file of another name (a private copy); or NULL */
    const char *const *bundles;
    size_t num_bundles; /* files: a bundle, or JSON Lines of them */
    const char *const *only;
    size_t num_only; /* files below the folder; none: all of it */
    const struct requirements *requirements;
};
/* One bundle that was opened and found sound, or not; for the caller's report. */
struct verified {
    const char *file, *type, *signer;
    bool valid;
};
/* Each cause goes to c, each bundle to told (may be NULL).  The contract's exit code: 0, 1 or 2. */
int verify_model(const struct verify_options *o, struct failures *c,
                 void (*on_bundle)(void *ctx, const struct verified *v), void *ctx);
#endif
