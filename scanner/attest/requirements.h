/* requirements.h - what a verification asks for: from the command line, or from a rule of a verify
 * policy. */
#ifndef MA_ATTEST_REQUIREMENTS_H
#define MA_ATTEST_REQUIREMENTS_H
#include "certs.h"

/* kinds of statement, as bits */
enum { TYPE_SCAN = 1, TYPE_OMS = 2, TYPE_TEST = 4 };

/* One who may sign: a public key, or a certificate of this name below these roots. */
struct signer {
    struct key *key; /* or NULL */
    struct certs *roots; /* or NULL */
    char *identity; /* with roots; NULL: any */
    unsigned types; /* which statements it may sign */
};

struct requirements {
    struct signer *signers;
    size_t num_signers;
    unsigned types; /* which statements there must be */
    int64_t max_age_s; /* seconds since scanFinishedOn; 0: until validUntil */
    char **rulesets;
    size_t num_rulesets; /* hex SHA-256; none: any */
    char *min_scanner; /* "0.2.0", or NULL */
    bool allow_warned, allow_waivers, allow_unsandboxed, allow_gaps;
};
/* takes what s points to, also on failure */
MUST_CHECK bool requirements_add_signer(struct requirements *d, struct signer s);
MUST_CHECK bool requirements_add_ruleset(struct requirements *d, const char *hex);
void requirements_done(struct requirements *d);

/* verify_policy.c: a policy file (docs/ATTESTATION.md) and the rule of it that is for this
 * model. False with *why (heap, or NULL: out of memory). */
MUST_CHECK bool verify_policy_load(const char *path, const char *model, struct requirements *out,
                                   char **why);
#endif
