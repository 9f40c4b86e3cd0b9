#include "worker_process.h"

#include "../../parsers/base/keyed_hash.h"
#include "../../parsers/search/prefilter.h"
#include "shared_ring.h"
#include "sandbox.h"
#include "../report/codec.h"
#include "../util/io.h"
#include "../util/clock.h"
#include "../util/text.h"

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

#define GRACE 1000u /* ms */

/* --- the worker ---------------------------------------------------------------------- */

/* fds[i] becomes WORKER_FILE + i; none is -1.  Standard output is the parent's alone. */
bool worker_setup_fds(const int *fds, int n)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC), high[WORKER_END];
    bool ok = null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0;
    for (int i = 0; ok && i < n; i++) {
        high[i] = fcntl(fds[i], F_DUPFD, 10); /* out of the way of what others become */
        ok = high[i] >= 0;
    }
    for (int i = 0; ok && i < n; i++) {
        ok = dup2(high[i], WORKER_FILE + i) >= 0;
    }
    return ok && close_range((unsigned)(WORKER_FILE + n), ~0u, 0) == 0;
}

static bool keep_all(const struct file_input *input, int sock, struct shared_ring *shared_ring,
                     struct ring_consumer *taker)
{
    int fds[] = { input->fd, sock, shared_ring != NULL ? shared_ring->worker_end : -1 };
    return (shared_ring == NULL || ring_attach(taker, shared_ring->fd, WORKER_RING))
           && worker_setup_fds(fds, shared_ring != NULL ? 3 : 2);
}

void worker_reset_signals(void)
{
    signal(SIGINT, SIG_IGN); /* the parent decides */
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
}

_Noreturn void worker_run(struct file_report *f, const struct scan_options *o,
                          const struct file_input *input, enum origin s, uint64_t job)
{
    size_t n = 0;
    if (!file_scan_unhashed(f, o, input, s)) {
        _exit(WORKER_NO_MEMORY);
    }
    uint8_t *reply = report_encode(f, o->rules, job, &n);
    bool sent = reply != NULL && io_write_all(WORKER_SOCKET, reply, n);
    close(WORKER_SOCKET); /* the parent goes on while this memory is given back */
    _exit(reply == NULL ? WORKER_NO_MEMORY : sent ? WORKER_DONE : WORKER_CANNOT_REPLY);
}

static _Noreturn void work(struct file_report *f, const struct scan_options *o,
                           struct file_input *input, int sock, struct shared_ring *shared_ring,
                           enum origin s, uint64_t job)
{
    struct ring_consumer taker;
    worker_reset_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0
        || !keep_all(input, sock, shared_ring, &taker)) {
        _exit(WORKER_NO_SANDBOX);
    }
    input->fd = WORKER_FILE;
    input->next = shared_ring != NULL ? ring_next : NULL;
    input->ctx = &taker;
    if (!block_macs_ready(input->tags) || !sandbox_enter(input->size)) {
        _exit(WORKER_NO_SANDBOX);
    }
    worker_run(f, o, input, s, job);
}

/* --- its parent ------------------------------------------------------------------------ */

/* What all workers need is made before the first fork, not in each of them. */
void worker_prewarm(const struct scan_options *o)
{
    static bool done;
    struct text t;
    keyed_hash_init();
    rules_warm(o->rules);
    search_warm();
    /* glibc binds calloc of its own when it first makes one */
    if (!done && text_begin(&t)) {
        free(text_end(&t));
    }
    done = true;
}

bool worker_assign_job(struct worker *c, const struct scan_options *o)
{
    c->deadline = clock_seconds()
                  + (time_t)(o->max[LIMIT_file_seconds] < 1000000000 ? o->max[LIMIT_file_seconds]
                                                                     : 1000000000);
    return getrandom(&c->job, sizeof c->job, 0) == (ssize_t)sizeof c->job;
}

bool worker_start(struct worker *c, struct file_report *f, const struct scan_options *o,
                  struct file_input *input, struct shared_ring *shared_ring, enum origin s)
{
    int pair[2];
    worker_prewarm(o);
    if (!sandbox_prepare(false) || !worker_assign_job(c, o)
        || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    fflush(NULL); /* nothing buffered is in the copy */
    c->pid = fork();
    if (c->pid == 0) {
        work(f, o, input, pair[1], shared_ring, s, c->job);
    }
    close(pair[1]);
    c->sock = pair[0];
    if (c->pid < 0) {
        close(pair[0]);
    }
    return c->pid > 0;
}

/* SIGKILL is sent by the kernel when it is out of memory, or by an operator; the file causes other
 * signals. */
static struct gap gap_of_end(int status)
{
    if (WIFSIGNALED(status)) {
        int number = WTERMSIG(status);
        return gap_number(number == SIGKILL ? GAP_WORKER_KILLED : GAP_WORKER_CRASHED, number);
    }
    switch (WEXITSTATUS(status)) {
    case WORKER_DONE: return gap_of(GAP_REPLY_INVALID);
    case WORKER_NO_MEMORY: return gap_of(GAP_WORKER_OUT_OF_MEMORY);
    case WORKER_NO_SANDBOX: return gap_of(GAP_WORKER_NO_SANDBOX);
    default: return gap_number(GAP_WORKER_EXITED, WEXITSTATUS(status));
    }
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}

/* Its socket is at its end, so it has ended, too; or it was taken over, and only closed its
 * socket. */
static int see_end(pid_t pid)
{
    struct timespec pause = { .tv_nsec = 1000000 };
    int status = 0;
    for (unsigned ms = 0; ms < GRACE; ms++) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid) {
            return status;
        }
        (void)nanosleep(&pause, NULL); /* a shorter one does no harm */
    }
    kill(pid, SIGKILL);
    return wait_for(pid);
}

struct gap worker_reap(struct worker *c, struct gap kill_reason)
{
    close(c->sock);
    if (kill_reason.code == GAP_NONE) {
        return gap_of_end(see_end(c->pid));
    }
    kill(c->pid, SIGKILL);
    (void)wait_for(c->pid);
    return kill_reason;
}

void worker_kill(struct worker *c)
{
    close(c->sock);
    kill(c->pid, SIGKILL);
}

void worker_wait(struct worker *c)
{
    if (c->pid > 0) {
        (void)wait_for(c->pid);
        c->pid = 0;
    }
}
