#include "job_queue.h"

#include "../report/jsonw.h"
#include "log.h"
#include "path_allowlist.h"
#include "token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* jobs; of a callback; bytes */
enum { MAX_WAITING = 10000, TRIES = 3, STACK = 262144 };

struct job {
    struct job *next;
    char *path, *name, *callback;
    enum lane lane;
};
struct enqueue {
    struct scan_service *service;
    pthread_mutex_t lock;
    pthread_cond_t more;
    struct job *first, **last;
    size_t waiting;
    bool closed;
    char *secret;
    pthread_t *threads;
    size_t num_threads;
};

static void job_free(struct job *j)
{
    if (j != NULL) {
        free(j->path);
        free(j->name);
        free(j->callback);
        free(j);
    }
}

/* --- one job ------------------------------------------------------------------------- */

static bool is_closed(struct enqueue *q)
{
    pthread_mutex_lock(&q->lock);
    bool closed = q->closed;
    pthread_mutex_unlock(&q->lock);
    return closed;
}

static void notify(struct enqueue *q, const struct job *j, const char *body)
{
    for (int i = 0; i < TRIES; i++) {
        if (webhook_post(j->callback, body, q->secret)) {
            q->service->count.callbacks++;
            return;
        }
        for (int tick = 0; tick < 10 << (2 * i) && !is_closed(q); tick++) {
            usleep(100000); /* 1 s, then 4 s */
        }
    }
    q->service->count.callbacks_lost++;
    log_text("callback-lost", "url", j->callback, "path", j->path, NULL);
}

static char *error_json(const char *why)
{
    struct json *o = json_obj();
    json_set(o, "accepted", json_bool(false));
    json_set(o, "retryable", json_bool(true));
    json_set(o, "error", json_text(why));
    return json_line(o, false);
}

/* A private copy is scanned: whoever owns the path may go on writing. */
static char *scan_job(struct enqueue *q, const struct job *j)
{
    const char *why = "a folder";
    bool folder = false;
    uint8_t sha[32];
    struct stat st;
    enum spool_end end = SPOOL_FAILED;
    int fd = allowlist_open(q->service->options, j->path, &folder, &why);
    if (fd < 0 || folder) {
        if (fd >= 0) {
            close(fd);
        }
        return error_json(why);
    }
    struct spool *copy =
        service_copy(q->service, fd, fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0, &end);
    close(fd);
    if (copy == NULL || !spool_finish(copy, sha)) {
        spool_free(copy);
        return error_json(spool_reason(copy == NULL ? end : SPOOL_FAILED));
    }
    struct report *r = service_scan(q->service, copy, sha, j->name, j->lane);
    spool_free(copy);
    char *text = r != NULL ? service_json(q->service, r) : error_json("out of memory");
    report_free(r);
    return text;
}

static struct job *next_job(struct enqueue *q)
{
    pthread_mutex_lock(&q->lock);
    while (q->first == NULL && !q->closed) {
        pthread_cond_wait(&q->more, &q->lock);
    }
    struct job *j = q->closed ? NULL : q->first;
    if (j != NULL) {
        q->first = j->next;
        q->last = q->first == NULL ? &q->first : q->last;
        q->waiting--;
        q->service->count.active++;
    }
    pthread_mutex_unlock(&q->lock);
    return j;
}

static void *work(void *ctx)
{
    struct enqueue *q = ctx;
    for (struct job *j = next_job(q); j != NULL; j = next_job(q)) {
        char *body = scan_job(q, j);
        if (body != NULL && j->callback != NULL) {
            notify(q, j, body);
        }
        free(body);
        job_free(j);
        q->service->count.active--;
    }
    return NULL;
}

/* --- the queue ---------------------------------------------------------------------------- */

static bool read_job(const struct json *o, struct job *j, const char **why)
{
    const char *path = json_string(json_get(o, "path")), *name = json_string(json_get(o, "name"));
    const char *callback = json_string(json_get(o, "callback")),
               *lane = json_string(json_get(o, "lane"));
    *why = "an object with path, and name, lane, callback if you like";
    if (!json_is_object(o) || path == NULL
        || !lane_named(lane != NULL ? lane : "backfill", &j->lane)) {
        return false;
    }
    j->path = strdup(path);
    j->name = strdup(name != NULL && name[0] != 0 ? name : path);
    j->callback = callback != NULL ? strdup(callback) : NULL;
    *why = "out of memory";
    return j->path != NULL && j->name != NULL && (callback == NULL || j->callback != NULL);
}

static bool append(struct enqueue *q, struct job *j)
{
    pthread_mutex_lock(&q->lock);
    bool ok = !q->closed && q->waiting < MAX_WAITING;
    if (ok) {
        *q->last = j;
        q->last = &j->next;
        q->waiting++;
        pthread_cond_signal(&q->more);
    }
    pthread_mutex_unlock(&q->lock);
    return ok;
}

unsigned job_queue_add(struct enqueue *q, struct bytes body, const char **why)
{
    struct job *j = calloc(1, sizeof *j);
    struct json *o = json_parse(body, why);
    bool folder = false, ok = j != NULL && o != NULL && read_job(o, j, why);
    unsigned status = 400;
    json_free(o);
    if (ok && j->callback != NULL && !webhook_allowed(q->service->options, j->callback)) {
        *why = "no --callback allows this address";
        ok = false;
    }
    if (ok) {
        int fd = allowlist_open(q->service->options, j->path, &folder, why);
        status = fd < 0 || folder ? 404 : 429;
        *why = fd >= 0 && folder ? "a folder" : fd >= 0 ? "too many wait already" : *why;
        ok = status == 429 && append(q, j);
        if (fd >= 0) {
            close(fd);
        }
    }
    if (!ok) {
        job_free(j);
    }
    return ok ? 202 : status;
}

static bool start_threads(struct enqueue *q)
{
    pthread_attr_t attr;
    size_t n = (size_t)q->service->options->scan_processes;
    q->threads = calloc(n, sizeof *q->threads);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    while (q->threads != NULL && q->num_threads < n
           && pthread_create(&q->threads[q->num_threads], &attr, work, q) == 0) {
        q->num_threads++;
    }
    pthread_attr_destroy(&attr);
    return q->num_threads > 0;
}

struct enqueue *job_queue_start(struct scan_service *g)
{
    const char *why = "out of memory";
    struct enqueue *q = calloc(1, sizeof *q);
    bool ok = q != NULL;
    for (size_t i = 0; ok && i < g->options->num_callbacks; i++) {
        why = "--callback takes http://HOST/ and what may follow";
        ok = webhook_prefix_ok(g->options->callbacks[i]);
    }
    if (ok && g->options->secret_file != NULL) {
        q->secret = secret_read(g->options->secret_file, &why);
        ok = q->secret != NULL && q->secret[0] != 0;
    }
    if (q != NULL) {
        q->service = g;
        q->last = &q->first;
        pthread_mutex_init(&q->lock, NULL);
        pthread_cond_init(&q->more, NULL);
    }
    if (!ok || !start_threads(q)) {
        serve_complain(0, "%s", why);
        job_queue_stop(q);
        return NULL;
    }
    return q;
}

void job_queue_close(struct enqueue *q)
{
    size_t dropped = 0;
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    for (struct job *j = q->first; j != NULL; dropped++) {
        struct job *next = j->next;
        job_free(j);
        j = next;
    }
    q->first = NULL;
    q->last = &q->first;
    pthread_cond_broadcast(&q->more);
    pthread_mutex_unlock(&q->lock);
    if (dropped > 0) {
        char n[24];
        snprintf(n, sizeof n, "%zu", dropped);
        log_text("dropped", "jobs", n, NULL);
    }
}

void job_queue_stop(struct enqueue *q)
{
    if (q == NULL) {
        return;
    }
    job_queue_close(q);
    for (size_t i = 0; i < q->num_threads; i++) {
        pthread_join(q->threads[i], NULL);
    }
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->more);
    free(q->threads);
    free(q->secret);
    free(q);
}
