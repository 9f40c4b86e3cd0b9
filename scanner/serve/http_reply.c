#include "http_reply.h"

#include "../report/jsonw.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum MHD_Result http_reply(const struct call *c, unsigned status, const char *type, char *text,
                           unsigned retry)
{
    static char none[] = "{\"accepted\":false,\"retryable\":true,\"error\":\"out of memory\"}\n";
    char seconds[16];
    struct MHD_Response *r =
        text != NULL
            ? MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE)
            : MHD_create_response_from_buffer(sizeof none - 1, none, MHD_RESPMEM_PERSISTENT);
    if (r == NULL) {
        free(text);
        return MHD_NO;
    }
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "Content-Security-Policy",
                            "default-src 'none'; style-src 'unsafe-inline'");
    MHD_add_response_header(r, "Cache-Control", "no-store");
    if (status == 401) {
        MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
    }
    if (retry > 0) {
        snprintf(seconds, sizeof seconds, "%u", retry);
        MHD_add_response_header(r, "Retry-After", seconds);
    }
    enum MHD_Result ok = MHD_queue_response(c->c, text != NULL ? status : 503, r);
    MHD_destroy_response(r);
    return ok;
}

enum MHD_Result http_reply_error(const struct call *c, unsigned status, const char *why,
                                 unsigned retry)
{
    struct json *o = json_obj();
    json_set(o, "accepted", json_bool(false));
    json_set(o, "retryable", json_bool(retry > 0));
    json_set(o, "error", json_text(why));
    log_request(c->method, c->url, status, why);
    return http_reply(c, status, "application/json", json_line(o, false), retry);
}

enum MHD_Result http_reply_spool(const struct call *c, enum spool_end end)
{
    struct scan_service *g = c->service;
    switch (end) {
    case SPOOL_TOO_LARGE: g->count.refused++; return http_reply_error(c, 413, spool_reason(end), 0);
    case SPOOL_BUSY:
        g->count.busy++;
        return http_reply_error(c, 429, spool_reason(end), service_retry_after(g));
    default: g->count.retry++; return http_reply_error(c, 503, spool_reason(end), 5);
    }
}

enum MHD_Result http_reply_report(const struct call *c, struct report *r)
{
    struct scan_service *g = c->service;
    if (r == NULL) {
        g->count.retry++;
        return http_reply(c, 503, "application/json", NULL, 5);
    }
    struct decision d = report_to_http_status(r);
    char *text = service_json(g, r);
    report_free(r);
    *(d.retryable ? &g->count.retry : d.accepted ? &g->count.accepted : &g->count.refused) += 1;
    return http_reply(c,
                      d.accepted    ? 200
                      : d.retryable ? 503
                                    : 422,
                      "application/json", text, d.retryable ? 5 : 0);
}

const char *url_suffix(const char *url, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(url, prefix, n) == 0 ? url + n : NULL;
}

const char *query_param(const struct call *c, const char *key, const char *otherwise)
{
    const char *value = MHD_lookup_connection_value(c->c, MHD_GET_ARGUMENT_KIND, key);
    return value != NULL && value[0] != 0 ? value : otherwise;
}
