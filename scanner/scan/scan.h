/* scan.h - files in, a report out.  Nothing is printed; nothing is thrown away.
 *
 * Room order: scan.c (what to scan) > file.c (one file) > queue.c (its inner
 * objects) > collect.c (facts to findings). */
#ifndef MA_SCAN_SCAN_H
#define MA_SCAN_SCAN_H
#include "options.h"

/* Both return NULL only when the machine is out of memory. */
struct report *scan_begin(const struct scan_options *o);
/* Adds a file or a folder (recursive).  What cannot be read becomes a gap. */
bool scan_path(struct report *r, const struct scan_options *o, const char *path);
/* Adds an open regular file.  fd is borrowed, its offset is not used. */
bool scan_fd(struct report *r, const struct scan_options *o, int fd, const char *label);
/* The same for a file that a folder, or a commit, holds: nobody says that it is a model. */
bool scan_found_fd(struct report *r, const struct scan_options *o, int fd, const char *label);
bool scan_mem(struct report *r, const struct scan_options *o, struct bytes b, const char *label);
/* Adds what is remembered of a digest, as if those bytes were given under that label. False with
 * *known false: nothing is. */
bool scan_remembered(struct report *r, const struct scan_options *o, const uint8_t sha256[32],
                     const char *label, bool *known);
/* Adds a file that a model of the report refers to; for references.c. */
bool scan_external(struct report *r, const struct scan_options *o, int fd, const char *path,
                   const char *rel);
/* Sets the finish time and the verdict of the whole. */
void scan_end(struct report *r);

bool report_add_gap(struct report *r, const char *where, struct gap g);
#endif
