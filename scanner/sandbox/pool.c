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

#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ZYGOTE_FROM 4u /* small files */

struct crew {
    size_t jobs, n;
    struct turn *turns[MAX_JOBS];
    struct child last; /* is over, and was not waited for */
    /* files that one could have taken; NULL: none yet, or none to be had */
    unsigned small;
    struct zygote *zygote;
};

static bool cancelled(const struct scan_options *o)
{
    return o->cancelled != NULL && *o->cancelled != 0;
}

/* --- one turn ---------------------------------------------------------------------- */

static bool waits_for(const struct turn *t) { return t->started && !t->ended && t->why == NULL; }

static void look_at(struct turn *t, const struct scan_options *o, short events)
{
    if (events != 0) {
        t->why = answer_receive(&t->answer, t->child.sock, &t->ended);
    }
    if (waits_for(t)) {
        t->why = cancelled(o)                        ? "cancelled"
                 : child_clock() > t->child.deadline ? "limit file_seconds reached"
                                                     : NULL;
    }
}

static void tell_progress(struct turn *t, const struct scan_options *o, uint64_t read)
{
    if (o->progress != NULL) {
        o->progress->read(o->progress->ctx, read - t->told);
        t->told = read;
    }
}

/* Until t's answer is whole or t has to go; what the others say meanwhile is kept. */
static void receive(struct turn *t, struct crew *crew, const struct scan_options *o)
{
    while (waits_for(t)) {
        struct pollfd polls[MAX_JOBS + 1] = { { .fd = t->child.sock, .events = POLLIN } };
        struct turn *whose[MAX_JOBS + 1] = { t };
        nfds_t n = 1;
        for (size_t i = 0; crew != NULL && i < crew->n; i++) {
            if (waits_for(crew->turns[i])) {
                polls[n] = (struct pollfd){ .fd = crew->turns[i]->child.sock, .events = POLLIN };
                whose[n++] = crew->turns[i];
            }
        }
        int ready = poll(polls, n, 250);
        for (nfds_t i = 0; i < n; i++) {
            look_at(whose[i], o, ready > 0 ? polls[i].revents : 0);
        }
        tell_progress(t, o, t->threaded ? atomic_load(&t->read) : t->told);
    }
}

/* A zygote costs as much as some workers without one. */
static bool start_small(struct crew *crew, struct child *c, const struct file_report *f,
                        const struct scan_options *o, const struct feed *feed, enum standing s)
{
    if (crew != NULL && feed->whole != NULL && ++crew->small == ZYGOTE_FROM) {
        crew->zygote = zygote_new(o, crew->jobs);
    }
    return crew != NULL && zygote_start(crew->zygote, c, f, o, feed, s);
}

static void begin(struct turn *t, struct crew *crew, struct file_report *f,
                  const struct scan_options *o, int fd, uint64_t size, enum standing s)
{
    if (turn_open(t, o, fd, size)) {
        t->started = start_small(crew, &t->child, f, o, &t->feed, s)
                     || child_start(&t->child, f, o, &t->feed, t->belted ? &t->belt : NULL, s);
    }
    if (t->started) {
        turn_started(t);
    }
}

/* For a turn that never comes. */
static void drop(struct turn *t)
{
    char reason[160];
    if (t->started) {
        child_reap(&t->child, "dropped", reason, sizeof reason);
    }
    turn_join(t);
    turn_close(t);
    free(t);
}

static bool failed(struct file_report *f, const struct scan_options *o, const char *reason)
{
    f->complete = false;
    f->known = f->unclaimed = false;
    if (f->format == NULL && (f->format = strdup("unknown")) == NULL) {
        return false;
    }
    f->verdict = f->verdict > VERDICT_INCOMPLETE ? f->verdict : VERDICT_INCOMPLETE;
    return file_gap(f, o, reason);
}

static void end_later(struct crew *crew, struct child *c)
{
    child_over(c);
    if (crew != NULL) {
        child_gone(&crew->last);
        crew->last = *c;
    } else {
        child_gone(c);
    }
}

/* The digest is of what this process itself reads. */
static bool finish(struct turn *t, struct crew *crew, struct file_report *f,
                   const struct scan_options *o)
{
    char reason[160] = "no worker could be started";
    bool ok = false;
    if (t->started) {
        receive(t, crew, o);
        ok = t->why == NULL
             && wire_read(f, o->rules, t->child.job, (struct bytes){ t->answer.p, t->answer.n });
        if (ok) {
            end_later(crew, &t->child);
        } else {
            child_reap(&t->child, t->why, reason, sizeof reason);
        }
    }
    turn_join(t);
    if (t->belted && t->belt.lied) {
        snprintf(reason, sizeof reason, "its worker's answer makes no sense");
        ok = false;
    }
    f->hashed = t->hashed && !f->changed; /* of which of the files that it was? */
    memcpy(f->sha256, t->sha, sizeof t->sha);
    const char *why = t->hashed ? NULL : t->hash_why != NULL ? t->hash_why : "out of memory";
    turn_close(t);
    return (ok || failed(f, o, reason)) && (why == NULL || file_gap(f, o, why));
}

/* --- ahead ----------------------------------------------------------------------------- */

static bool ahead_start(void *ctx, const struct scan_options *o, const char *path, int fd,
                        uint64_t size)
{
    struct crew *crew = ctx;
    struct turn *t = crew->n < crew->jobs ? calloc(1, sizeof *t) : NULL;
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
    begin(t, crew, &f, o, fd, size, STANDS_ALONE);
    t->st = st;
    if (!turn_hash_ahead(t)) {
        drop(t);
        return false;
    }
    crew->turns[crew->n++] = t;
    return true;
}

static void ahead_stop(void *ctx)
{
    struct crew *crew = ctx;
    while (crew->n > 0) {
        drop(crew->turns[--crew->n]);
    }
}

/* The turn that was started on this file, if the file is still what it was then. */
static struct turn *claim(struct crew *crew, int fd, uint64_t size)
{
    struct stat st;
    for (size_t i = 0; crew != NULL && i < crew->n; i++) {
        struct turn *t = crew->turns[i];
        if (t->fd == fd) {
            memmove(&crew->turns[i], &crew->turns[i + 1], (crew->n - i - 1) * sizeof t);
            crew->n--;
            if (t->size == size && fstat(fd, &st) == 0 && file_unchanged(&t->st, &st)) {
                return t;
            }
            drop(t);
            return NULL;
        }
    }
    return NULL;
}

bool worker_ahead(struct ahead *a, size_t jobs)
{
    struct crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL) {
        return false;
    }
    crew->jobs = jobs < MAX_JOBS ? jobs : MAX_JOBS;
    *a = (struct ahead){ crew->jobs, ahead_start, ahead_stop, crew };
    return true;
}

void worker_ahead_done(struct ahead *a)
{
    if (a->ctx != NULL) {
        struct crew *crew = a->ctx;
        ahead_stop(crew);
        child_gone(&crew->last);
        zygote_free(crew->zygote);
        free(crew);
        a->ctx = NULL;
    }
}

bool worker_scan(struct file_report *f, const struct scan_options *o, int fd, uint64_t size,
                 enum standing s)
{
    struct crew *crew = o->ahead != NULL ? o->ahead->ctx : NULL;
    struct turn *t = s == STANDS_ALONE ? claim(crew, fd, size) : NULL, here;
    f->size = size;
    f->complete = true;
    f->weights_only = -1;
    if (t != NULL) {
        bool ok = finish(t, crew, f, o);
        tell_progress(t, o, size);
        free(t);
        return ok;
    }
    begin(&here, crew, f, o, fd, size, s);
    if (o->progress != NULL) {
        here.done.bytes = o->progress->read;
        here.done.ctx = o->progress->ctx;
    }
    turn_hash(&here); /* in this thread: nothing else is to be done */
    return finish(&here, crew, f, o);
}
