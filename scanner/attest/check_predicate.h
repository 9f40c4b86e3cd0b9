/* check_predicate.h - compares the predicate of a signed scan with the requirements. */
#ifndef MA_ATTEST_CHECK_PREDICATE_H
#define MA_ATTEST_CHECK_PREDICATE_H
#include "../report/jsonw.h"
#include "verify_failure.h"
#include "requirements.h"
#include "manifest.h"

/* predicate_files lists predicate.files[]. Returns false after a failure. manifest_done is to be
 * called in either case. */
bool predicate_files(const struct json *predicate, struct failures *c, struct manifest *out);

/* predicate_check checks verdict, coverage, waivers, sandbox, times, rule set and version of the
 * scanner; each may be a failure. */
void predicate_check(const struct json *predicate, const struct requirements *d,
                     struct failures *c);
#endif
