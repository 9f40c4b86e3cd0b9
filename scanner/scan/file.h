/* file.h - the scan of one file: its objects, its bytes, its verdict. */
#ifndef MA_SCAN_FILE_H
#define MA_SCAN_FILE_H
#include "../input/file_input.h"
#include "scan.h"

/* file_scan_unhashed does everything but the digest, in a worker. Returns false when out of
 * memory. */
bool file_scan_unhashed(struct file_report *f, const struct scan_options *o,
                        const struct file_input *input, enum origin origin);
/* scan_file fills f, whose path and rel are set, from the open regular file fd. named: the user
 * named this very file, so that it is incomplete if no parser claims it. Returns false only when
 * out of memory. */
bool scan_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size,
               bool named);
/* scan_external_file is scan_file for a file that a model refers to: its format may be unknown. */
bool scan_external_file(struct file_report *f, const struct scan_options *o, int fd, uint64_t size);
struct stat;
/* file_unchanged compares sizes and times. A write through a shared map changes none of them. */
bool file_unchanged(const struct stat *a, const struct stat *b);
#endif
