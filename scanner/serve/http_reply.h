/* http_reply.h - one request of HTTP, and what it is answered. */
#ifndef MA_SERVE_HTTP_REPLY_H
#define MA_SERVE_HTTP_REPLY_H
#include "scan_service.h"

#include <microhttpd.h>

struct http;
struct call {
    struct http *h;
    struct scan_service *service;
    struct MHD_Connection *c;
    const char *method, *url;
};

/* Takes over text (NULL: out of memory).  retry: seconds, or 0. */
enum MHD_Result http_reply(const struct call *c, unsigned status, const char *type, char *text,
                           unsigned retry);
enum MHD_Result http_reply_error(const struct call *c, unsigned status, const char *why,
                                 unsigned retry);
enum MHD_Result http_reply_spool(const struct call *c, enum spool_end end);
/* Frees r; NULL: out of memory. */
enum MHD_Result http_reply_report(const struct call *c, struct report *r);

/* What follows prefix in url, or NULL. */
const char *url_suffix(const char *url, const char *prefix);
/* The value of ?key=, or otherwise. */
const char *query_param(const struct call *c, const char *key, const char *otherwise);

/* http_get.c: GET of a page, a verdict, a bundle. */
enum MHD_Result http_get(const struct call *c);
#endif
