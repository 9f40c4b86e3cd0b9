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

/* http_reply_unknown answers a lookup that found nothing: 404, with "stale" and the old rule set
 * where the store has a verdict under another rule set, version or other limits. */
enum MHD_Result http_reply_unknown(const struct call *c, const uint8_t sha256[32]);
/* http_get_stale answers GET /v1/stale: bytes that are to be scanned again, one page. */
enum MHD_Result http_get_stale(const struct call *c);

/* http_get.c: GET of a page, a verdict, a bundle. */
enum MHD_Result http_get(const struct call *c);
#endif
