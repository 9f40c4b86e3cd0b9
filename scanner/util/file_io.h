/* file_io.h - small files that are read and written whole.
 *
 * On failure the writers return false with the reason in *why, a static text; a regular file then
 * has its old content. */
#ifndef MA_UTIL_FILE_IO_H
#define MA_UTIL_FILE_IO_H
#include "../../parsers/base/cursor.h"

/* output_write() writes b to path: a temporary file beside it, fsync(), rename().  A pipe or a
 * device is written as it is. */
MUST_CHECK bool output_write(const char *path, struct bytes b, const char **why);
/* output_append_line() adds b and a newline to what path holds; a missing file is made.  Two
 * processes that append at once take turns. */
MUST_CHECK bool output_append_line(const char *path, struct bytes b, const char **why);
/* output_is_input() returns whether both paths are the same file, by device and inode; false when
 * one of them does not exist. */
bool output_is_input(const char *out, const char *in);
/* input_read() returns all of a file of less than max bytes and their number in *n; the caller
 * frees it.  On failure it returns NULL with an errno in *err: EFBIG for a larger file, ENOMEM. */
uint8_t *input_read(const char *path, size_t max, size_t *n, int *err);
/* input_error() returns such an errno as the text of a message, static. */
const char *input_error(int err);
#endif
