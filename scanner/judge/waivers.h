/* waivers.h - what a user accepts: globals that are allowed, findings that are waived for one file.
 *
 *   {"fail_on": "suspicious" | "malicious",
 *    "allow":   ["package.module.Class", ...],                      no wildcards; suspicious ones only
 *    "waivers": [{"rule": "PICKLE-IMPORT-002", "sha256": HEX, "reason": TEXT, "expires": "2027-01-31"}, ...]}
 *
 * A waiver holds for one rule and the very bytes of one file, until it expires.  Nothing
 * that is waived disappears: it stays in the report and in the attestation, with the reason. */
#ifndef MA_JUDGE_WAIVERS_H
#define MA_JUDGE_WAIVERS_H
#include "../report/report.h"

struct policy;
/* NULL with *why (heap, the caller's; NULL when out of memory). */
struct policy *policy_load(const char *path, const struct ruleset *rules, char **why);
void policy_free(struct policy *p); /* accepts NULL */
/* 0: the policy does not say. */
enum severity policy_fail_on(const struct policy *p);
const uint8_t *policy_digest(const struct policy *p); /* 32 bytes, SHA-256 of the file */
/* Waivers that do not hold, one line each: expired, or for a rule that does not exist. */
size_t policy_num_warnings(const struct policy *p);
const char *policy_warning(const struct policy *p, size_t i);

/* Marks what it waives; f->worst is then the worst of the rest.  False: out of memory. */
bool policy_apply(const struct policy *p, struct file_report *f);
#endif
