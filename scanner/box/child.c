#include "child.h"

#include "sandbox.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
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

/* --- its parent ------------------------------------------------------------------------ */

time_t child_clock(void)
{
    struct timespec t = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &t);      /* always there */
    return t.tv_sec;
}

bool child_start(struct child *c, struct file_report *f, const struct scan_options *o, int fd, uint64_t size, enum standing s)
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
    c->deadline = child_clock() + (time_t)(o->max[LIMIT_file_seconds] < 1000000000 ? o->max[LIMIT_file_seconds] : 1000000000);
    return c->pid > 0;
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

bool child_reap(struct child *c, const char *why, char *reason, size_t room)
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
