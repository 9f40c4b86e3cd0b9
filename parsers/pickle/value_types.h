/* value_types.h - the type of a value, as signatures name it. */
#ifndef MA_PICKLE_VALUE_TYPES_H
#define MA_PICKLE_VALUE_TYPES_H
#include "vm.h"

#define TYPES_BYTES 1024u /* of the text of one operation's types */

/* value_types() writes the type of v ("(object:numpy.ndarray,(int,int),text=b)"; the grammar is in
 * docs/PICKLE.md) to out, which has TYPES_BYTES.  Returns its length.  What does not fit or is too
 * deep is "unknown", which no signature accepts. */
size_t value_types(struct vm *m, struct val v, char *out);
#endif
