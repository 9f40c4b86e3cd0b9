/* tables.h - the imports and the external files that a report lists of a file, beside its
 * findings. */
#ifndef MA_JUDGE_TABLES_H
#define MA_JUDGE_TABLES_H
#include "judge.h"

/* tables_add_import lists an import, once for each object. Out of memory is j->failed. */
void tables_add_import(struct judge *j, const struct object_ctx *of, const struct fact *f);
/* tables_add_extern lists an external file once, with the furthest byte that is read of it.
 * Returns false when out of memory. */
MUST_CHECK bool tables_add_extern(struct judge *j, const struct object_ctx *of,
                                  const struct fact *f);
#endif
