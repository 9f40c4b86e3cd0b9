#include "forkserver.h"

#include "cheap_fork.h"
#include "sandbox.h"
#include "../util/io.h"
#include "../util/fdpass.h"

#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORKSERVER_CONTROL = WORKER_FILE, MAX_PREFORKED = 4 };
/* then path, rel, bytes of the file */
struct job_message {
    uint64_t job, size, path_bytes, rel_bytes;
    uint32_t origin;
};
struct forkserver {
    pid_t pid;
    int control;
    size_t requested; /* workers that were asked for and have not come */
    struct scan_options options; /* as its workers know them */
};

/* --- a worker -------------------------------------------------------------------------- */

static char *read_text(uint64_t n)
{
    char *text = n < FORKSERVER_MAX_BYTES ? calloc(1, (size_t)n + 1) : NULL;
    return text != NULL && io_read_all(WORKER_SOCKET, text, (size_t)n) ? text : NULL;
}

static _Noreturn void recv_job(const struct scan_options *o)
{
    struct job_message message;
    struct file_report f = { 0 };
    struct file_input input = { .fd = -1 };
    if (!io_read_all(WORKER_SOCKET, &message, sizeof message)) {
        _exit(WORKER_DONE); /* there is no file for it any more */
    }
    f.path = read_text(message.path_bytes);
    f.rel = read_text(message.rel_bytes);
    input.size = message.size;
    uint8_t *cap = message.size <= FORKSERVER_MAX_BYTES
                       ? malloc(INPUT_HEADROOM + (size_t)message.size + 1)
                       : NULL;
    input.whole = cap != NULL ? cap + INPUT_HEADROOM : NULL;
    if (f.path == NULL || f.rel == NULL || input.whole == NULL
        || !io_read_all(WORKER_SOCKET, input.whole, (size_t)message.size)) {
        _exit(WORKER_NO_MEMORY);
    }
    worker_run(&f, o, &input, (enum origin)message.origin, message.job);
}

static _Noreturn void worker_main(const struct scan_options *o, const int pair[2])
{
    bool ok = prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && close(FORKSERVER_CONTROL) == 0
              && close(pair[1]) == 0;
    if (!ok || pair[0] != WORKER_SOCKET || !sandbox_drop_fork()) {
        _exit(WORKER_NO_SANDBOX);
    }
    recv_job(o);
}

/* --- the zygote -------------------------------------------------------------------------- */

static bool send_worker(pid_t pid, int sock)
{
    return fdpass_send(FORKSERVER_CONTROL, &pid, sizeof pid, sock);
}

/* As fork() does it, but that the worker becomes a child of our parent, who waits for it. */
static bool fork_worker(const struct scan_options *o)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        worker_main(o, pair);
    }
    bool ok = pid > 0 && send_worker(pid, pair[1]);
    close(pair[0]);
    close(pair[1]);
    return ok;
}

static _Noreturn void forkserver_main(const struct scan_options *o, int control)
{
    char more;
    worker_reset_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || !make_fork_cheap()
        || !worker_setup_fds(&control, 1) || !sandbox_enter_forkserver(FORKSERVER_MAX_BYTES)) {
        _exit(WORKER_NO_SANDBOX);
    }
    while (read(FORKSERVER_CONTROL, &more, 1) == 1 && fork_worker(o)) {
    }
    _exit(WORKER_DONE);
}

/* --- its parent --------------------------------------------------------------------------- */

static void request_worker(struct forkserver *z)
{
    z->requested += send(z->control, "", 1, MSG_NOSIGNAL) == 1;
}

struct forkserver *forkserver_new(const struct scan_options *o, size_t jobs)
{
    int pair[2];
    struct forkserver *z = malloc(sizeof *z);
    worker_prewarm(o);
    if (z == NULL || !sandbox_prepare(true)
        || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        free(z);
        return NULL;
    }
    z->requested = 0;
    z->control = pair[0];
    z->options = *o;
    fflush(NULL); /* nothing buffered is in the copy */
    z->pid = fork();
    if (z->pid == 0) {
        forkserver_main(o, pair[1]);
    }
    close(pair[1]);
    for (size_t i = 0; i < jobs && i < MAX_PREFORKED; i++) {
        request_worker(z);
    }
    return z;
}

/* The next worker that stands ready. */
static bool receive_worker(struct forkserver *z, struct worker *c)
{
    ssize_t got = fdpass_receive(z->control, &c->pid, sizeof c->pid, 0, &c->sock);
    if (got != (ssize_t)sizeof c->pid || c->sock < 0) {
        z->requested = 0; /* the forkserver has ended and makes no more */
        return false;
    }
    z->requested--;
    return true;
}

static bool send_job(const struct worker *c, const struct file_report *f,
                     const struct file_input *input, enum origin s)
{
    struct job_message message = { c->job, input->size, strlen(f->path), strlen(f->rel), s };
    struct iovec parts[] = { { &message, sizeof message },
                             { f->path, message.path_bytes },
                             { f->rel, message.rel_bytes },
                             { input->whole, (size_t)input->size } };
    struct msghdr m = { .msg_iov = parts, .msg_iovlen = sizeof parts / sizeof parts[0] };
    uint64_t all = sizeof message + message.path_bytes + message.rel_bytes + input->size;
    return all <= FORKSERVER_MAX_BYTES
           && sendmsg(c->sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)all;
}

bool forkserver_start_worker(struct forkserver *z, struct worker *c, const struct file_report *f,
                             const struct scan_options *o, const struct file_input *input,
                             enum origin s)
{
    bool fits = z != NULL && input->whole != NULL && input->size < FORKSERVER_MAX_BYTES / 2
                && strlen(f->path) + strlen(f->rel) < FORKSERVER_MAX_BYTES / 4;
    if (!fits || !scan_options_find_same(&z->options, o) || z->requested == 0
        || !receive_worker(z, c)) {
        return false;
    }
    request_worker(z);
    if (!worker_assign_job(c, o) || !send_job(c, f, input, s)) {
        (void)worker_reap(c, gap_of(GAP_CANCELLED)); /* nobody asks why */
        return false;
    }
    return true;
}

void forkserver_free(struct forkserver *z)
{
    struct worker c;
    int status;
    while (z != NULL && z->requested > 0 && receive_worker(z, &c)) {
        close(c.sock); /* which it reads as the end */
        while (waitpid(c.pid, &status, 0) < 0 && errno == EINTR) {
        }
    }
    if (z != NULL) {
        close(z->control);
        while (z->pid > 0 && waitpid(z->pid, &status, 0) < 0 && errno == EINTR) {
        }
        free(z);
    }
}
