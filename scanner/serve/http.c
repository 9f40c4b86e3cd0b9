#include "http.h"

#include "http_reply.h"
#include "log.h"
#include "html_pages.h"
#include "peer_cred.h"
#include "token.h"
#include "../util/clock.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    STACK = 262144,
    BUFFER = 262144,
    SLOW_AFTER = 30,
    SLOW_RATE = 1024,
    MAX_BODY = 16384, /* bytes; seconds; bytes a second; bytes */
    MAX_IGNORED = 1 << 20
}; /* bytes */

struct http {
    struct MHD_Daemon *daemon;
    struct scan_service *service;
    struct tokens *tokens;
    struct enqueue *queue;
};
struct request {
    struct spool *copy;
    enum spool_end end;
    uint64_t got; /* bytes of the body */
    time_t started;
    bool put, post, refused; /* refused: the body is read, and then comes the answer */
    char body[MAX_BODY];
    size_t num_body; /* of a small request */
};

/* --- uploads --------------------------------------------------------------------------------- */

static bool content_length(const struct call *c, uint64_t *n)
{
    const char *text = MHD_lookup_connection_value(c->c, MHD_HEADER_KIND, "Content-Length");
    char *end = NULL;
    *n = text != NULL ? strtoull(text, &end, 10) : 0;
    return text == NULL || (end != NULL && *end == 0);
}

static enum MHD_Result begin_put(const struct call *c, struct request *q)
{
    uint64_t n;
    enum lane lane;
    if (!content_length(c, &n) || !lane_named(query_param(c, "lane", "upload"), &lane)) {
        return http_reply_error(c, 400, "no such lane, or no such length", 0);
    }
    q->put = true;
    c->service->count.active++;
    q->copy = spool_new(c->service->spool, n, &q->end);
    return q->copy != NULL ? MHD_YES : http_reply_spool(c, q->end);
}

/* An answer has to wait for the end of the body: what cannot be kept is read and forgotten, up
 * to the cap. */
static enum MHD_Result take_body(const struct call *c, struct request *q, const char *data,
                                 size_t *n)
{
    const struct serve_options *o = c->service->options;
    uint64_t seconds = (uint64_t)(clock_seconds() - q->started);
    q->got += *n;
    if (seconds > o->upload_seconds || (seconds > SLOW_AFTER && q->got / seconds < SLOW_RATE)
        || q->got / 2 > o->max_upload) {
        log_request(c->method, c->url, 0, "too slow or too long: left");
        return MHD_NO;
    }
    if (q->end == SPOOL_OK) {
        q->end = spool_write(q->copy, data, *n);
        if (q->end != SPOOL_OK) {
            spool_free(q->copy); /* its room is for others */
            q->copy = NULL;
        }
    }
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result end_put(const struct call *c, struct request *q)
{
    uint8_t sha[32];
    enum lane lane = LANE_UPLOAD;
    const char *name = url_suffix(c->url, "/v1/scan/");
    if (q->end != SPOOL_OK) {
        return http_reply_spool(c, q->end);
    }
    if (!spool_finish(q->copy, sha)) {
        return http_reply_spool(c, SPOOL_FAILED);
    }
    (void)lane_named(query_param(c, "lane", "upload"), &lane); /* begin_put has checked it */
    name = query_param(c, "name", name != NULL && name[0] != 0 ? name : "upload");
    return http_reply_report(c, service_scan(c->service, q->copy, sha, name, lane));
}

/* --- the queue ------------------------------------------------------------------------------- */

static enum MHD_Result take_small_body(struct request *q, const char *data, size_t *n)
{
    if (*n > sizeof q->body - q->num_body) {
        return MHD_NO; /* nobody means this */
    }
    memcpy(q->body + q->num_body, data, *n);
    q->num_body += *n;
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result end_post(const struct call *c, struct request *q)
{
    const char *why = "";
    unsigned status =
        job_queue_add(c->h->queue, (struct bytes){ (const uint8_t *)q->body, q->num_body }, &why);
    return status == 202 ? http_reply(c, 202, "application/json", strdup("{\"queued\":true}\n"), 0)
                         : http_reply_error(c, status, why,
                                            status == 429 ? service_retry_after(c->service) : 0);
}

/* --- requests
 * ----------------------------------------------------------------------------------- */

/* A user whom the kernel vouches for, or a token; without either demand, whoever reaches the
 * socket. */
static bool allowed(const struct call *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c->c, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info != NULL && peer_is_allowed(c->service->options, info->connect_fd)) {
        return true;
    }
    return c->h->tokens != NULL ? tokens_allow(
               c->h->tokens, MHD_lookup_connection_value(c->c, MHD_HEADER_KIND, "Authorization"))
                                : c->service->options->num_uids == 0;
}

static enum MHD_Result unauthorized(const struct call *c)
{
    return http_reply_error(c, 401, "a bearer token is needed", 0);
}

/* A client that does not wait for our word (RFC 9110 10.1.1) may be cut off before it reads the
 * answer; what is not much is read. */
static bool no_expect_continue(const struct call *c)
{
    uint64_t n;
    return content_length(c, &n) && n > 0 && n <= MAX_IGNORED
           && MHD_lookup_connection_value(c->c, MHD_HEADER_KIND, "Expect") == NULL;
}

static enum MHD_Result begin(const struct call *c, struct request *q)
{
    bool health = strcmp(c->url, "/healthz") == 0;
    bool reads = strcmp(c->method, "GET") == 0 || strcmp(c->method, "HEAD") == 0;
    if (reads && health) {
        return page_healthy(c->service) ? http_reply(c, 200, "text/plain", strdup("ok\n"), 0)
                                        : http_reply_error(c, 503, "no helper is left", 5);
    }
    if (!allowed(c)) {
        c->service->count.unauthorized++;
        q->refused = no_expect_continue(c);
        return q->refused ? MHD_YES : unauthorized(c);
    }
    if (reads) {
        return http_get(c);
    }
    bool scan = strcmp(c->url, "/v1/scan") == 0 || url_suffix(c->url, "/v1/scan/") != NULL;
    if (scan && strcmp(c->method, "PUT") == 0) {
        return begin_put(c, q);
    }
    if (strcmp(c->url, "/v1/enqueue") == 0 && strcmp(c->method, "POST") == 0) {
        q->post = true;
        return MHD_YES;
    }
    return http_reply_error(c, scan ? 405 : 404, scan ? "PUT is the method" : "no such page", 0);
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *conn, const char *url,
                              const char *method, const char *version, const char *data, size_t *n,
                              void **state)
{
    struct http *h = ctx;
    struct call c = { h, h->service, conn, method, url };
    struct request *q = *state;
    (void)version;
    if (q == NULL) {
        q = *state = calloc(1, sizeof *q);
        if (q == NULL) {
            return MHD_NO;
        }
        q->started = clock_seconds();
        return begin(&c, q);
    }
    if (q->refused && *n == 0) {
        return unauthorized(&c);
    }
    if (q->post) {
        return *n > 0 ? take_small_body(q, data, n) : end_post(&c, q);
    }
    if (!q->put) {
        *n = 0;
        return MHD_YES;
    }
    return *n > 0 ? take_body(&c, q, data, n) : end_put(&c, q);
}

static void done(void *ctx, struct MHD_Connection *c, void **state,
                 enum MHD_RequestTerminationCode why)
{
    struct http *h = ctx;
    struct request *q = *state;
    (void)c;
    h->service->count.broken += why != MHD_REQUEST_TERMINATED_COMPLETED_OK && q != NULL;
    if (q != NULL) {
        spool_free(q->copy);
        h->service->count.active -= q->put;
    }
    free(q);
    *state = NULL;
}

/* --- the daemon
 * ------------------------------------------------------------------------------------ */

static void start(struct http *h, int fd, const struct serve_options *o)
{
    h->daemon = MHD_start_daemon(
        MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL
            | MHD_USE_ITC,
        0, NULL, NULL, handle, h, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, done,
        h, MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)o->idle_seconds, MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)BUFFER, MHD_OPTION_END);
}

struct http *http_start(struct scan_service *g, struct enqueue *queue, int fd, bool is_local)
{
    const char *why = "only this machine can be served without --token-file";
    struct http *h = calloc(1, sizeof *h);
    if (h != NULL) {
        h->service = g;
        h->queue = queue;
        h->tokens =
            g->options->token_file != NULL ? tokens_load(g->options->token_file, &why) : NULL;
        if (h->tokens != NULL || (is_local && g->options->token_file == NULL)) {
            why = "HTTP cannot be started";
            start(h, fd, g->options);
        }
    }
    if (h == NULL || h->daemon == NULL) {
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
