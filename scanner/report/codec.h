/* codec.h - the report of one file between processes: little-endian numbers, strings with a length
 * before them.
 *
 *   u32 "MAW2"  u64 job   result: format, flags, coverage, gaps, imports, findings, files beside it
 *
 * A gap is its place and its code with what the code is about (gaps.def); its text is made from
 * them where it is shown.  The parent reads a reply as it reads any file: with a cursor, each
 * number checked, each text made printable again.  A reply holds no digest. */
#ifndef MA_REPORT_CODEC_H
#define MA_REPORT_CODEC_H
#include "report.h"

/* report_encode returns n bytes on the heap, or NULL when out of memory. */
uint8_t *report_encode(const struct file_report *f, const struct ruleset *rules, uint64_t job,
                       size_t *n);
/* report_decode fills f, whose path, rel and size stay as they are. Returns false when b is not the
 * reply to that job, or malformed; f may then hold a part of it, which file_report_done frees. */
MUST_CHECK bool report_decode(struct file_report *f, const struct ruleset *rules, uint64_t job,
                              struct bytes b);
#endif
