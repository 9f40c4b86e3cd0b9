/* file.h - the scan of one file: its objects, its bytes, its verdict. */
#ifndef MA_FILE_H
#define MA_FILE_H
#include "feed.h"
#include "scan.h"

/* In a worker: everything but the digest. */
bool file_scan_unhashed(struct file_report *f, const struct scan_options *o, const struct feed *feed, enum standing s);

/* Fills f (path, rel are set already) from the open regular file fd.  `named`:
 * the user named this very file, so that "no parser claims it" is incomplete.
 * False only when out of memory. */
bool scan_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size, bool named);
/* As scan_file, for a file that a model refers to: nobody has to know its format. */
bool scan_external_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size);
/* What is found out about a file after its scan. */
bool file_note(struct file_report *f, const struct scan_options *o, const char *slug, const char *detail,
               struct num declared, struct num actual);
bool file_gap(struct file_report *f, const struct scan_options *o, const char *reason);
/* The verdict again, from what f says now (after policy_apply). */
void file_rejudge(struct file_report *f);
/* A model refers to it: no parser had to know it. */
bool file_is_external(struct file_report *f);
/* The verdict of a file whose bytes could not be had at all. */
bool file_unreadable(struct file_report *f, const struct scan_options *o, const char *reason);
struct stat;
/* As far as the file system tells; writes through a shared map are not in it. */
bool file_unchanged(const struct stat *a, const struct stat *b);
#endif
