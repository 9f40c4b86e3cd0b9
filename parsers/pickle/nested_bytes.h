/* nested_bytes.h - pickles in the bytes of a pickle. */
#ifndef MA_PICKLE_NESTED_BYTES_H
#define MA_PICKLE_NESTED_BYTES_H
#include "vm.h"

/* nested_bytes_offer() offers a bytes constant, whose first byte is where m->in stands, as an inner
 * object when it may be a pickle that calls something.  Returns false when a budget or the sink
 * stops. */
MUST_CHECK bool nested_bytes_offer(struct vm *m, struct range body);
#endif
