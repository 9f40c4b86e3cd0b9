/* job_queue.h - scans that no client waits for: a path below a root, and a URL to notify.
 *
 *   POST /v1/enqueue {"path": "/models/a.pt", "name": "a.pt", "lane": "backfill",
 *                     "callback": "http://..."}
 *
 * The queue is in memory: a client that is not notified repeats the request, and the verdict store
 * has the result of what was scanned. */
#ifndef MA_SERVE_JOB_QUEUE_H
#define MA_SERVE_JOB_QUEUE_H
#include "scan_service.h"

struct job_queue;

/* job_queue_start starts the threads of the queue. Returns NULL after a message. */
struct job_queue *job_queue_start(struct scan_service *service);

/* job_queue_close starts no more jobs; the waiting ones are dropped and logged. */
void job_queue_close(struct job_queue *q);

/* job_queue_stop closes the queue and waits for its threads; it accepts NULL. */
void job_queue_stop(struct job_queue *q);

/* job_queue_add adds a job. Returns the HTTP status: 202, or 400, 404 or 429 with a static text in
 * *why. */
unsigned job_queue_add(struct job_queue *q, struct bytes body, const char **why);
#endif
