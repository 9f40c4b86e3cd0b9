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

#define MAX_SECONDS 1000000000u /* of LIMIT_file_seconds, so that a deadline fits */
#define GRACE_MS 1000u /* for a worker to exit by itself */

/* --- the worker ---------------------------------------------------------------------- */

/* Standard output and error belong to the parent alone. */
static bool null_standard_fds(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    return null >= 0 && dup2(null, 0) >= 0 && dup2(null, 1) >= 0 && dup2(null, 2) >= 0;
}

bool worker_setup_fds(const int *fds, int n)
{
    int high[WORKER_END];
    bool ok = null_standard_fds();
    for (int i = 0; ok && i < n; i++) {
        high[i] = fcntl(fds[i], F_DUPFD, 10); /* above the numbers that the others get */
        ok = high[i] >= 0;
    }
    for (int i = 0; ok && i < n; i++) {
        ok = dup2(high[i], WORKER_FILE + i) >= 0;
    }
    return ok && close_range((unsigned)(WORKER_FILE + n), ~0u, 0) == 0;
}

/* Keeps the file, the socket and the ring; closes all other descriptors. */
static bool setup_input(const struct file_input *input, int sock, struct shared_ring *ring,
                        struct ring_consumer *consumer)
{
    int fds[] = { input->fd, sock, -1 };
    if (ring == NULL) {
        return worker_setup_fds(fds, 2);
    }
    fds[2] = ring->worker_end;
    return ring_attach(consumer, ring->fd, WORKER_RING) && worker_setup_fds(fds, 3);
}

void worker_reset_signals(void)
{
    signal(SIGINT, SIG_IGN); /* the parent decides */
    signal(SIGTERM, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
}

_Noreturn void worker_run(struct file_report *f, const struct scan_options *o,
                          const struct file_input *input, enum origin origin, uint64_t job)
{
    size_t n = 0;
    if (!file_scan_unhashed(f, o, input, origin)) {
        _exit(WORKER_NO_MEMORY);
    }
    uint8_t *reply = report_encode(f, o->rules, job, &n);
    if (reply == NULL) {
        _exit(WORKER_NO_MEMORY);
    }
    bool sent = io_write_all(WORKER_SOCKET, reply, n);
    close(WORKER_SOCKET); /* the parent goes on while this process is torn down */
    _exit(sent ? WORKER_DONE : WORKER_CANNOT_REPLY);
}

static _Noreturn void forked_worker_main(struct file_report *f, const struct scan_options *o,
                                         struct file_input *input, int sock,
                                         struct shared_ring *ring, enum origin origin, uint64_t job)
{
    struct ring_consumer consumer;
    worker_reset_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0
        || !setup_input(input, sock, ring, &consumer)) {
        _exit(WORKER_NO_SANDBOX);
    }
    input->fd = WORKER_FILE;
    input->next = ring != NULL ? ring_next : NULL;
    input->ctx = &consumer;
    if (!block_macs_ready(input->macs) || !sandbox_enter(input->size)) {
        _exit(WORKER_NO_SANDBOX);
    }
    worker_run(f, o, input, origin, job);
}

/* --- the parent ------------------------------------------------------------------------ */

void worker_prewarm(const struct scan_options *o)
{
    static bool done;
    struct text t;
    keyed_hash_init();
    rules_warm(o->rules);
    search_warm();
    /* glibc binds its own calloc when it first makes such a stream */
    if (!done && text_begin(&t)) {
        free(text_end(&t));
    }
    done = true;
}

bool worker_assign_job(struct worker *w, const struct scan_options *o)
{
    uint64_t seconds = o->max[LIMIT_file_seconds];
    seconds = seconds < MAX_SECONDS ? seconds : MAX_SECONDS;
    w->deadline = clock_seconds() + (time_t)seconds;
    return getrandom(&w->job, sizeof w->job, 0) == (ssize_t)sizeof w->job;
}

bool worker_start(struct worker *w, struct file_report *f, const struct scan_options *o,
                  struct file_input *input, struct shared_ring *ring, enum origin origin)
{
    int pair[2];
    worker_prewarm(o);
    if (!sandbox_prepare(false) || !worker_assign_job(w, o)
        || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    fflush(NULL); /* nothing buffered is in the copy */
    w->pid = fork();
    if (w->pid == 0) {
        forked_worker_main(f, o, input, pair[1], ring, origin, w->job);
    }
    close(pair[1]);
    w->sock = pair[0];
    if (w->pid < 0) {
        close(pair[0]);
    }
    return w->pid > 0;
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

/* EOF on the socket: the worker exited, or was compromised and only closed it. */
static int wait_or_kill(pid_t pid)
{
    struct timespec pause = { .tv_nsec = 1000000 };
    int status = 0;
    for (unsigned ms = 0; ms < GRACE_MS; ms++) {
        pid_t ended = waitpid(pid, &status, WNOHANG);
        if (ended == pid) {
            return status;
        }
        (void)nanosleep(&pause, NULL); /* an interrupted pause does no harm */
    }
    kill(pid, SIGKILL);
    return wait_for(pid);
}

struct gap worker_reap(struct worker *w, struct gap kill_reason)
{
    close(w->sock);
    if (kill_reason.code == GAP_NONE) {
        return gap_of_end(wait_or_kill(w->pid));
    }
    kill(w->pid, SIGKILL);
    (void)wait_for(w->pid);
    return kill_reason;
}

void worker_kill(struct worker *w)
{
    close(w->sock);
    kill(w->pid, SIGKILL);
}

void worker_wait(struct worker *w)
{
    if (w->pid > 0) {
        (void)wait_for(w->pid);
        w->pid = 0;
    }
}
