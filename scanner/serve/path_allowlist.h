/* path_allowlist.h - opens files that clients name: only those below --root. */
#ifndef MA_SERVE_PATH_ALLOWLIST_H
#define MA_SERVE_PATH_ALLOWLIST_H
#include "options.h"

/* allowlist_open opens an absolute path below one of the roots for reading: a regular file or a
 * folder, without symlinks on the way. Returns the descriptor, or -1 with a static text in *why. A
 * path outside of the roots gives the same text as one that does not exist. */
int allowlist_open(const struct serve_options *o, const char *path, bool *is_folder,
                   const char **why);

/* allowlist_open_at does the same for a name in a folder that it opened before. */
int allowlist_open_at(int dir, const char *name, bool *is_folder, const char **why);
#endif
