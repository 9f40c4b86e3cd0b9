#include "worker.h"

#include "../run/pass.h"
#include "sandbox.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ANSWER (UINT64_C(1) << 28)    /* bytes; no honest file comes near it */
enum { WORKER_DONE = 0, WORKER_NO_MEMORY = 2, WORKER_NO_SANDBOX = 3, WORKER_CANNOT_ANSWER = 4 };
enum { WORKER_FILE = 3, WORKER_SOCKET = 4 };  /* descriptors; the others are closed */

/* --- the worker ---------------------------------------------------------------------- */

/* Keeps the file and the socket; standard output is the parent's alone. */
static bool keep_two(int fd, int sock)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int file = fcntl(fd, F_DUPFD, 10), answer = fcntl(sock, F_DUPFD, 10);
    return null >= 0 && file >= 0 && answer >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0
        && dup2(file, WORKER_FILE) >= 0 && dup2(answer, WORKER_SOCKET) >= 0 && close_range(WORKER_SOCKET + 1, ~0u, 0) == 0;
}

static bool send_all(const uint8_t *p, size_t n)
{
    while (n > 0) {
        ssize_t w = write(WORKER_SOCKET, p, n);
        if (w <= 0) {
            return false;
        }
        p += w;
        n -= (size_t)w;
    }
    return true;
}

static _Noreturn void work(struct file_report *f, const struct scan_options *o, int fd, int sock, uint64_t size, enum standing s, uint64_t job)
{
    size_t n = 0;
    signal(SIGINT, SIG_IGN);          /* the parent decides */
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || !keep_two(fd, sock) || !sandbox_enter(size)) {
        _exit(WORKER_NO_SANDBOX);
    }
    if (!file_scan_unhashed(f, o, WORKER_FILE, size, s)) {
        _exit(WORKER_NO_MEMORY);
    }
    uint8_t *answer = wire_write(f, o->rules, job, &n);
    _exit(answer == NULL ? WORKER_NO_MEMORY : send_all(answer, n) ? WORKER_DONE : WORKER_CANNOT_ANSWER);
}

/* --- the parent ------------------------------------------------------------------------ */

struct child { pid_t pid; int sock; uint64_t job; time_t deadline; };
struct answer { uint8_t *p; size_t n, room; };

static time_t now(void)
{
    struct timespec t = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &t);      /* always there */
    return t.tv_sec;
}

static bool start(struct child *c, struct file_report *f, const struct scan_options *o, int fd, uint64_t size, enum standing s)
{
    int pair[2];
    rules_warm(o->rules);
    if (!sandbox_prepare() || getrandom(&c->job, sizeof c->job, 0) != (ssize_t)sizeof c->job || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    fflush(NULL);                                  /* nothing buffered is in the copy */
    c->pid = fork();
    if (c->pid == 0) {
        work(f, o, fd, pair[1], size, s, c->job);
    }
    close(pair[1]);
    c->sock = pair[0];
    if (c->pid < 0) {
        close(pair[0]);
    }
    c->deadline = now() + (time_t)(o->max[LIMIT_file_seconds] < 1000000000 ? o->max[LIMIT_file_seconds] : 1000000000);
    return c->pid > 0;
}

static bool cancelled(const struct scan_options *o)
{
    return o->cancelled != NULL && *o->cancelled != 0;
}

static const char *receive_some(struct child *c, struct answer *a, bool *end)
{
    if (a->n == a->room) {
        size_t room = a->room == 0 ? 65536 : a->room * 2;
        uint8_t *p = room <= MAX_ANSWER ? realloc(a->p, room) : NULL;
        if (p == NULL) {
            return "its worker's answer is too long";
        }
        a->p = p;
        a->room = room;
    }
    ssize_t got = read(c->sock, a->p + a->n, a->room - a->n);
    if (got < 0 && errno != EINTR) {
        return "its worker's answer cannot be read";
    }
    a->n += got > 0 ? (size_t)got : 0;
    *end = got == 0;
    return NULL;
}

/* Until the worker closes its end; NULL, or why it has to go. */
static const char *receive(struct child *c, const struct scan_options *o, struct answer *a)
{
    bool end = false;
    while (!end) {
        struct pollfd p = { .fd = c->sock, .events = POLLIN };
        int n = poll(&p, 1, 500);
        const char *why = n > 0 ? receive_some(c, a, &end) : NULL;
        if (why != NULL) {
            return why;
        }
        if (o->progress != NULL) {
            o->progress->read(o->progress->ctx, 0);
        }
        if (cancelled(o)) {
            return "cancelled";
        }
        if (now() > c->deadline) {
            return "limit file_seconds reached";
        }
    }
    return NULL;
}

static void describe(int status, char *reason, size_t room)
{
    if (WIFSIGNALED(status)) {
        snprintf(reason, room, "its worker was killed by signal %d (%s)", WTERMSIG(status),
                 WTERMSIG(status) == SIGSYS ? "a system call that parsers do not need" : strsignal(WTERMSIG(status)));
    } else if (WEXITSTATUS(status) == WORKER_NO_MEMORY) {
        snprintf(reason, room, "its worker ran out of memory");
    } else if (WEXITSTATUS(status) == WORKER_NO_SANDBOX) {
        snprintf(reason, room, "its worker could not close its sandbox");
    } else {
        snprintf(reason, room, "its worker ended with code %d", WEXITSTATUS(status));
    }
}

/* Ends the worker if it has not; true when it did what it was asked to. */
static bool reap(struct child *c, const char *why, char *reason, size_t room)
{
    int status = 0;
    if (why != NULL) {
        kill(c->pid, SIGKILL);
    }
    close(c->sock);
    while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (why != NULL) {
        snprintf(reason, room, "%s", why);
        return false;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == WORKER_DONE) {
        return true;
    }
    describe(status, reason, room);
    return false;
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

/* The digest is of what the parent itself reads, meanwhile. */
bool worker_scan(struct file_report *f, const struct scan_options *o, int fd, uint64_t size, enum standing s)
{
    struct child c = { 0 };
    struct answer a = { 0 };
    char reason[160] = "no worker could be started";
    uint8_t sha[32] = { 0 };
    const char *why = NULL, *hash_why = NULL;
    f->size = size;
    f->complete = true;
    f->weights_only = -1;
    bool ok = start(&c, f, o, fd, size, s);
    struct pass_done told = { o->progress != NULL ? o->progress->read : NULL, o->progress != NULL ? o->progress->ctx : NULL, o->cancelled };
    bool hashed = pass_hash(fd, size, sha, &told, &hash_why);
    if (ok) {
        why = receive(&c, o, &a);
        ok = reap(&c, why, reason, sizeof reason);
        if (ok && !wire_read(f, o->rules, c.job, (struct bytes){ a.p, a.n })) {
            snprintf(reason, sizeof reason, "its worker's answer makes no sense");
            ok = false;
        }
    }
    free(a.p);
    f->hashed = hashed;
    memcpy(f->sha256, sha, sizeof sha);
    return (ok || failed(f, o, reason)) && (hashed || file_gap(f, o, hash_why));
}
