/* amend.h - changes to a file's report after its scan. */
#ifndef MA_SCAN_AMEND_H
#define MA_SCAN_AMEND_H
#include "scan.h"

/* All: false when out of memory. */
bool file_add_anomaly(struct file_report *f, const struct scan_options *o, const char *slug,
                      const char *detail, struct num declared, struct num actual);
bool file_add_gap(struct file_report *f, struct gap g);
/* Its scan did not end: incomplete, whatever was found before; nothing is known of its format. */
bool file_scan_failed(struct file_report *f, struct gap g);
/* The verdict again, from what f says now (after waivers_apply). */
void file_rejudge(struct file_report *f);
/* A model refers to it: no parser had to know it. */
bool file_is_external(struct file_report *f);
/* The verdict of a file whose bytes could not be had at all. */
bool file_unreadable(struct file_report *f, struct gap g);
#endif
