/* scan.h - scans files and folders into a report. Nothing is printed.
 *
 *   scan.c       which files: paths, folders (walk.c), files started ahead (prefetch.c)
 *   file.c       one file: here, in the sandbox, or from the cache
 *   object/      the objects of a file, and its search hits
 *   judge/       their facts, as rows of the report
 *   references.c files that refer to each other; amend.c changes their reports
 *
 * All functions that return bool return false only when out of memory. */
#ifndef MA_SCAN_SCAN_H
#define MA_SCAN_SCAN_H
#include "options.h"

/* scan_begin returns an empty report, or NULL when out of memory; report_free frees it. */
struct report *scan_begin(const struct scan_options *o);
/* scan_path adds a file or a folder (recursively). What cannot be read becomes a gap. */
bool scan_path(struct report *r, const struct scan_options *o, const char *path);
/* scan_fd adds an open regular file that the user named. fd is borrowed, its offset is not used. */
bool scan_fd(struct report *r, const struct scan_options *o, int fd, const char *label);
/* scan_found_fd is scan_fd for a file of a folder or a commit, which need not be a model. */
bool scan_found_fd(struct report *r, const struct scan_options *o, int fd, const char *label);
/* scan_mem is scan_fd for bytes in memory. */
bool scan_mem(struct report *r, const struct scan_options *o, struct bytes b, const char *label);
/* scan_cached adds what the cache holds for a digest, as if those bytes were given under that
 * label. *known: it holds anything; else it returns false. */
bool scan_cached(struct report *r, const struct scan_options *o, const uint8_t sha256[32],
                 const char *label, bool *known);
/* scan_external adds a file that a model of the report refers to; for references.c. */
bool scan_external(struct report *r, const struct scan_options *o, int fd, const char *path,
                   const char *rel);
/* scan_end sets the finish time and the verdict of the whole report. */
void scan_end(struct report *r);

/* report_add_gap adds a gap of the scan itself. */
bool report_add_gap(struct report *r, const char *where, struct gap g);
#endif
