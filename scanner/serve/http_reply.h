/* http_reply.h - HTTP requests and their responses. */
#ifndef MA_SERVE_HTTP_REPLY_H
#define MA_SERVE_HTTP_REPLY_H
#include "scan_service.h"

#include <microhttpd.h>

struct http;
struct http_request {
    struct http *http;
    struct scan_service *service;
    struct MHD_Connection *connection;
    const char *method, *url;
};

/* http_reply takes over text; NULL means out of memory and becomes a 503. retry_seconds is the
 * value of Retry-After, or 0. */
enum MHD_Result http_reply(const struct http_request *r, unsigned status, const char *type,
                           char *text, unsigned retry_seconds);

/* http_reply_error sends {"accepted":false,"retryable":...,"error":WHY} and logs the request. */
enum MHD_Result http_reply_error(const struct http_request *r, unsigned status, const char *why,
                                 unsigned retry_seconds);

/* http_reply_spool sends the error for an upload that could not be copied. */
enum MHD_Result http_reply_spool(const struct http_request *r, enum spool_end end);

/* http_reply_report sends and frees a report; NULL means out of memory. */
enum MHD_Result http_reply_report(const struct http_request *r, struct report *report);

/* url_suffix returns the part of url after prefix, or NULL when url does not begin with it. */
const char *url_suffix(const char *url, const char *prefix);

/* query_param returns the value of ?key=, or default_value. */
const char *query_param(const struct http_request *r, const char *key, const char *default_value);
#endif
