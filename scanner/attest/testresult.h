/* testresult.h - the same scan for policy engines that know in-toto's test results, not our
 * predicate. */
#ifndef MA_ATTEST_TESTRESULT_H
#define MA_ATTEST_TESTRESULT_H
#include "../report/jsonw.h"
#include "../report/report.h"

/* in-toto attestation "test-result" v0.1: a rule is a test. INCOMPLETE is FAILED here, which has
 * no word for it. */
struct json *test_result(const struct report *r);
#endif
