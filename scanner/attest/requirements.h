/* requirements.h - the requirements of a verification, from the command line or from a rule of a
 * verify policy. */
#ifndef MA_ATTEST_REQUIREMENTS_H
#define MA_ATTEST_REQUIREMENTS_H
#include "certs.h"

/* The types of statements, as bits of a set. */
enum { TYPE_SCAN = 1, TYPE_OMS = 2, TYPE_TEST = 4, TYPE_ANY = 7 };

/* statement_type returns the bit of a type by its name: "scan", "oms" or "test-result"; 0 for any
 * other text. */
unsigned statement_type(const char *name);

/* A signer that is accepted: a public key, or a certificate of this name below these roots. */
struct signer {
    /* NULL for certificates. */
    struct key *key;
    /* NULL for a key. */
    struct certs *roots;
    /* Name in the certificate; NULL: any. */
    char *identity;
    /* The statements that it may sign. */
    unsigned types;
};

struct requirements {
    struct signer *signers;
    size_t num_signers;
    /* The statements that there must be. */
    unsigned types;
    /* Longest time since scanFinishedOn, in seconds; 0: validUntil decides alone. */
    int64_t max_age_s;
    /* Digests of accepted rule sets, in hex; none: any. */
    char **rulesets;
    size_t num_rulesets;
    /* Oldest accepted version of the scanner ("0.2.0"), or NULL. */
    char *min_scanner;
    bool allow_warned, allow_waivers, allow_unsandboxed, allow_gaps;
};

/* requirements_add_signer takes over what s points to, also on failure. Returns false when out of
 * memory. */
MUST_CHECK bool requirements_add_signer(struct requirements *d, struct signer s);

/* requirements_add_ruleset copies hex. Returns false when out of memory. */
MUST_CHECK bool requirements_add_ruleset(struct requirements *d, const char *hex);

/* requirements_set_max_age reads "30d", "12h", "45m" or "90s". Returns false for any other text. */
MUST_CHECK bool requirements_set_max_age(struct requirements *d, const char *text);

/* requirements_done frees what d owns, not d. */
void requirements_done(struct requirements *d);
#endif
