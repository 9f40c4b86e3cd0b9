/* tables.h - what a report lists of a file besides findings: its imports, and the files that it
 * refers to. */
#ifndef MA_JUDGE_TABLES_H
#define MA_JUDGE_TABLES_H
#include "../object/collect.h"

#define MAX_NAME_SHOWN 512u /* bytes of a module or name in the report */

/* Room for one more item in one of the report's arrays; NULL: out of memory, and the array is as
 * it was. */
void *array_grow(void *array, size_t *cap, size_t used, size_t item);
/* An import, once an object; out of memory is c->failed. */
void tables_add_import(struct collector *c, const struct fact *f);
/* A file, once, with the furthest byte that is read of it.  False: out of memory. */
MUST_CHECK bool tables_add_extern(struct collector *c, const struct fact *f);
#endif
