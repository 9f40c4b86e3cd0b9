#include "http.h"

#include "../attest/attest.h"
#include "../report/jsonw.h"
#include "log.h"
#include "pages.h"
#include "token.h"

#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { STACK = 262144, BUFFER = 262144, SLOW_AFTER = 30, SLOW_RATE = 1024, MAX_BODY = 16384 };   /* bytes; seconds; bytes a second; bytes */

struct http { struct MHD_Daemon *daemon; struct gate *gate; struct tokens *tokens; struct enqueue *queue; };
struct request {
    struct spool *copy;
    enum spool_end end;
    uint64_t got;                     /* bytes of the body */
    time_t started;
    bool put, post;
    char body[MAX_BODY]; size_t num_body;     /* of a small request */
};
struct call { struct http *h; struct MHD_Connection *c; const char *method, *url; };

static time_t now(void)
{
    struct timespec t = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &t);      /* always there */
    return t.tv_sec;
}

/* --- answers -------------------------------------------------------------------------- */

/* Takes over text (NULL: out of memory). */
static enum MHD_Result answer(const struct call *c, unsigned status, const char *type, char *text, unsigned retry)
{
    static char none[] = "{\"accepted\":false,\"retryable\":true,\"error\":\"out of memory\"}\n";
    char seconds[16];
    struct MHD_Response *r = text != NULL ? MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE)
                                          : MHD_create_response_from_buffer(sizeof none - 1, none, MHD_RESPMEM_PERSISTENT);
    if (r == NULL) {
        free(text);
        return MHD_NO;
    }
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
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

static enum MHD_Result answer_error(const struct call *c, unsigned status, const char *why, unsigned retry)
{
    struct json *o = json_obj();
    json_set(o, "accepted", json_bool(false));
    json_set(o, "retryable", json_bool(retry > 0));
    json_set(o, "error", json_text(why));
    log_request(c->method, c->url, status, why);
    return answer(c, status, "application/json", json_line(o, false), retry);
}

static enum MHD_Result answer_spool(const struct call *c, enum spool_end end)
{
    struct gate *g = c->h->gate;
    switch (end) {
    case SPOOL_TOO_LARGE: g->count.refused++; return answer_error(c, 413, spool_reason(end), 0);
    case SPOOL_BUSY:      g->count.busy++;    return answer_error(c, 429, spool_reason(end), gate_retry_after(g));
    default:              g->count.retry++;   return answer_error(c, 503, spool_reason(end), 5);
    }
}

/* Frees r. */
static enum MHD_Result answer_report(const struct call *c, struct report *r)
{
    struct gate *g = c->h->gate;
    if (r == NULL) {
        g->count.retry++;
        return answer(c, 503, "application/json", NULL, 5);
    }
    struct decision d = gate_decide(r);
    char *text = gate_json(g, r);
    report_free(r);
    *(d.retryable ? &g->count.retry : d.accepted ? &g->count.accepted : &g->count.refused) += 1;
    return answer(c, d.accepted ? 200 : d.retryable ? 503 : 422, "application/json", text, d.retryable ? 5 : 0);
}

/* --- look-ups ---------------------------------------------------------------------------- */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "sha256:" and 64 lower-case digits, nothing behind them. */
static bool read_digest(const char *text, uint8_t out[32])
{
    bool ok = strncmp(text, "sha256:", 7) == 0 && strlen(text) == 71;
    for (size_t i = 0; ok && i < 32; i++) {
        int high = digit(text[7 + 2 * i]), low = digit(text[8 + 2 * i]);
        ok = high >= 0 && low >= 0;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return ok;
}

static const char *argument(const struct call *c, const char *key, const char *otherwise)
{
    const char *value = MHD_lookup_connection_value(c->c, MHD_GET_ARGUMENT_KIND, key);
    return value != NULL && value[0] != 0 ? value : otherwise;
}

static enum MHD_Result sign(const struct call *c, struct report *r)
{
    const char *why = NULL;
    char *bundle = c->h->gate->key != NULL ? bundle_sign(r, c->h->gate->key, &why) : NULL;
    report_free(r);
    return bundle != NULL ? answer(c, 200, "application/vnd.dev.sigstore.bundle.v0.3+json", bundle, 0)
                          : answer_error(c, 404, why != NULL ? why : "this gate signs nothing (--key)", 0);
}

static enum MHD_Result look(const struct call *c, const char *text, bool bundle)
{
    uint8_t sha[32];
    bool known;
    if (!read_digest(text, sha)) {
        return answer_error(c, 400, "sha256: and 64 lower-case digits", 0);
    }
    struct report *r = gate_look(c->h->gate, sha, argument(c, "name", text), &known);
    if (r == NULL) {
        return known ? answer(c, 503, "", NULL, 5) : answer_error(c, 404, "nothing is remembered of these bytes", 0);
    }
    if (bundle) {
        return sign(c, r);
    }
    char *json = gate_json(c->h->gate, r);
    report_free(r);
    return answer(c, 200, "application/json", json, 0);
}

static const char *behind(const char *url, const char *prefix)
{
    size_t n = strlen(prefix);
    return strncmp(url, prefix, n) == 0 ? url + n : NULL;
}

static enum MHD_Result get(const struct call *c)
{
    const char *digest;
    if (strcmp(c->url, "/") == 0) {
        return answer(c, 200, "text/html; charset=utf-8", page_status(c->h->gate), 0);
    }
    if (strcmp(c->url, "/metrics") == 0) {
        return answer(c, 200, "text/plain; version=0.0.4", page_metrics(c->h->gate), 0);
    }
    if ((digest = behind(c->url, "/v1/verdict/")) != NULL) {
        return look(c, digest, false);
    }
    if ((digest = behind(c->url, "/v1/bundle/")) != NULL) {
        return look(c, digest, true);
    }
    return answer_error(c, 404, "no such page", 0);
}

/* --- uploads --------------------------------------------------------------------------------- */

static bool announced(const struct call *c, uint64_t *n)
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
    if (!announced(c, &n) || !lane_named(argument(c, "lane", "upload"), &lane)) {
        return answer_error(c, 400, "no such lane, or no such length", 0);
    }
    q->put = true;
    c->h->gate->count.active++;
    q->copy = spool_new(c->h->gate->spool, n, &q->end);
    return q->copy != NULL ? MHD_YES : answer_spool(c, q->end);
}

/* An answer has to wait for the end of the body: what cannot be kept is read and forgotten, up to the cap. */
static enum MHD_Result take_body(const struct call *c, struct request *q, const char *data, size_t *n)
{
    const struct serve_options *o = c->h->gate->options;
    uint64_t seconds = (uint64_t)(now() - q->started);
    q->got += *n;
    if (seconds > o->upload_seconds || (seconds > SLOW_AFTER && q->got / seconds < SLOW_RATE) || q->got / 2 > o->max_upload) {
        log_request(c->method, c->url, 0, "too slow or too long: left");
        return MHD_NO;
    }
    if (q->end == SPOOL_OK) {
        q->end = spool_write(q->copy, data, *n);
        if (q->end != SPOOL_OK) {
            spool_free(q->copy);      /* its room is for others */
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
    const char *name = behind(c->url, "/v1/scan/");
    if (q->end != SPOOL_OK) {
        return answer_spool(c, q->end);
    }
    if (!spool_finish(q->copy, sha)) {
        return answer_spool(c, SPOOL_FAILED);
    }
    (void)lane_named(argument(c, "lane", "upload"), &lane);      /* begin_put has checked it */
    name = argument(c, "name", name != NULL && name[0] != 0 ? name : "upload");
    return answer_report(c, gate_scan(c->h->gate, q->copy, sha, name, lane));
}

/* --- the queue ------------------------------------------------------------------------------- */

static enum MHD_Result take_small_body(struct request *q, const char *data, size_t *n)
{
    if (*n > sizeof q->body - q->num_body) {
        return MHD_NO;                /* nobody means this */
    }
    memcpy(q->body + q->num_body, data, *n);
    q->num_body += *n;
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result end_post(const struct call *c, struct request *q)
{
    const char *why = "";
    unsigned status = enqueue_add(c->h->queue, (struct bytes){ (const uint8_t *)q->body, q->num_body }, &why);
    return status == 202 ? answer(c, 202, "application/json", strdup("{\"queued\":true}\n"), 0)
                         : answer_error(c, status, why, status == 429 ? gate_retry_after(c->h->gate) : 0);
}

/* --- requests ----------------------------------------------------------------------------------- */

static bool allowed(const struct call *c)
{
    return c->h->tokens == NULL || tokens_allow(c->h->tokens, MHD_lookup_connection_value(c->c, MHD_HEADER_KIND, "Authorization"));
}

static enum MHD_Result begin(const struct call *c, struct request *q)
{
    bool health = strcmp(c->url, "/healthz") == 0;
    bool reads = strcmp(c->method, "GET") == 0 || strcmp(c->method, "HEAD") == 0;
    if (reads && health) {
        return page_healthy(c->h->gate) ? answer(c, 200, "text/plain", strdup("ok\n"), 0) : answer_error(c, 503, "no helper is left", 5);
    }
    if (!allowed(c)) {
        c->h->gate->count.unauthorized++;
        return answer_error(c, 401, "a bearer token is needed", 0);
    }
    if (reads) {
        return get(c);
    }
    bool scan = strcmp(c->url, "/v1/scan") == 0 || behind(c->url, "/v1/scan/") != NULL;
    if (scan && strcmp(c->method, "PUT") == 0) {
        return begin_put(c, q);
    }
    if (strcmp(c->url, "/v1/enqueue") == 0 && strcmp(c->method, "POST") == 0) {
        q->post = true;
        return MHD_YES;
    }
    return answer_error(c, scan ? 405 : 404, scan ? "PUT is the method" : "no such page", 0);
}

static enum MHD_Result handle(void *ctx, struct MHD_Connection *conn, const char *url, const char *method, const char *version,
                              const char *data, size_t *n, void **state)
{
    struct call c = { ctx, conn, method, url };
    struct request *q = *state;
    (void)version;
    if (q == NULL) {
        q = *state = calloc(1, sizeof *q);
        if (q == NULL) {
            return MHD_NO;
        }
        q->started = now();
        return begin(&c, q);
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

static void done(void *ctx, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
    struct http *h = ctx;
    struct request *q = *state;
    (void)c;
    h->gate->count.broken += why != MHD_REQUEST_TERMINATED_COMPLETED_OK && q != NULL;
    if (q != NULL) {
        spool_free(q->copy);
        h->gate->count.active -= q->put;
    }
    free(q);
    *state = NULL;
}

/* --- the daemon ------------------------------------------------------------------------------------ */

static void start(struct http *h, int fd, const struct serve_options *o)
{
    h->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC,
        0, NULL, NULL, handle, h,
        MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_NOTIFY_COMPLETED, done, h,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)o->idle_seconds,
        MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)BUFFER,
        MHD_OPTION_END);
}

struct http *http_start(struct gate *g, struct enqueue *queue, int fd, bool near)
{
    const char *why = "only this machine can be served without --token-file";
    struct http *h = calloc(1, sizeof *h);
    if (h != NULL) {
        h->gate = g;
        h->queue = queue;
        h->tokens = g->options->token_file != NULL ? tokens_load(g->options->token_file, &why) : NULL;
        if (h->tokens != NULL || (near && g->options->token_file == NULL)) {
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
