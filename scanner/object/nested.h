/* nested.h - the objects inside a file, as the queue hands them out. */
#ifndef MA_OBJECT_NESTED_H
#define MA_OBJECT_NESTED_H
#include "collect.h"
#include "queue.h"

/* Unpacks and reads each, and what they bring with them.  False: out of memory. */
MUST_CHECK bool nested_read_all(struct collector *c, struct queue *q);
/* A read that failed while hits were looked at: what it would have shown is not known. */
MUST_CHECK bool nested_note_failure(struct collector *c, const struct source *src,
                                    const char *where);
/* After the pass: the CRCs of members that were left to it.  False: out of memory. */
MUST_CHECK bool nested_check_crcs(struct collector *c);
#endif
