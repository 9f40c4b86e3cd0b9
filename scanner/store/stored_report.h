/* stored_report.h - a report as a row holds it: without the path of its file, with which each
 * location of a report begins ("a.pt!/data.pkl" is stored as "!/data.pkl"). */
#ifndef MA_STORE_STORED_REPORT_H
#define MA_STORE_STORED_REPORT_H
#include "../scan/scan.h"

/* stored_report_encode returns the report of f without its path, *n bytes, which the caller frees;
 * NULL when out of memory. */
uint8_t *stored_report_encode(const struct scan_options *o, const struct file_report *f,
                              uint64_t job, size_t *n);
/* stored_report_place puts the path of f in front of each location of the decoded report g. Returns
 * false when out of memory. */
MUST_CHECK bool stored_report_place(const struct scan_options *o, const struct file_report *f,
                                    struct file_report *g);
#endif
