/* path_check.h - whether a path that a file names leads out of the file's own folder. */
#ifndef MA_CODEC_PATH_CHECK_H
#define MA_CODEC_PATH_CHECK_H
#include "../base/cursor.h"

/* path_leaves() returns a static text that says how the path leaves its folder on some system: the
 * path is absolute or empty, or has a drive, "..", a backslash or a NUL.  Returns NULL if it stays
 * in its folder. */
const char *path_leaves(struct bytes path);

#endif
