/* attest.h - public interface of signing and verification.
 *
 * Statement: in-toto v1.  Envelope: DSSE.  Bundle: Sigstore v0.3 (envelope.h).  The name and the
 * digest of every file, the rule set and the coverage are part of the signed statement. */
#ifndef MA_ATTEST_ATTEST_H
#define MA_ATTEST_ATTEST_H
#include "verify_failure.h"
#include "requirements.h"
#include "envelope.h"
#include "model.h"
#include "model_signature.h"
#include "statement.h"

#define SUFFIX_SCAN ".modelassay.sigstore.json"
#define SUFFIX_TEST ".test-result.sigstore.json"
#define SUFFIX_OMS ".oms.sigstore.json"

/* bundle_path returns the default path of a bundle on the heap: the real path of the model with the
 * suffix. Returns NULL when the model does not exist. */
char *bundle_path(const char *model, const char *suffix);

/* scanner_digest computes the SHA-256 of the running executable. Returns false when it cannot be
 * read; statements are then written without it. */
bool scanner_digest(uint8_t sha[32]);

/* bundle_sign returns a report as a signed bundle on the heap. Returns NULL with *why. */
char *bundle_sign(const struct report *r, const struct key *k, enum sign_error *why);

struct verify_options {
    const char *model;
    /* Name of a model whose path has another one (a private copy), or NULL. */
    const char *name;

    /* Files with a bundle, or with JSON Lines of bundles. */
    const char *const *bundles;
    size_t num_bundles;

    /* Files below the folder to verify; none: all. */
    const char *const *only;
    size_t num_only;

    const struct requirements *requirements;
};

/* A bundle whose signature was verified. */
struct verified {
    const char *file, *type, *signer;
    /* Nothing is wrong with the files and the statement. */
    bool valid;
};

/* verify_model verifies bundles and the files of a model. Each failure goes to c, each bundle with
 * a signature to on_bundle, which may be NULL. Returns the exit code: 0 verified, 1 not verified, 2
 * unreadable. */
int verify_model(const struct verify_options *o, struct failures *c,
                 void (*on_bundle)(void *ctx, const struct verified *v), void *ctx);
#endif
