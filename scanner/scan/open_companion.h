/* open_companion.h - opens a file that a model refers to, and nothing outside the model's
 * folder. */
#ifndef MA_SCAN_OPEN_COMPANION_H
#define MA_SCAN_OPEN_COMPANION_H
#include "../../parsers/base/cursor.h"

/* open_companion opens rel below the folder that holds `model`, component by component: no symlink
 * (but that of a snapshot to its blob: hub_cache.h), no "..", no absolute path, a regular file.
 * Returns a descriptor for reading, or -1 with *why (static text). */
int open_companion(const char *model, struct bytes rel, const char **why);
#endif
