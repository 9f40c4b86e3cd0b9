/* nested.h - reads the objects inside a file, in the order of the queue. All functions return false
 * when out of memory. */
#ifndef MA_OBJECT_NESTED_H
#define MA_OBJECT_NESTED_H
#include "collect.h"
#include "queue.h"

/* nested_read_all unpacks and reads each object, and those inside it. */
MUST_CHECK bool nested_read_all(struct collector *c, struct queue *q);
/* nested_note_failure adds a gap if a read of src failed. */
MUST_CHECK bool nested_note_failure(struct collector *c, const struct source *src,
                                    const char *label);
/* nested_check_crcs compares, after the pass, the CRCs that were deferred to it. */
MUST_CHECK bool nested_check_crcs(struct collector *c);
#endif
