/* path_allowlist.h - files that clients may name: only those below --root. */
#ifndef MA_SERVE_PATH_ALLOWLIST_H
#define MA_SERVE_PATH_ALLOWLIST_H
#include "options.h"

/* Opens an absolute path below one of the roots for reading: a regular file or a folder, no
 * symlink on the way. -1: *why (static text). What is outside is not told from what is not
 * there. */
int allowlist_open(const struct serve_options *o, const char *path, bool *folder, const char **why);
/* The same for a name in a folder that was opened. */
int allowlist_open_at(int dir, const char *name, bool *folder, const char **why);
#endif
