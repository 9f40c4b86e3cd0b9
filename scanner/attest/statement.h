/* statement.h - in-toto statements of ours: written from a report, and what all statements
 * share. */
#ifndef MA_ATTEST_STATEMENT_H
#define MA_ATTEST_STATEMENT_H
#include "../report/jsonw.h"
#include "../report/report.h"
#include "sign_error.h"

#define PREDICATE_SCAN "https://modelassay.dev/attestation/model-scan/v0.1"
#define PREDICATE_TEST "https://in-toto.io/attestation/test-result/v0.1"
#define VALID_DAYS 90
#define MAX_SUBJECTS 1000 /* files with a subject of their own; beyond, the root binds them */

/* The scan as JSON, or its companion for generic policy engines; heap. scanner: SHA-256 (32
 * bytes) of the executable that scanned, or NULL. NULL with *why. */
char *statement_of(const struct report *r, const char *predicate_type, const uint8_t *scanner,
                   enum sign_error *why);

/* {"name":...,"digest":{"sha256":...}} */
struct json *statement_subject(const char *name, const uint8_t sha[32]);
#endif
