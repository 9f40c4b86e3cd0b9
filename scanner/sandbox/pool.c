/* pool.c - one boxed process a file, and up to -j of them ahead of their turn: forked from
 * this one, or, where there are many small files, made by a zygote.
 *
 *   start   worker (worker_process.c) parses and searches | a thread of ours hashes the same file
 *   turn    its answer is read (codec.c), the thread is joined, the report is written
 *
 * Reports come in the order of the files, so answers that are early are kept until
 * their turn; they are read as they come, or a worker would wait on a full socket
 * with its clock running.  Hashing parses nothing, and is done here (task.c). */
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

#define FORKSERVER_MIN_FILES 4u /* small files */

struct worker_pool {
    size_t jobs, n;
    struct task *tasks[BOUND_jobs];
    struct worker last; /* is over, and was not waited for */
    /* files that one could have taken; NULL: none yet, or none to be had */
    unsigned small;
    struct forkserver *forkserver;
};

static bool cancelled(const struct scan_options *o)
{
    return o->cancelled != NULL && *o->cancelled != 0;
}

/* --- one turn ---------------------------------------------------------------------- */

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

static void tell_progress(struct task *t, const struct scan_options *o, uint64_t read)
{
    if (o->progress != NULL) {
        o->progress->read(o->progress->ctx, read - t->progress_reported);
        t->progress_reported = read;
    }
}

/* Until t's answer is whole or t has to go; what the others say meanwhile is kept. */
static void receive(struct task *t, struct worker_pool *pool, const struct scan_options *o)
{
    while (is_running(t)) {
        struct pollfd polls[BOUND_jobs + 1] = { { .fd = t->worker.sock, .events = POLLIN } };
        struct task *whose[BOUND_jobs + 1] = { t };
        nfds_t n = 1;
        for (size_t i = 0; pool != NULL && i < pool->n; i++) {
            if (is_running(pool->tasks[i])) {
                polls[n] = (struct pollfd){ .fd = pool->tasks[i]->worker.sock, .events = POLLIN };
                whose[n++] = pool->tasks[i];
            }
        }
        int ready = poll(polls, n, 250);
        for (nfds_t i = 0; i < n; i++) {
            poll_task(whose[i], o, ready > 0 ? polls[i].revents : 0);
        }
        tell_progress(t, o, t->threaded ? atomic_load(&t->read) : t->progress_reported);
    }
}

/* A zygote costs as much as some workers without one. */
static bool start_small(struct worker_pool *pool, struct worker *c, const struct file_report *f,
                        const struct scan_options *o, const struct file_input *input, enum origin s)
{
    if (pool != NULL && input->whole != NULL && ++pool->small == FORKSERVER_MIN_FILES) {
        pool->forkserver = forkserver_new(o, pool->jobs);
    }
    return pool != NULL && forkserver_start_worker(pool->forkserver, c, f, o, input, s);
}

static void task_begin(struct task *t, struct worker_pool *pool, struct file_report *f,
                       const struct scan_options *o, int fd, uint64_t size, enum origin s)
{
    if (task_open(t, o, fd, size)) {
        t->started =
            start_small(pool, &t->worker, f, o, &t->input, s)
            || worker_start(&t->worker, f, o, &t->input, t->has_ring ? &t->shared_ring : NULL, s);
    }
    if (t->started) {
        task_worker_started(t);
    }
}

/* For a turn that never comes. */
static void task_cancel(struct task *t)
{
    if (t->started) {
        (void)worker_reap(&t->worker, gap_of(GAP_CANCELLED)); /* nobody asks why */
    }
    task_join(t);
    task_close(t);
    free(t);
}

static void reap_later(struct worker_pool *pool, struct worker *c)
{
    worker_kill(c);
    if (pool != NULL) {
        worker_wait(&pool->last);
        pool->last = *c;
    } else {
        worker_wait(c);
    }
}

/* The digest is of what this process itself reads. */
static bool task_finish(struct task *t, struct worker_pool *pool, struct file_report *f,
                        const struct scan_options *o)
{
    struct gap g = gap_of(GAP_WORKER_NOT_STARTED);
    bool ok = false;
    if (t->started) {
        receive(t, pool, o);
        ok = t->kill_reason.code == GAP_NONE
             && report_decode(f, o->rules, t->worker.job, (struct bytes){ t->reply.p, t->reply.n });
        if (ok) {
            reap_later(pool, &t->worker);
        } else {
            g = worker_reap(&t->worker, t->kill_reason);
        }
    }
    task_join(t);
    if (t->has_ring && t->shared_ring.protocol_error) {
        g = gap_of(GAP_REPLY_INVALID);
        ok = false;
    }
    f->hashed = t->hashed && !f->state.changed; /* of which of the files that it was? */
    memcpy(f->sha256, t->sha, sizeof t->sha);
    bool hashed = t->hashed;
    enum input_error error = t->hash_error != INPUT_OK ? t->hash_error : INPUT_OUT_OF_MEMORY;
    task_close(t);
    return (ok || file_scan_failed(f, g)) && (hashed || file_add_gap(f, input_gap(error)));
}

/* --- ahead ----------------------------------------------------------------------------- */

static bool prefetch_start(void *ctx, const struct scan_options *o, const char *path, int fd,
                           uint64_t size)
{
    struct worker_pool *pool = ctx;
    struct task *t = pool->n < pool->jobs ? calloc(1, sizeof *t) : NULL;
    struct file_report f = { .size = size,
                             .complete = true,
                             .weights_only = -1,
                             .path = (char *)(size_t)path,
                             .rel = (char *)(size_t)path };
    struct stat st;
    if (t == NULL || fstat(fd, &st) != 0) {
        free(t);
        return false; /* it is scanned at its turn, then */
    }
    task_begin(t, pool, &f, o, fd, size, ORIGIN_FOLDER);
    t->st = st;
    if (!task_hash_in_thread(t)) {
        task_cancel(t);
        return false;
    }
    pool->tasks[pool->n++] = t;
    return true;
}

static void prefetch_stop(void *ctx)
{
    struct worker_pool *pool = ctx;
    while (pool->n > 0) {
        task_cancel(pool->tasks[--pool->n]);
    }
}

/* The turn that was started on this file, if the file is still what it was then. */
static struct task *take_prefetched(struct worker_pool *pool, int fd, uint64_t size)
{
    struct stat st;
    for (size_t i = 0; pool != NULL && i < pool->n; i++) {
        struct task *t = pool->tasks[i];
        if (t->fd == fd) {
            memmove(&pool->tasks[i], &pool->tasks[i + 1], (pool->n - i - 1) * sizeof t);
            pool->n--;
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
               uint64_t size, enum origin s)
{
    struct worker_pool *pool = ctx;
    struct task *t = s == ORIGIN_FOLDER ? take_prefetched(pool, fd, size) : NULL, here;
    f->size = size;
    f->complete = true;
    f->weights_only = -1;
    if (t != NULL) {
        bool ok = task_finish(t, pool, f, o);
        tell_progress(t, o, size);
        free(t);
        return ok;
    }
    task_begin(&here, pool, f, o, fd, size, s);
    if (o->progress != NULL) {
        here.done.bytes = o->progress->read;
        here.done.ctx = o->progress->ctx;
    }
    task_hash(&here); /* in this thread: nothing else is to be done */
    return task_finish(&here, pool, f, o);
}
