/* codec.h - what a worker tells of its file: little-endian numbers, strings with a length before
 * them.
 *
 *   u32 "MAW1"  u64 job   result: format, flags, coverage, gaps, imports, findings, files beside it
 *
 * The parent reads it as it reads any file: with a cursor, every number checked, every
 * text made printable again.  A digest is not in it. */
#ifndef MA_REPORT_CODEC_H
#define MA_REPORT_CODEC_H
#include "report.h"

/* Heap; NULL when out of memory. */
uint8_t *report_encode(const struct file_report *f, const struct ruleset *rules, uint64_t job,
                       size_t *n);
/* Into f, whose path, rel and size stay as they are. False: not the answer to that job, or
 * malformed; f may then hold a part of it, which is freed with f. */
MUST_CHECK bool report_decode(struct file_report *f, const struct ruleset *rules, uint64_t job,
                              struct bytes b);
#endif
