/* http.h - the listener for HTTP/1.1 (libmicrohttpd, one thread per connection).
 *
 *   PUT  /v1/scan[/NAME][?name=NAME][&lane=LANE]   scans the body
 *   GET  /v1/verdict/sha256:HEX[?name=NAME]        the cached verdict of a digest
 *   GET  /v1/bundle/sha256:HEX[?name=NAME]         the same as a signed bundle
 *   POST /v1/enqueue                               a path below a root (job_queue.h)
 *   GET  /   /metrics                              the status page, the metrics
 *   GET  /healthz                                  without a token */
#ifndef MA_SERVE_HTTP_H
#define MA_SERVE_HTTP_H
#include "job_queue.h"

struct http;

/* http_start accepts connections on fd. Takes over fd on success. Returns NULL after a message. */
struct http *http_start(struct scan_service *service, struct job_queue *queue, int fd,
                        bool is_local);

/* http_quiesce accepts no new connections; the open ones continue. */
void http_quiesce(struct http *h);

/* http_stop waits for all threads; it accepts NULL. */
void http_stop(struct http *h);
#endif
