/* dtypes.h - NumPy types that a pickle makes, each a value of its own. */
#ifndef MA_PICKLE_DTYPES_H
#define MA_PICKLE_DTYPES_H
#include "vm.h"

/* dtype_made() makes the value of numpy.dtype(text, ...): *out is a K_DTYPE, or left alone when the
 * argument is not a text constant.  Returns false when memory is out. */
MUST_CHECK bool dtype_made(struct vm *m, struct val text, struct val *out);
/* dtype_build() applies the state that BUILD gives to a K_DTYPE and reports a state that
 * contradicts the type. Returns false when memory is out or the sink stops. */
MUST_CHECK bool dtype_build(struct vm *m, struct val dtype, struct val state);
/* dtype_note_item() notes that dict[...] = value, where the value may be a field of a type.
 * Returns false when memory is out. */
MUST_CHECK bool dtype_note_item(struct vm *m, struct val dict, struct val value);
/* What is known of a K_DTYPE; NULL for every other value.  Valid until the next dtype_made(). */
const struct dtype_row *dtype_row(const struct vm *m, struct val v);
#endif
