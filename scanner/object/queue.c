#include "queue.h"

void queue_push(struct queue *q, struct scan_object *obj, bool code)
{
    int lane = code ? 0 : 1;
    obj->next = NULL;
    if (q->last[lane] == NULL) {
        q->first[lane] = obj;
    } else {
        q->last[lane]->next = obj;
    }
    q->last[lane] = obj;
}

struct scan_object *queue_pop(struct queue *q)
{
    int lane = q->first[0] != NULL ? 0 : 1;
    struct scan_object *obj = q->first[lane];
    if (obj != NULL) {
        q->first[lane] = obj->next;
        if (obj->next == NULL) {
            q->last[lane] = NULL;
        }
        obj->next = NULL;
    }
    return obj;
}

void queue_done(struct queue *q)
{
    for (struct scan_object *obj = queue_pop(q); obj != NULL; obj = queue_pop(q)) {
        scan_object_release(obj);
    }
}
