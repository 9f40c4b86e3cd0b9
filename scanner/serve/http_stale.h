/* http_stale.h - verdicts that were made under another rule set, version or other limits: the bytes
 * are to be scanned again. */
#ifndef MA_SERVE_HTTP_STALE_H
#define MA_SERVE_HTTP_STALE_H
#include "http_reply.h"

/* http_reply_unknown sends the response for a lookup without a result: 404, with "stale" and the
 * old rule set where the store has a verdict under another rule set, version or other limits. */
enum MHD_Result http_reply_unknown(const struct http_request *r, const uint8_t sha256[32]);

/* http_get_stale sends the response for GET /v1/stale: one page of bytes to scan again. */
enum MHD_Result http_get_stale(const struct http_request *r);
#endif
