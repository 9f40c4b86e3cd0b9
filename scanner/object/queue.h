/* queue.h - inner objects that wait to be read; those that can carry code first. */
#ifndef MA_OBJECT_QUEUE_H
#define MA_OBJECT_QUEUE_H
#include "object.h"

/* [0] code, [1] plain data */
struct queue {
    struct job *first[2], *last[2];
};

void queue_push(struct queue *q, struct job *j, bool code); /* takes over j */
struct job *queue_pop(struct queue *q); /* the caller's to drop; NULL: empty */
void queue_done(struct queue *q);
#endif
