#include "http_reply.h"

#include "../report/jsonw.h"
#include "log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct MHD_Response *new_response(char *text)
{
    static char no_memory[] =
        "{\"accepted\":false,\"retryable\":true,\"error\":\"out of memory\"}\n";

    if (text == NULL) {
        return MHD_create_response_from_buffer(sizeof no_memory - 1, no_memory,
                                               MHD_RESPMEM_PERSISTENT);
    }

    struct MHD_Response *response =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (response == NULL) {
        free(text);
    }
    return response;
}

static void add_headers(struct MHD_Response *response, unsigned status, const char *type,
                        unsigned retry_seconds)
{
    char seconds[16];
    MHD_add_response_header(response, "Content-Type", type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(response, "Content-Security-Policy",
                            "default-src 'none'; style-src 'unsafe-inline'");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    if (status == 401) {
        MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    }

    if (retry_seconds > 0) {
        snprintf(seconds, sizeof seconds, "%u", retry_seconds);
        MHD_add_response_header(response, "Retry-After", seconds);
    }
}

enum MHD_Result http_reply(const struct http_request *r, unsigned status, const char *type,
                           char *text, unsigned retry_seconds)
{
    struct MHD_Response *response = new_response(text);
    if (response == NULL) {
        return MHD_NO;
    }
    add_headers(response, status, type, retry_seconds);
    enum MHD_Result result =
        MHD_queue_response(r->connection, text != NULL ? status : 503, response);
    MHD_destroy_response(response);
    return result;
}

enum MHD_Result http_reply_error(const struct http_request *r, unsigned status, const char *why,
                                 unsigned retry_seconds)
{
    struct json *o = json_obj();
    json_set(o, "accepted", json_bool(false));
    json_set(o, "retryable", json_bool(retry_seconds > 0));
    json_set(o, "error", json_text(why));
    log_request(r->method, r->url, status, why);
    return http_reply(r, status, "application/json", json_line(o, false), retry_seconds);
}

enum MHD_Result http_reply_spool(const struct http_request *r, enum spool_end end)
{
    struct counters *count = &r->service->count;
    switch (end) {
    case SPOOL_TOO_LARGE: count->refused++; return http_reply_error(r, 413, spool_reason(end), 0);
    case SPOOL_BUSY:
        count->busy++;
        return http_reply_error(r, 429, spool_reason(end), service_retry_after(r->service));
    default: count->retry++; return http_reply_error(r, 503, spool_reason(end), 5);
    }
}

enum MHD_Result http_reply_report(const struct http_request *r, struct report *report)
{
    struct counters *count = &r->service->count;
    if (report == NULL) {
        count->retry++;
        return http_reply(r, 503, "application/json", NULL, 5);
    }

    struct decision d = report_to_http_status(report);
    char *text = service_json(report);
    report_free(report);
    if (d.retryable) {
        count->retry++;
        return http_reply(r, 503, "application/json", text, 5);
    }
    if (d.accepted) {
        count->accepted++;
        return http_reply(r, 200, "application/json", text, 0);
    }
    count->refused++;
    return http_reply(r, 422, "application/json", text, 0);
}

const char *url_suffix(const char *url, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(url, prefix, n) == 0 ? url + n : NULL;
}

const char *query_param(const struct http_request *r, const char *key, const char *default_value)
{
    const char *value = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, key);
    return value != NULL && value[0] != 0 ? value : default_value;
}
