/* path_check.h - does a name that a file gives lead out of the file's own folder? */
#ifndef MA_CODEC_PATH_CHECK_H
#define MA_CODEC_PATH_CHECK_H
#include "../base/cursor.h"

/* Static text that says how, or NULL: absolute, a drive, "..", a backslash, a NUL, empty. On any
 * system. */
const char *path_leaves(struct bytes path);
#endif
