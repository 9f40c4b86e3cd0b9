/* file_io.h - small files that we write, whole or not at all, and that we read whole. */
#ifndef MA_UTIL_FILE_IO_H
#define MA_UTIL_FILE_IO_H
#include "../../parsers/base/cursor.h"

/* Temporary file beside it, fsync, rename.  False: *why says so (static text). */
MUST_CHECK bool output_write(const char *path, struct bytes b, const char **why);
/* b and a newline behind what path holds (made if it is not there), whole or not at all; two
 * that append at once take turns. */
MUST_CHECK bool output_append_line(const char *path, struct bytes b, const char **why);
/* Are both the same file, by device and inode? */
bool output_is_input(const char *out, const char *in);
/* All of a file of less than max bytes; heap.  NULL with an errno in *err: EFBIG for a file that is
 * not smaller, ENOMEM. */
uint8_t *input_read(const char *path, size_t max, size_t *n, int *err);
/* The text of such an errno for a message; static. */
const char *input_error(int err);
#endif
