/* attest.h - a report as a signed statement, and back.
 *
 * Statement: in-toto v1 with our model-scan predicate.  Envelope: DSSE.  Bundle:
 * Sigstore v0.3.  Every file's name and digest, the rule set and the coverage
 * are inside what is signed. */
#ifndef MA_ATTEST_H
#define MA_ATTEST_H
#include "../report/report.h"
#include "key.h"

#define STATEMENT_TYPE  "https://in-toto.io/Statement/v1"
#define PREDICATE_SCAN  "https://modelassay.dev/attestation/model-scan/v0.1"
#define PREDICATE_OMS   "https://model_signing/signature/v1.0"
#define PAYLOAD_TYPE    "application/vnd.in-toto+json"
#define BUNDLE_TYPE     "application/vnd.dev.sigstore.bundle.v0.3+json"
#define VALID_DAYS      90

/* DSSE's pre-authentication encoding.  Heap; NULL: out of memory. */
uint8_t *dsse_pae(const char *type, struct bytes payload, size_t *n);
/* The statement as JSON; heap.  NULL with *why: out of memory, a file without digest. */
char *statement_of(const struct report *r, const char **why);
/* Statement, signature, bundle; the signature is verified before this returns.  Heap text. */
char *bundle_sign(const struct report *r, const struct key *k, const char **why);
/* <PATH>.modelassay.sigstore.json beside the model; "." and a trailing "/" resolved. */
char *bundle_path(const char *model);
/* SHA-256 over the raw digests of files in code-point order of rel: the OMS root. */
MUST_CHECK bool oms_root(const struct file_report *const *sorted, size_t n, uint8_t out[32]);

struct verify_options {
    const char *model, *bundle;       /* paths */
    const struct key *key;
    const char *ruleset;              /* hex SHA-256 to pin, or NULL */
    int64_t max_age_s;                /* seconds since scanFinishedOn; 0: any */
    bool allow_suspicious;
};
/* Calls fail() once for each cause.  The contract's exit code: 0, 1 or 2. */
int verify_bundle(const struct verify_options *o, void (*fail)(void *ctx, const char *cause), void *ctx);
#endif
