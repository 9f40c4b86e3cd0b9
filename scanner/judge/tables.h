/* tables.h - the imports and the external files that a report lists of a file, beside its
 * findings. */
#ifndef MA_JUDGE_TABLES_H
#define MA_JUDGE_TABLES_H
#include "judge.h"

/* array_grow makes one more item fit into a heap array of `used` items. Returns the array,
 * which may have moved, or NULL when out of memory; the array is then as it was. */
void *array_grow(void *array, size_t *cap, size_t used, size_t item);
/* tables_add_import lists an import, once for each object. Out of memory is j->failed. */
void tables_add_import(struct judge *j, const struct object_ctx *of, const struct fact *f);
/* tables_add_extern lists an external file once, with the furthest byte that is read of it.
 * Returns false when out of memory. */
MUST_CHECK bool tables_add_extern(struct judge *j, const struct object_ctx *of,
                                  const struct fact *f);
#endif
