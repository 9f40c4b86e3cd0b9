/* queue.h - inner objects that are to be read; those that can carry code come first. */
#ifndef MA_OBJECT_QUEUE_H
#define MA_OBJECT_QUEUE_H
#include "object.h"

/* Two lists: 0 of code, 1 of plain data. Starts zeroed. */
struct queue {
    struct scan_object *first[2];
    struct scan_object *last[2];
};

/* queue_push takes ownership of a hold on obj. */
void queue_push(struct queue *q, struct scan_object *obj, bool code);
/* queue_pop returns the next object, which the caller has to release, or NULL. */
struct scan_object *queue_pop(struct queue *q);
void queue_done(struct queue *q);
#endif
