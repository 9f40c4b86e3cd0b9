/* pool.c - a pool of sandboxed workers: one process per file, up to -j at once. They are forked
 * from this process or, where there are many small files, by the forkserver.
 *
 *   start    the worker (worker_process.c) parses and searches; a thread of this process hashes
 *   finish   its reply is decoded (report/codec.c), the thread is joined, the report is written
 *
 * Reports come in the order of the files. Replies of files that were started ahead are received
 * as they come and kept, or a worker would block on a full socket while its time runs. Hashing
 * parses nothing, and is done here (task.c). */
#include "pool.h"

#include "../scan/amend.h"
#include "task.h"
#include "../report/codec.h"
#include "forkserver.h"
#include "../util/clock.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORKSERVER_MIN_FILES 4u /* small files: a forkserver costs as much as some workers */
#define POLL_MS 250

struct worker_pool {
    size_t jobs; /* workers at a time */
    struct task *tasks[BOUND_jobs]; /* started ahead of their files */
    size_t num_tasks;
    struct worker last; /* killed, and not waited for yet; pid 0: none */
    unsigned num_small; /* files that the forkserver could have taken */
    struct forkserver *forkserver; /* NULL: none yet, or it cannot be started */
};

static bool cancelled(const struct scan_options *o)
{
    return o->cancelled != NULL && *o->cancelled != 0;
}

/* --- one task ---------------------------------------------------------------------- */

static bool is_running(const struct task *t)
{
    return t->started && !t->ended && t->kill_reason.code == GAP_NONE;
}

static struct gap stop_reason(const struct task *t, const struct scan_options *o)
{
    if (cancelled(o)) {
        return gap_of(GAP_CANCELLED);
    }
    return clock_seconds() > t->worker.deadline ? gap_limit(LIMIT_file_seconds) : gap_of(GAP_NONE);
}

static void poll_task(struct task *t, const struct scan_options *o, short events)
{
    if (events != 0) {
        t->kill_reason = reply_receive(&t->reply, t->worker.sock, &t->ended);
    }
    if (is_running(t)) {
        t->kill_reason = stop_reason(t, o);
    }
}

static void report_progress(struct task *t, const struct scan_options *o, uint64_t read)
{
    if (o->progress != NULL) {
        o->progress->read(o->progress->ctx, read - t->progress_reported);
        t->progress_reported = read;
    }
}

/* Receives until t's reply is complete or t has to be killed; what the other workers send meanwhile
 * is kept. */
static void receive(struct task *t, struct worker_pool *pool, const struct scan_options *o)
{
    while (is_running(t)) {
        struct pollfd polls[BOUND_jobs + 1] = { { .fd = t->worker.sock, .events = POLLIN } };
        struct task *tasks[BOUND_jobs + 1] = { t };
        nfds_t n = 1;
        for (size_t i = 0; pool != NULL && i < pool->num_tasks; i++) {
            struct task *other = pool->tasks[i];
            if (is_running(other)) {
                polls[n] = (struct pollfd){ .fd = other->worker.sock, .events = POLLIN };
                tasks[n++] = other;
            }
        }
        int ready = poll(polls, n, POLL_MS);
        for (nfds_t i = 0; i < n; i++) {
            poll_task(tasks[i], o, ready > 0 ? polls[i].revents : 0);
        }
        report_progress(t, o, t->threaded ? atomic_load(&t->num_hashed) : t->progress_reported);
    }
}

static bool start_by_forkserver(struct task *t, struct worker_pool *pool, struct file_report *f,
                                const struct scan_options *o, enum origin origin)
{
    if (pool == NULL) {
        return false;
    }
    if (t->input.whole != NULL && ++pool->num_small == FORKSERVER_MIN_FILES) {
        pool->forkserver = forkserver_new(o, pool->jobs);
    }
    return forkserver_start_worker(pool->forkserver, &t->worker, f, o, &t->input, origin);
}

static bool start_worker(struct task *t, struct worker_pool *pool, struct file_report *f,
                         const struct scan_options *o, enum origin origin)
{
    struct shared_ring *ring = t->has_ring ? &t->shared_ring : NULL;
    return start_by_forkserver(t, pool, f, o, origin)
           || worker_start(&t->worker, f, o, &t->input, ring, origin);
}

static void task_start(struct task *t, struct worker_pool *pool, struct file_report *f,
                       const struct scan_options *o, int fd, uint64_t size, enum origin origin)
{
    if (task_open(t, o, fd, size)) {
        t->started = start_worker(t, pool, f, o, origin);
    }
    if (t->started) {
        task_worker_started(t);
    }
}

/* Cancels a task whose result is no longer wanted. */
static void task_cancel(struct task *t)
{
    if (t->started) {
        (void)worker_reap(&t->worker, gap_of(GAP_CANCELLED)); /* its end is no part of a report */
    }
    task_join(t);
    task_close(t);
    free(t);
}

static void reap_later(struct worker_pool *pool, struct worker *w)
{
    worker_kill(w);
    if (pool != NULL) {
        worker_wait(&pool->last);
        pool->last = *w;
    } else {
        worker_wait(w);
    }
}

/* Fills f from the worker's reply; GAP_NONE, or why it cannot. */
static struct gap finish_worker(struct task *t, struct worker_pool *pool, struct file_report *f,
                                const struct scan_options *o)
{
    if (!t->started) {
        return gap_of(GAP_WORKER_NOT_STARTED);
    }
    receive(t, pool, o);
    struct bytes reply = { t->reply.p, t->reply.n };
    if (t->kill_reason.code == GAP_NONE && report_decode(f, o->rules, t->worker.job, reply)) {
        reap_later(pool, &t->worker);
        return gap_of(GAP_NONE);
    }
    return worker_reap(&t->worker, t->kill_reason);
}

/* The digest is of the bytes that this process itself read. */
static bool task_finish(struct task *t, struct worker_pool *pool, struct file_report *f,
                        const struct scan_options *o)
{
    struct gap g = finish_worker(t, pool, f, o);
    task_join(t);
    if (t->has_ring && t->shared_ring.protocol_error) {
        g = gap_of(GAP_REPLY_INVALID);
    }
    /* a file that changed while it was read has no digest: which version was hashed is unknown */
    f->hashed = t->hashed && !f->state.changed;
    memcpy(f->sha256, t->sha256, sizeof t->sha256);
    bool hashed = t->hashed;
    enum input_error error = t->hash_error != INPUT_OK ? t->hash_error : INPUT_OUT_OF_MEMORY;
    task_close(t);
    return (g.code == GAP_NONE || file_scan_failed(f, g))
           && (hashed || file_add_gap(f, input_gap(error)));
}

/* --- files that are started ahead ------------------------------------------------------ */

static bool prefetch_start(void *ctx, const struct scan_options *o, const char *path, int fd,
                           uint64_t size)
{
    struct worker_pool *pool = ctx;
    struct task *t = pool->num_tasks < pool->jobs ? calloc(1, sizeof *t) : NULL;
    char *borrowed = (char *)(uintptr_t)path; /* f is for the worker, and not freed */
    struct file_report f = {
        .size = size, .complete = true, .weights_only = -1, .path = borrowed, .rel = borrowed
    };
    struct stat st;
    if (t == NULL || fstat(fd, &st) != 0) {
        free(t);
        return false;
    }
    task_start(t, pool, &f, o, fd, size, ORIGIN_FOLDER);
    t->st = st;
    if (!task_hash_in_thread(t)) {
        task_cancel(t);
        return false;
    }
    pool->tasks[pool->num_tasks++] = t;
    return true;
}

static void prefetch_stop(void *ctx)
{
    struct worker_pool *pool = ctx;
    while (pool->num_tasks > 0) {
        task_cancel(pool->tasks[--pool->num_tasks]);
    }
}

/* The task that was started on this file, if the file has not changed since. */
static struct task *take_prefetched(struct worker_pool *pool, int fd, uint64_t size)
{
    struct stat st;
    for (size_t i = 0; pool != NULL && i < pool->num_tasks; i++) {
        struct task *t = pool->tasks[i];
        if (t->fd == fd) {
            memmove(&pool->tasks[i], &pool->tasks[i + 1], (pool->num_tasks - i - 1) * sizeof t);
            pool->num_tasks--;
            if (t->size == size && fstat(fd, &st) == 0 && file_unchanged(&t->st, &st)) {
                return t;
            }
            task_cancel(t);
            return NULL;
        }
    }
    return NULL;
}

struct worker_pool *pool_new(size_t jobs)
{
    struct worker_pool *pool = calloc(1, sizeof *pool);
    if (pool != NULL) {
        pool->jobs = jobs < BOUND_jobs ? jobs : BOUND_jobs;
    }
    return pool;
}

void pool_free(struct worker_pool *pool)
{
    if (pool != NULL) {
        prefetch_stop(pool);
        worker_wait(&pool->last);
        forkserver_free(pool->forkserver);
        free(pool);
    }
}

struct prefetcher pool_prefetcher(struct worker_pool *pool)
{
    return (struct prefetcher){ pool->jobs, prefetch_start, prefetch_stop, pool };
}

bool pool_scan(void *ctx, struct file_report *f, const struct scan_options *o, int fd,
               uint64_t size, enum origin origin)
{
    struct worker_pool *pool = ctx;
    struct task *t = origin == ORIGIN_FOLDER ? take_prefetched(pool, fd, size) : NULL;
    struct task here;
    f->size = size;
    f->complete = true;
    f->weights_only = -1;
    if (t != NULL) {
        bool ok = task_finish(t, pool, f, o);
        report_progress(t, o, size);
        free(t);
        return ok;
    }
    task_start(&here, pool, f, o, fd, size, origin);
    if (o->progress != NULL) {
        here.hooks.bytes = o->progress->read;
        here.hooks.ctx = o->progress->ctx;
    }
    task_hash(&here); /* in this thread, which has nothing else to do */
    return task_finish(&here, pool, f, o);
}
