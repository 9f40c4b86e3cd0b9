#include "forkserver.h"

#include "cheap_fork.h"
#include "sandbox.h"

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

enum { ZYGOTE_CONTROL = WORKER_FILE, MAX_READY = 4 };
/* then path, rel, bytes of the file */
struct order {
    uint64_t job, size, path_bytes, rel_bytes;
    uint32_t standing;
};
struct zygote {
    pid_t pid;
    int control;
    size_t asked; /* workers that were asked for and have not come */
    struct scan_options options; /* as its workers know them */
};

/* --- a worker -------------------------------------------------------------------------- */

static bool read_all(void *to, size_t n)
{
    for (size_t got = 0; got < n;) {
        ssize_t k = read(WORKER_SOCKET, (uint8_t *)to + got, n - got);
        if (k <= 0) {
            return false;
        }
        got += (size_t)k;
    }
    return true;
}

static char *read_text(uint64_t n)
{
    char *text = n < ZYGOTE_BYTES ? calloc(1, (size_t)n + 1) : NULL;
    return text != NULL && read_all(text, (size_t)n) ? text : NULL;
}

static _Noreturn void take_order(const struct scan_options *o)
{
    struct order order;
    struct file_report f = { 0 };
    struct feed feed = { .fd = -1 };
    if (!read_all(&order, sizeof order)) {
        _exit(WORKER_DONE); /* there is no file for it any more */
    }
    f.path = read_text(order.path_bytes);
    f.rel = read_text(order.rel_bytes);
    feed.size = order.size;
    uint8_t *room = order.size <= ZYGOTE_BYTES ? malloc(FEED_ROOM + (size_t)order.size + 1) : NULL;
    feed.whole = room != NULL ? room + FEED_ROOM : NULL;
    if (f.path == NULL || f.rel == NULL || feed.whole == NULL
        || !read_all(feed.whole, (size_t)order.size)) {
        _exit(WORKER_NO_MEMORY);
    }
    child_work(&f, o, &feed, (enum standing)order.standing, order.job);
}

static _Noreturn void stand_ready(const struct scan_options *o, const int pair[2])
{
    bool ok = prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && close(ZYGOTE_CONTROL) == 0
              && close(pair[1]) == 0;
    if (!ok || pair[0] != WORKER_SOCKET || !sandbox_enter_spare()) {
        _exit(WORKER_NO_SANDBOX);
    }
    take_order(o);
}

/* --- the zygote -------------------------------------------------------------------------- */

static bool hand_over(pid_t pid, int sock)
{
    union {
        char room[CMSG_SPACE(sizeof sock)];
        struct cmsghdr align;
    } fds = { { 0 } };
    struct iovec data = { &pid, sizeof pid };
    struct msghdr m = { .msg_iov = &data,
                        .msg_iovlen = 1,
                        .msg_control = fds.room,
                        .msg_controllen = sizeof fds.room };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof sock);
    memcpy(CMSG_DATA(c), &sock, sizeof sock);
    return sendmsg(ZYGOTE_CONTROL, &m, MSG_NOSIGNAL) == (ssize_t)sizeof pid;
}

/* As fork() does it, but that the worker becomes a child of our parent, who waits for it. */
static bool make_one(const struct scan_options *o)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    pid_t pid = (pid_t)syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        stand_ready(o, pair);
    }
    bool ok = pid > 0 && hand_over(pid, pair[1]);
    close(pair[0]);
    close(pair[1]);
    return ok;
}

static _Noreturn void be_zygote(const struct scan_options *o, int control)
{
    char more;
    child_signals();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || !lean() || !child_keep(&control, 1)
        || !sandbox_enter_zygote(ZYGOTE_BYTES)) {
        _exit(WORKER_NO_SANDBOX);
    }
    while (read(ZYGOTE_CONTROL, &more, 1) == 1 && make_one(o)) {
    }
    _exit(WORKER_DONE);
}

/* --- its parent --------------------------------------------------------------------------- */

static void ask(struct zygote *z) { z->asked += send(z->control, "", 1, MSG_NOSIGNAL) == 1; }

struct zygote *zygote_new(const struct scan_options *o, size_t jobs)
{
    int pair[2];
    struct zygote *z = malloc(sizeof *z);
    child_warm(o);
    if (z == NULL || !sandbox_prepare(true)
        || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        free(z);
        return NULL;
    }
    z->asked = 0;
    z->control = pair[0];
    memcpy(&z->options, o, sizeof *o);
    fflush(NULL); /* nothing buffered is in the copy */
    z->pid = fork();
    if (z->pid == 0) {
        be_zygote(o, pair[1]);
    }
    close(pair[1]);
    for (size_t i = 0; i < jobs && i < MAX_READY; i++) {
        ask(z);
    }
    return z;
}

/* The next worker that stands ready. */
static bool take(struct zygote *z, struct child *c)
{
    union {
        char room[CMSG_SPACE(sizeof c->sock)];
        struct cmsghdr align;
    } fds = { { 0 } };
    struct iovec data = { &c->pid, sizeof c->pid };
    struct msghdr m = { .msg_iov = &data,
                        .msg_iovlen = 1,
                        .msg_control = fds.room,
                        .msg_controllen = sizeof fds.room };
    ssize_t got;
    while ((got = recvmsg(z->control, &m, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    struct cmsghdr *h = got == (ssize_t)sizeof c->pid ? CMSG_FIRSTHDR(&m) : NULL;
    if (h == NULL || h->cmsg_type != SCM_RIGHTS || h->cmsg_len != CMSG_LEN(sizeof c->sock)) {
        z->asked = 0; /* it is gone, and makes no more */
        return false;
    }
    z->asked--;
    memcpy(&c->sock, CMSG_DATA(h), sizeof c->sock);
    return true;
}

static bool give_order(const struct child *c, const struct file_report *f, const struct feed *feed,
                       enum standing s)
{
    struct order order = { c->job, feed->size, strlen(f->path), strlen(f->rel), s };
    struct iovec parts[] = { { &order, sizeof order },
                             { f->path, order.path_bytes },
                             { f->rel, order.rel_bytes },
                             { feed->whole, (size_t)feed->size } };
    struct msghdr m = { .msg_iov = parts, .msg_iovlen = sizeof parts / sizeof parts[0] };
    uint64_t all = sizeof order + order.path_bytes + order.rel_bytes + feed->size;
    return all <= ZYGOTE_BYTES && sendmsg(c->sock, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)all;
}

bool zygote_start(struct zygote *z, struct child *c, const struct file_report *f,
                  const struct scan_options *o, const struct feed *feed, enum standing s)
{
    char reason[160];
    bool fits = z != NULL && feed->whole != NULL && feed->size < ZYGOTE_BYTES / 2
                && strlen(f->path) + strlen(f->rel) < ZYGOTE_BYTES / 4;
    if (!fits || memcmp(&z->options, o, sizeof *o) != 0 || z->asked == 0 || !take(z, c)) {
        return false;
    }
    ask(z);
    if (!child_named(c, o) || !give_order(c, f, feed, s)) {
        child_reap(c, "dropped", reason, sizeof reason);
        return false;
    }
    return true;
}

void zygote_free(struct zygote *z)
{
    struct child c;
    int status;
    while (z != NULL && z->asked > 0 && take(z, &c)) {
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
