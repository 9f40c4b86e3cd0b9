/* job_queue.h - scans that nobody waits for: a path below a root, and whom to tell.
 *
 *   POST /v1/enqueue {"path": "/models/a.pt", "name": "a.pt", "lane": "backfill", "callback": "http://..."}
 *
 * The queue is in memory: a client that hears nothing asks again, and the store answers. */
#ifndef MA_SERVE_JOB_QUEUE_H
#define MA_SERVE_JOB_QUEUE_H
#include "scan_service.h"

struct enqueue;
/* NULL after a message. */
struct enqueue *job_queue_start(struct scan_service *g);
/* Nothing more is begun; what waits is dropped and logged. */
void job_queue_close(struct enqueue *q);
void job_queue_stop(struct enqueue *q); /* accepts NULL; waits for the threads */
/* The HTTP status: 202, 400, 404 or 429; *why for the others (static text). */
unsigned job_queue_add(struct enqueue *q, struct bytes body, const char **why);

/* --- job_webhook.c --- */
/* Does one of the prefixes allow the address?  A prefix has the host and the slash behind it. */
bool webhook_allowed(const struct serve_options *o, const char *url);
bool webhook_prefix_ok(const char *prefix);
/* POST, signed: X-Modelassay-Signature: sha256=HEX of an HMAC over TIMESTAMP "." BODY. True: a
 * 2xx came back. secret may be NULL: then there is no signature. */
bool webhook_post(const char *url, const char *body, const char *secret);
#endif
