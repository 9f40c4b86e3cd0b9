/* statement.h - writes in-toto statements about a report. */
#ifndef MA_ATTEST_STATEMENT_H
#define MA_ATTEST_STATEMENT_H
#include "../report/jsonw.h"
#include "../report/report.h"
#include "sign_error.h"

#define PREDICATE_SCAN "https://modelassay.dev/attestation/model-scan/v0.1"
#define PREDICATE_TEST "https://in-toto.io/attestation/test-result/v0.1"
#define VALID_DAYS 90
#define MAX_SUBJECTS 1000 /* more files are not subjects; the root of the manifest binds them */

/* statement_of returns the statement with a predicate of the given type (above) as JSON on the
 * heap. scanner is the SHA-256 of the executable that scanned, or NULL. Returns NULL with *why. */
char *statement_of(const struct report *r, const char *predicate_type, const uint8_t *scanner,
                   enum sign_error *why);

/* statement_digest returns {"sha256":...}. */
struct json *statement_digest(const uint8_t sha[32]);

/* statement_subject returns {"name":...,"digest":{"sha256":...}}. */
struct json *statement_subject(const char *name, const uint8_t sha[32]);
#endif
