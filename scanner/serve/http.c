#include "http.h"

#include "http_get.h"
#include "log.h"
#include "peer_cred.h"
#include "token.h"
#include "../util/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    /* Bytes of a thread's stack, and of a connection's buffer. */
    STACK = 262144,
    BUFFER = 262144,
    /* An upload is slow when it has fewer bytes per second after this many seconds. */
    SLOW_AFTER = 30,
    SLOW_RATE = 1024,
    /* Bytes of the body of a POST. */
    MAX_BODY = 16384,
    /* Bytes of the body of a refused request that are read. */
    MAX_IGNORED = 1 << 20
};

struct http {
    struct MHD_Daemon *daemon;
    struct scan_service *service;
    /* NULL without --token-file. */
    struct tokens *tokens;
    struct job_queue *queue;
};

/* How the body of a request is used. */
enum body_use { BODY_UNUSED, BODY_REFUSED, BODY_UPLOAD, BODY_JOB };

/* The state of a request between the calls of handle_request(). */
struct request_state {
    enum body_use use;
    time_t started;

    /* An upload. copy is NULL after an error, which `end` holds until the body was read. */
    struct spool *copy;
    enum spool_end end;
    uint64_t received_bytes;

    /* The body of a POST. */
    char body[MAX_BODY];
    size_t body_size;
};

static const char *find_header(const struct http_request *r, const char *name)
{
    return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

/* Reads Content-Length, 0 without one. Returns false when it is not a number. */
static bool content_length(const struct http_request *r, uint64_t *n)
{
    const char *text = find_header(r, "Content-Length");
    char *end = NULL;
    *n = 0;
    if (text == NULL) {
        return true;
    }
    *n = strtoull(text, &end, 10);
    return *end == 0;
}

/* --- uploads --------------------------------------------------------------------------------- */

static enum MHD_Result begin_upload(const struct http_request *r, struct request_state *q)
{
    uint64_t n;
    enum lane lane;
    if (!content_length(r, &n) || !lane_from_name(query_param(r, "lane", "upload"), &lane)) {
        return http_reply_error(r, 400, "no such lane, or no such length", 0);
    }

    q->use = BODY_UPLOAD;
    r->service->count.active++;
    q->copy = spool_new(r->service->spool, n, &q->end);
    if (q->copy == NULL) {
        return http_reply_spool(r, q->end);
    }
    return MHD_YES;
}

static bool is_too_slow(const struct request_state *q, const struct serve_options *o)
{
    uint64_t seconds = (uint64_t)(clock_seconds() - q->started);
    if (seconds > o->upload_seconds) {
        return true;
    }
    return seconds > SLOW_AFTER && q->received_bytes / seconds < SLOW_RATE;
}

/* After an error the rest of the body is read and dropped, because the response can only be sent
 * after the body; at most twice the size of an allowed upload is read. */
static enum MHD_Result receive_upload(const struct http_request *r, struct request_state *q,
                                      const char *data, size_t *n)
{
    const struct serve_options *o = r->service->options;
    q->received_bytes += *n;
    if (is_too_slow(q, o) || q->received_bytes / 2 > o->max_upload) {
        log_request(r->method, r->url, 0, "too slow or too long: left");
        return MHD_NO;
    }
    if (q->end == SPOOL_OK) {
        q->end = spool_write(q->copy, data, *n);
        if (q->end != SPOOL_OK) {
            spool_free(q->copy); /* returns its bytes to the quota */
            q->copy = NULL;
        }
    }
    *n = 0;
    return MHD_YES;
}

static const char *upload_name(const struct http_request *r)
{
    const char *name = url_suffix(r->url, "/v1/scan/");
    if (name == NULL || name[0] == 0) {
        name = "upload";
    }
    return query_param(r, "name", name);
}

static enum MHD_Result end_upload(const struct http_request *r, struct request_state *q)
{
    uint8_t sha[32];
    enum lane lane = LANE_UPLOAD;
    if (q->end != SPOOL_OK) {
        return http_reply_spool(r, q->end);
    }
    if (!spool_finish(q->copy, sha)) {
        return http_reply_spool(r, SPOOL_FAILED);
    }
    (void)lane_from_name(query_param(r, "lane", "upload"), &lane); /* begin_upload() checked it */
    return http_reply_report(r, service_scan(r->service, q->copy, sha, upload_name(r), lane));
}

/* --- jobs for the queue ---------------------------------------------------------------------- */

/* Ends the connection for a body that is too long: no client needs one. */
static enum MHD_Result receive_job(struct request_state *q, const char *data, size_t *n)
{
    if (*n > sizeof q->body - q->body_size) {
        return MHD_NO;
    }
    memcpy(q->body + q->body_size, data, *n);
    q->body_size += *n;
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result end_job(const struct http_request *r, struct request_state *q)
{
    struct bytes body = { (const uint8_t *)q->body, q->body_size };
    const char *why = "";
    unsigned status = job_queue_add(r->http->queue, body, &why);
    if (status == 202) {
        return http_reply(r, 202, "application/json", strdup("{\"queued\":true}\n"), 0);
    }
    unsigned retry_seconds = status == 429 ? service_retry_after(r->service) : 0;
    return http_reply_error(r, status, why, retry_seconds);
}

/* --- requests --------------------------------------------------------------------------------- */

/* Admits local users of --allow-uid, and clients with a token. With neither option every client is
 * admitted. */
static bool is_authorized(const struct http_request *r)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(r->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL && peer_is_allowed(r->service->options, info->connect_fd)) {
        return true;
    }
    if (r->http->tokens != NULL) {
        return tokens_allow(r->http->tokens, find_header(r, "Authorization"));
    }
    return r->service->options->num_uids == 0;
}

static enum MHD_Result reply_unauthorized(const struct http_request *r)
{
    return http_reply_error(r, 401, "a bearer token is needed", 0);
}

/* Does the client send a small body without waiting for "100 Continue" (RFC 9110 10.1.1)? It may
 * not receive a response that is sent before its body was read. */
static bool has_unasked_body(const struct http_request *r)
{
    uint64_t n;
    bool small = content_length(r, &n) && n > 0 && n <= MAX_IGNORED;
    return small && find_header(r, "Expect") == NULL;
}

static enum MHD_Result refuse_request(const struct http_request *r, struct request_state *q)
{
    r->service->count.unauthorized++;
    if (has_unasked_body(r)) {
        q->use = BODY_REFUSED;
        return MHD_YES;
    }
    return reply_unauthorized(r);
}

static enum MHD_Result reply_health(const struct http_request *r)
{
    if (!service_is_alive(r->service)) {
        return http_reply_error(r, 503, "no scan process is left", 5);
    }
    return http_reply(r, 200, "text/plain", strdup("ok\n"), 0);
}

static enum MHD_Result begin_request(const struct http_request *r, struct request_state *q)
{
    bool is_read = strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0;
    if (is_read && strcmp(r->url, "/healthz") == 0) {
        return reply_health(r);
    }
    if (!is_authorized(r)) {
        return refuse_request(r, q);
    }
    if (is_read) {
        return http_get(r);
    }

    bool is_scan = strcmp(r->url, "/v1/scan") == 0 || url_suffix(r->url, "/v1/scan/") != NULL;
    if (is_scan && strcmp(r->method, "PUT") == 0) {
        return begin_upload(r, q);
    }
    if (is_scan) {
        return http_reply_error(r, 405, "PUT is the method", 0);
    }
    if (strcmp(r->url, "/v1/enqueue") == 0 && strcmp(r->method, "POST") == 0) {
        q->use = BODY_JOB;
        return MHD_YES;
    }
    return http_reply_error(r, 404, "no such page", 0);
}

static enum MHD_Result receive_body(const struct http_request *r, struct request_state *q,
                                    const char *data, size_t *n)
{
    switch (q->use) {
    case BODY_UPLOAD: return receive_upload(r, q, data, n);
    case BODY_JOB: return receive_job(q, data, n);
    case BODY_REFUSED:
    case BODY_UNUSED: break;
    }
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result end_body(const struct http_request *r, struct request_state *q)
{
    switch (q->use) {
    case BODY_UPLOAD: return end_upload(r, q);
    case BODY_JOB: return end_job(r, q);
    case BODY_REFUSED: return reply_unauthorized(r);
    case BODY_UNUSED: break;
    }
    return MHD_YES;
}

static struct request_state *new_state(void)
{
    struct request_state *q = calloc(1, sizeof *q);
    if (q != NULL) {
        q->started = clock_seconds();
    }
    return q;
}

/* libmicrohttpd's callback: called with the header of a request, with each part of its body, and at
 * its end with *n == 0. */
static enum MHD_Result handle_request(void *ctx, struct MHD_Connection *connection, const char *url,
                                      const char *method, const char *version, const char *data,
                                      size_t *n, void **state)
{
    struct http *h = ctx;
    struct http_request r = { h, h->service, connection, method, url };
    struct request_state *q = *state;
    (void)version; /* unused: all versions are served alike */

    if (q == NULL) {
        q = *state = new_state();
        return q != NULL ? begin_request(&r, q) : MHD_NO;
    }
    return *n > 0 ? receive_body(&r, q, data, n) : end_body(&r, q);
}

/* libmicrohttpd's callback after a request. */
static void end_request(void *ctx, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode why)
{
    struct http *h = ctx;
    struct request_state *q = *state;
    (void)connection; /* unused: the state has all that is to be freed */
    if (q == NULL) {
        return;
    }

    h->service->count.broken += why != MHD_REQUEST_TERMINATED_COMPLETED_OK;
    h->service->count.active -= q->use == BODY_UPLOAD;
    spool_free(q->copy);
    free(q);
    *state = NULL;
}

/* --- the listener ---------------------------------------------------------------------------- */

static void start_daemon(struct http *h, int fd, const struct serve_options *o)
{
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL
                     | MHD_USE_ITC;
    struct MHD_OptionItem items[] = {
        { MHD_OPTION_LISTEN_SOCKET, fd, NULL },
        { MHD_OPTION_CONNECTION_LIMIT, (intptr_t)o->connections, NULL },
        { MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)o->idle_seconds, NULL },
        { MHD_OPTION_THREAD_STACK_SIZE, STACK, NULL },
        { MHD_OPTION_CONNECTION_MEMORY_LIMIT, BUFFER, NULL },
        { MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)end_request, h },
        { MHD_OPTION_END, 0, NULL },
    };

    h->daemon = MHD_start_daemon(flags, 0, NULL, NULL, handle_request, h, MHD_OPTION_ARRAY, items,
                                 MHD_OPTION_END);
}

/* Returns NULL, or why the daemon was not started. */
static const char *open_daemon(struct http *h, int fd, bool is_local)
{
    const struct serve_options *o = h->service->options;
    const char *why = NULL;
    if (o->token_file == NULL && !is_local) {
        return "only this machine can be served without --token-file";
    }
    if (o->token_file != NULL) {
        h->tokens = tokens_load(o->token_file, &why);
        if (h->tokens == NULL) {
            return why;
        }
    }

    start_daemon(h, fd, o);
    return h->daemon != NULL ? NULL : "HTTP cannot be started";
}

struct http *http_start(struct scan_service *service, struct job_queue *queue, int fd,
                        bool is_local)
{
    struct http *h = calloc(1, sizeof *h);
    const char *why = "out of memory";

    if (h != NULL) {
        h->service = service;
        h->queue = queue;
        why = open_daemon(h, fd, is_local);
    }

    if (why != NULL) {
        serve_complain(0, "%s", why);
        http_stop(h);
        return NULL;
    }
    return h;
}

void http_quiesce(struct http *h)
{
    int fd = MHD_quiesce_daemon(h->daemon);
    if (fd >= 0) {
        close(fd);
    }
}

void http_stop(struct http *h)
{
    if (h != NULL) {
        if (h->daemon != NULL) {
            MHD_stop_daemon(h->daemon);
        }
        tokens_free(h->tokens);
        free(h);
    }
}
