/* file.h - the scan of one file: its objects, its bytes, its verdict. */
#ifndef MA_SCAN_FILE_H
#define MA_SCAN_FILE_H
#include "../input/file_input.h"
#include "scan.h"

/* In a worker: everything but the digest. */
bool file_scan_unhashed(struct file_report *f, const struct scan_options *o,
                        const struct file_input *input, enum origin s);

/* Fills f (path, rel are set already) from the open regular file fd.  `named`:
 * the user named this very file, so that "no parser claims it" is incomplete.
 * False only when out of memory. */
bool scan_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size,
               bool named);
/* As scan_file, for a file that a model refers to: nobody has to know its format. */
bool scan_external_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size);
struct stat;
/* As far as the file system tells; writes through a shared map are not in it. */
bool file_unchanged(const struct stat *a, const struct stat *b);
#endif
