/* amend.h - changes to a file's report after its scan. */
#ifndef MA_SCAN_AMEND_H
#define MA_SCAN_AMEND_H
#include "scan.h"

/* Functions that return bool return false when out of memory. */

/* file_add_anomaly adds an anomaly of the file as a whole, and what the rules make of it. */
bool file_add_anomaly(struct file_report *f, const struct scan_options *o, const char *slug,
                      const char *detail, struct num declared, struct num actual);
/* file_add_gap makes the file incomplete. */
bool file_add_gap(struct file_report *f, struct gap g);
/* file_scan_failed makes a file incomplete whose scan did not end, whatever was found before; its
 * format is unknown then, unless it was reported. */
bool file_scan_failed(struct file_report *f, struct gap g);
/* file_unreadable makes the report of a file that could not be read at all. */
bool file_unreadable(struct file_report *f, struct gap g);
/* file_rejudge computes the verdict again (after waivers_apply). */
void file_rejudge(struct file_report *f);
/* file_is_external makes a file of unknown format the external data of a model that refers to
 * it. */
bool file_is_external(struct file_report *f);
#endif
