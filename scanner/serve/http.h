/* http.h - the door for programs that speak HTTP/1.1 (libmicrohttpd, one thread a connection).
 *
 *   PUT  /v1/scan[/NAME][?name=NAME][&lane=LANE]   the body is the file
 *   GET  /v1/verdict/sha256:HEX[?name=NAME]        what is remembered
 *   GET  /v1/bundle/sha256:HEX[?name=NAME]         the same, signed
 *   POST /v1/enqueue                               a path below a root; see job_queue.h
 *   GET  /                                         the status page
 *   GET  /healthz   /metrics                       health without a token */
#ifndef MA_SERVE_HTTP_H
#define MA_SERVE_HTTP_H
#include "job_queue.h"

struct http;
/* Takes over fd.  NULL after a message. */
struct http *http_start(struct scan_service *g, struct enqueue *queue, int fd, bool is_local);
/* No new connections; those that are there go on. */
void http_quiesce(struct http *h);
/* Waits for all threads. */
void http_stop(struct http *h); /* accepts NULL */
#endif
