/* queue.h - inner objects that wait to be read; those that can carry code first. */
#ifndef MA_OBJECT_QUEUE_H
#define MA_OBJECT_QUEUE_H
#include "object.h"

/* [0] code, [1] plain data */
struct queue {
    struct scan_object *first[2], *last[2];
};

void queue_push(struct queue *q, struct scan_object *j, bool code); /* takes over j */
struct scan_object *queue_pop(struct queue *q); /* the caller's to drop; NULL: empty */
void queue_done(struct queue *q);
#endif
