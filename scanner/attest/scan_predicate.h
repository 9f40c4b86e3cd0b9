/* scan_predicate.h - the predicate of a signed scan, model-scan v0.1. */
#ifndef MA_ATTEST_SCAN_PREDICATE_H
#define MA_ATTEST_SCAN_PREDICATE_H
#include "../report/jsonw.h"
#include "../report/report.h"

/* The files of a report, in the order of a manifest: by bytes of the path. */
struct sorted_files {
    const struct file_report **all;
    size_t n;
};

/* scan_predicate returns the predicate for a report. scanner_sha is the SHA-256 of the executable
 * that scanned, or NULL. */
struct json *scan_predicate(const struct report *r, const struct sorted_files *files,
                            const uint8_t *scanner_sha);
#endif
