/* name_collisions.h - file names that are the same name on some file systems.
 *
 * macOS and Windows ignore case, macOS also normalises Unicode: one of two such files would be
 * loaded under the digest of the other. */
#ifndef MA_ATTEST_NAME_COLLISIONS_H
#define MA_ATTEST_NAME_COLLISIONS_H
#include "manifest.h"

bool name_is_utf8(const char *name);

/* names_are_distinct tests the names of a manifest, which must be UTF-8. Returns false with two
 * names that collide in *a and *b, or when out of memory. */
bool names_are_distinct(const struct manifest *m, const char **a, const char **b);
#endif
