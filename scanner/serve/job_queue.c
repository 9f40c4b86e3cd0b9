#include "job_queue.h"

#include "../report/jsonw.h"
#include "job_webhook.h"
#include "log.h"
#include "path_allowlist.h"
#include "token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    /* Jobs in the queue. */
    MAX_WAITING = 10000,
    /* Attempts to notify a URL. */
    MAX_TRIES = 3,
    /* Bytes of the stack of a thread. */
    STACK = 262144
};

struct job {
    struct job *next;
    char *path, *name;
    /* The URL to notify, or NULL. */
    char *callback;
    enum lane lane;
};

struct job_queue {
    struct scan_service *service;
    /* Key of the signature of notifications, or NULL. */
    char *secret;
    pthread_t *threads;
    size_t num_threads;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job *first;
    /* The field that the next job is appended to. */
    struct job **end;
    size_t num_waiting;
    bool closed;
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

static bool is_closed(struct job_queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool closed = q->closed;
    pthread_mutex_unlock(&q->lock);
    return closed;
}

/* Waits 1 s after the first attempt, 4 s after the second, until the queue is closed. */
static void wait_after_try(struct job_queue *q, int attempt)
{
    enum { TICK_US = 100000, TICKS_PER_SECOND = 10 };
    int ticks = TICKS_PER_SECOND << (2 * attempt);
    for (int i = 0; i < ticks && !is_closed(q); i++) {
        usleep(TICK_US);
    }
}

static void notify(struct job_queue *q, const struct job *j, const char *body)
{
    for (int attempt = 0; attempt < MAX_TRIES; attempt++) {
        if (webhook_post(j->callback, body, q->secret)) {
            q->service->count.callbacks++;
            return;
        }
        wait_after_try(q, attempt);
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

/* Opens a file of a job. Returns -1 with *why. */
static int open_file(const struct job_queue *q, const char *path, const char **why)
{
    bool is_folder = false;
    int fd = allowlist_open(q->service->options, path, &is_folder, why);
    if (fd >= 0 && is_folder) {
        *why = "a folder";
        close(fd);
        return -1;
    }
    return fd;
}

static char *scan_copy(struct job_queue *q, const struct job *j, struct spool *copy)
{
    uint8_t sha[32];
    if (!spool_finish(copy, sha)) {
        return error_json(spool_reason(SPOOL_FAILED));
    }

    struct report *r = service_scan(q->service, copy, sha, j->name, j->lane);
    if (r == NULL) {
        return error_json("out of memory");
    }

    char *text = service_json(r);
    report_free(r);
    return text;
}

/* Scans a private copy, because the owner of the path may write to the file. Returns the report or
 * an error as JSON on the heap, or NULL. */
static char *scan_job(struct job_queue *q, const struct job *j)
{
    const char *why = NULL;
    struct stat st;
    enum spool_end end = SPOOL_FAILED;
    int fd = open_file(q, j->path, &why);
    if (fd < 0) {
        return error_json(why);
    }

    uint64_t size = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : 0;
    struct spool *copy = service_copy(q->service, fd, size, &end);
    close(fd);
    if (copy == NULL) {
        return error_json(spool_reason(end));
    }
    char *text = scan_copy(q, j, copy);
    spool_free(copy);
    return text;
}

/* Takes the first job from the list; call with the lock held and the list not empty. */
static struct job *take_first(struct job_queue *q)
{
    struct job *j = q->first;
    q->first = j->next;
    if (q->first == NULL) {
        q->end = &q->first;
    }
    q->num_waiting--;
    q->service->count.active++;
    return j;
}

/* Waits for a job. Returns NULL when the queue is closed. */
static struct job *next_job(struct job_queue *q)
{
    pthread_mutex_lock(&q->lock);
    while (q->first == NULL && !q->closed) {
        pthread_cond_wait(&q->changed, &q->lock);
    }
    struct job *j = q->closed ? NULL : take_first(q);
    pthread_mutex_unlock(&q->lock);
    return j;
}

static void *job_thread(void *ctx)
{
    struct job_queue *q = ctx;
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

static const char *text_at(const struct json *o, const char *key)
{
    return json_string(json_get(o, key));
}

/* Copies text; NULL and the empty text become default_text. */
static char *copy_text(const char *text, const char *default_text)
{
    return strdup(text != NULL && text[0] != 0 ? text : default_text);
}

static bool read_job(const struct json *o, struct job *j, const char **why)
{
    const char *path = text_at(o, "path");
    const char *callback = text_at(o, "callback");
    const char *lane = text_at(o, "lane");
    if (!json_is_object(o) || path == NULL
        || !lane_from_name(lane != NULL ? lane : "backfill", &j->lane)) {
        *why = "expected an object with path and optional name, lane, callback";
        return false;
    }

    *why = "out of memory";
    j->path = strdup(path);
    j->name = copy_text(text_at(o, "name"), path);
    if (callback != NULL) {
        j->callback = strdup(callback);
        return j->path != NULL && j->name != NULL && j->callback != NULL;
    }
    return j->path != NULL && j->name != NULL;
}

/* Takes over j. Returns false when the queue is full or closed. */
static bool append_job(struct job_queue *q, struct job *j)
{
    pthread_mutex_lock(&q->lock);
    bool ok = !q->closed && q->num_waiting < MAX_WAITING;
    if (ok) {
        *q->end = j;
        q->end = &j->next;
        q->num_waiting++;
        pthread_cond_signal(&q->changed);
    }

    pthread_mutex_unlock(&q->lock);
    if (!ok) {
        job_free(j);
    }
    return ok;
}

static bool parse_job(struct bytes body, struct job *j, const char **why)
{
    struct json *o = json_parse(body, why);
    bool ok = o != NULL && read_job(o, j, why);
    json_free(o);
    return ok;
}

static struct job *new_job(struct bytes body, const char **why)
{
    struct job *j = calloc(1, sizeof *j);
    if (j == NULL) {
        *why = "out of memory";
        return NULL;
    }
    if (!parse_job(body, j, why)) {
        job_free(j);
        return NULL;
    }
    return j;
}

unsigned job_queue_add(struct job_queue *q, struct bytes body, const char **why)
{
    struct job *j = new_job(body, why);
    if (j == NULL) {
        return 400;
    }
    if (j->callback != NULL && !webhook_is_allowed(q->service->options, j->callback)) {
        *why = "no --callback allows this address";
        job_free(j);
        return 400;
    }

    int fd = open_file(q, j->path, why);
    if (fd < 0) {
        job_free(j);
        return 404;
    }
    close(fd);
    if (!append_job(q, j)) {
        *why = "queue is full";
        return 429;
    }
    return 202;
}

static bool start_threads(struct job_queue *q)
{
    pthread_attr_t attr;
    size_t n = (size_t)q->service->options->scan_processes;

    q->threads = calloc(n, sizeof *q->threads);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    while (q->threads != NULL && q->num_threads < n
           && pthread_create(&q->threads[q->num_threads], &attr, job_thread, q) == 0) {
        q->num_threads++;
    }

    pthread_attr_destroy(&attr);
    return q->num_threads > 0;
}

static bool are_prefixes(const struct serve_options *o)
{
    for (size_t i = 0; i < o->num_callbacks; i++) {
        if (!webhook_is_prefix(o->callbacks[i])) {
            return false;
        }
    }
    return true;
}

static bool read_secret(struct job_queue *q, const char *path, const char **why)
{
    q->secret = secret_read(path, why);
    if (q->secret != NULL && q->secret[0] == 0) {
        *why = "the file of --callback-secret is empty";
        return false;
    }
    return q->secret != NULL;
}

/* Returns NULL, or why the queue cannot be used. */
static const char *start_queue(struct job_queue *q)
{
    const struct serve_options *o = q->service->options;
    const char *why = NULL;
    if (!are_prefixes(o)) {
        return "--callback takes http://HOST/ and what may follow";
    }
    if (o->secret_file != NULL && !read_secret(q, o->secret_file, &why)) {
        return why;
    }
    return start_threads(q) ? NULL : "out of memory";
}

struct job_queue *job_queue_start(struct scan_service *service)
{
    struct job_queue *q = calloc(1, sizeof *q);
    if (q == NULL) {
        serve_complain(0, "out of memory");
        return NULL;
    }

    q->service = service;
    q->end = &q->first;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->changed, NULL);
    const char *why = start_queue(q);
    if (why != NULL) {
        serve_complain(0, "%s", why);
        job_queue_stop(q);
        return NULL;
    }
    return q;
}

/* Removes all jobs; call with the lock held. Returns their number. */
static size_t drop_jobs(struct job_queue *q)
{
    size_t n = 0;
    while (q->first != NULL) {
        struct job *next = q->first->next;
        job_free(q->first);
        q->first = next;
        n++;
    }
    q->end = &q->first;
    return n;
}

void job_queue_close(struct job_queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    size_t dropped = drop_jobs(q);
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
    if (dropped > 0) {
        char n[24];
        snprintf(n, sizeof n, "%zu", dropped);
        log_text("dropped", "jobs", n, NULL);
    }
}

void job_queue_stop(struct job_queue *q)
{
    if (q == NULL) {
        return;
    }

    job_queue_close(q);
    for (size_t i = 0; i < q->num_threads; i++) {
        pthread_join(q->threads[i], NULL);
    }

    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->changed);
    free(q->threads);
    free(q->secret);
    free(q);
}
