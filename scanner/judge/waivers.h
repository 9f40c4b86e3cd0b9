/* waivers.h - a user's policy: globals that are allowed, findings that are waived for one file.
 *
 *   {"fail_on": "suspicious" | "malicious",
 *    "allow":   ["package.module.Class", ...],         no wildcards; suspicious ones only
 *    "waivers": [{"rule": "PICKLE-IMPORT-002", "sha256": HEX, "reason": TEXT,
 *                 "expires": "2027-01-31"}, ...]}
 *
 * A waiver holds for one rule and the very bytes of one file, until it expires. A waived finding
 * stays in the report and in the attestation, with the reason. */
#ifndef MA_JUDGE_WAIVERS_H
#define MA_JUDGE_WAIVERS_H
#include "../report/report.h"

struct waivers;
/* waivers_load reads a policy. On failure it returns NULL and sets *why: heap, the caller's; NULL
 * when out of memory. */
struct waivers *waivers_load(const char *path, const struct ruleset *rules, char **why);
void waivers_free(struct waivers *p); /* accepts NULL */
/* waivers_fail_on returns the policy's severity, or SEV_NONE when it has none. */
enum severity waivers_fail_on(const struct waivers *p);
/* waivers_digest returns the SHA-256 of the policy's file, 32 bytes. */
const uint8_t *waivers_digest(const struct waivers *p);
/* Waivers that are ignored, one line each: expired, or for a rule that does not exist. */
size_t waivers_num_warnings(const struct waivers *p);
const char *waivers_warning(const struct waivers *p, size_t i);

/* waivers_apply marks the findings that are waived; f->worst is then the worst of the others.
 * Returns false when out of memory. */
bool waivers_apply(const struct waivers *p, struct file_report *f);
#endif
