#include "queue.h"

void queue_push(struct queue *q, struct scan_object *j, bool code)
{
    int lane = code ? 0 : 1;
    j->next = NULL;
    if (q->last[lane] == NULL) {
        q->first[lane] = j;
    } else {
        q->last[lane]->next = j;
    }
    q->last[lane] = j;
}

struct scan_object *queue_pop(struct queue *q)
{
    int lane = q->first[0] != NULL ? 0 : 1;
    struct scan_object *j = q->first[lane];
    if (j != NULL) {
        q->first[lane] = j->next;
        if (j->next == NULL) {
            q->last[lane] = NULL;
        }
        j->next = NULL;
    }
    return j;
}

void queue_done(struct queue *q)
{
    for (struct scan_object *j = queue_pop(q); j != NULL; j = queue_pop(q)) {
        scan_object_release(j);
    }
}
