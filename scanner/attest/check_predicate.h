/* check_predicate.h - what a signed scan claims, against what is demanded of it. */
#ifndef MA_ATTEST_CHECK_PREDICATE_H
#define MA_ATTEST_CHECK_PREDICATE_H
#include "../report/jsonw.h"
#include "verify_failure.h"
#include "requirements.h"
#include "manifest.h"

/* predicate.files[] as names and digests.  False after a cause; manifest_done either way. */
bool predicate_files(const struct json *predicate, struct failures *c, struct manifest *out);
/* Verdict, coverage, waivers, sandbox, times, rule set, version of the scanner: a cause for each
 * that fails. */
void predicate_check(const struct json *predicate, const struct requirements *d,
                     struct failures *c);
#endif
