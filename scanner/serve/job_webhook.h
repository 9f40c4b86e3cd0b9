/* job_webhook.h - notifies a URL that the operator allowed, by one POST over plain HTTP. */
#ifndef MA_SERVE_JOB_WEBHOOK_H
#define MA_SERVE_JOB_WEBHOOK_H
#include "options.h"

/* webhook_is_prefix tests whether a value of --callback is usable: it has a host and the slash
 * after it. */
bool webhook_is_prefix(const char *prefix);

/* webhook_is_allowed tests whether a URL begins with a prefix of --callback. */
bool webhook_is_allowed(const struct serve_options *o, const char *url);

/* webhook_post sends body to url. With a secret the request is signed: X-Modelassay-Signature:
 * sha256=HEX of an HMAC over TIMESTAMP "." BODY; secret may be NULL. Returns true after a status of
 * 2xx. */
bool webhook_post(const char *url, const char *body, const char *secret);
#endif
