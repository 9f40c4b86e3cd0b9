/* testresult.h - a scan as an in-toto test result, for policy engines that do not know the
 * predicate of statement.h. */
#ifndef MA_ATTEST_TESTRESULT_H
#define MA_ATTEST_TESTRESULT_H
#include "../report/jsonw.h"
#include "../report/report.h"

/* test_result returns the predicate "test-result" v0.1, in which each rule is a test. The verdict
 * incomplete becomes FAILED: the predicate has no such result. */
struct json *test_result(const struct report *r);
#endif
