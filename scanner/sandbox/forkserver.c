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
/* Followed by path, rel and the bytes of the file. */
struct job_message {
    uint64_t job; /* see struct worker */
    uint64_t size; /* bytes of the file */
    uint64_t path_bytes;
    uint64_t rel_bytes;
    uint32_t origin;
};
struct forkserver {
    pid_t pid;
    int control; /* socket: requests go out, workers come in */
    size_t requested; /* workers that were requested and not received */
    struct scan_options options; /* of its workers */
};

/* --- the worker -------------------------------------------------------------------------- */

static char *read_text(uint64_t n)
{
    char *text = n < FORKSERVER_MAX_BYTES ? calloc(1, (size_t)n + 1) : NULL;
    return text != NULL && io_read_all(WORKER_SOCKET, text, (size_t)n) ? text : NULL;
}

/* The bytes of the file with the search's headroom in front; NULL: too many, or no memory. */
static uint8_t *read_file_bytes(uint64_t n)
{
    uint8_t *memory = n <= FORKSERVER_MAX_BYTES ? malloc(INPUT_HEADROOM + (size_t)n + 1) : NULL;
    if (memory == NULL || !io_read_all(WORKER_SOCKET, memory + INPUT_HEADROOM, (size_t)n)) {
        return NULL;
    }
    return memory + INPUT_HEADROOM;
}

static _Noreturn void recv_job(const struct scan_options *o)
{
    struct job_message message;
    struct file_report f = { 0 };
    struct file_input input = { .fd = -1 };
    if (!io_read_all(WORKER_SOCKET, &message, sizeof message)) {
        _exit(WORKER_DONE); /* the parent has no file for it */
    }
    f.path = read_text(message.path_bytes);
    f.rel = read_text(message.rel_bytes);
    input.size = message.size;
    input.whole = read_file_bytes(message.size);
    if (f.path == NULL || f.rel == NULL || input.whole == NULL) {
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

/* --- the forkserver -------------------------------------------------------------------------- */

static bool send_worker(pid_t pid, int sock)
{
    return fdpass_send(FORKSERVER_CONTROL, &pid, sizeof pid, sock);
}

/* fork(), except that the worker becomes a child of this process's parent, which waits for it. */
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

/* --- the parent --------------------------------------------------------------------------- */

static void request_worker(struct forkserver *s)
{
    s->requested += send(s->control, "", 1, MSG_NOSIGNAL) == 1;
}

struct forkserver *forkserver_new(const struct scan_options *o, size_t jobs)
{
    int pair[2];
    struct forkserver *s = malloc(sizeof *s);
    worker_prewarm(o);
    if (s == NULL || !sandbox_prepare(true)
        || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        free(s);
        return NULL;
    }
    s->requested = 0;
    s->control = pair[0];
    s->options = *o;
    fflush(NULL); /* nothing buffered is in the copy */
    s->pid = fork();
    if (s->pid == 0) {
        forkserver_main(o, pair[1]);
    }
    close(pair[1]);
    for (size_t i = 0; i < jobs && i < MAX_PREFORKED; i++) {
        request_worker(s);
    }
    return s;
}

/* Takes a pre-forked worker. */
static bool receive_worker(struct forkserver *s, struct worker *w)
{
    ssize_t got = fdpass_receive(s->control, &w->pid, sizeof w->pid, 0, &w->sock);
    if (got != (ssize_t)sizeof w->pid || w->sock < 0) {
        s->requested = 0; /* the forkserver has ended and makes no more */
        return false;
    }
    s->requested--;
    return true;
}

static bool send_job(const struct worker *w, const struct file_report *f,
                     const struct file_input *input, enum origin origin)
{
    struct job_message message = { .job = w->job,
                                   .size = input->size,
                                   .path_bytes = strlen(f->path),
                                   .rel_bytes = strlen(f->rel),
                                   .origin = origin };
    struct iovec parts[] = { { &message, sizeof message },
                             { f->path, message.path_bytes },
                             { f->rel, message.rel_bytes },
                             { input->whole, (size_t)input->size } };
    struct msghdr m = { .msg_iov = parts, .msg_iovlen = sizeof parts / sizeof parts[0] };
    uint64_t all = sizeof message + message.path_bytes + message.rel_bytes + input->size;
    return all <= FORKSERVER_MAX_BYTES
           && sendmsg(w->sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)all;
}

static bool fits(const struct file_report *f, const struct file_input *input)
{
    return input->whole != NULL && input->size < FORKSERVER_MAX_BYTES / 2
           && strlen(f->path) + strlen(f->rel) < FORKSERVER_MAX_BYTES / 4;
}

bool forkserver_start_worker(struct forkserver *s, struct worker *w, const struct file_report *f,
                             const struct scan_options *o, const struct file_input *input,
                             enum origin origin)
{
    if (s == NULL || !fits(f, input) || !scan_options_find_same(&s->options, o)) {
        return false;
    }
    if (s->requested == 0 || !receive_worker(s, w)) {
        return false;
    }
    request_worker(s);
    if (!worker_assign_job(w, o) || !send_job(w, f, input, origin)) {
        (void)worker_reap(w, gap_of(GAP_CANCELLED)); /* its end is no part of a report */
        return false;
    }
    return true;
}

static void wait_for_exit(pid_t pid)
{
    int status;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
}

void forkserver_free(struct forkserver *s)
{
    struct worker w;
    if (s == NULL) {
        return;
    }
    while (s->requested > 0 && receive_worker(s, &w)) {
        close(w.sock); /* the worker reads that as the end */
        wait_for_exit(w.pid);
    }
    close(s->control);
    wait_for_exit(s->pid);
    free(s);
}
