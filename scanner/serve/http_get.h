/* http_get.h - GET requests: pages, verdicts by digest, bundles by digest. */
#ifndef MA_SERVE_HTTP_GET_H
#define MA_SERVE_HTTP_GET_H
#include "http_reply.h"

/* http_get sends the response for a GET or HEAD request. */
enum MHD_Result http_get(const struct http_request *r);
#endif
