/* scan_process.c - a request is a u64 size, a u32 length of a name, a u8 "digest known", 32
 * bytes of digest and that many bytes of name, with the file's descriptor; the answer is a u64
 * length, a u8 "hashed", 32 bytes of digest, and what codec.h says. */
#include "scan_process.h"

#include "../report/codec.h"
#include "../sandbox/pool.h"
#include "../scan/file.h"
#include "../scan/amend.h"
#include "../util/io.h"
#include "../util/fdpass.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_NAME = 4096, HEAD = 45, ANSWER_HEAD = 41, NICE = 10 };
/* job: of the last request, counted on both sides */
struct helper {
    pid_t pid;
    int sock;
    uint64_t job;
};
struct scan_processes {
    size_t n;
    struct helper *at;
    struct scheduler *scheduler;
};

static void put_le(uint8_t *p, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        p[i] = (uint8_t)(v >> 8 * i);
    }
}

/* --- the helper ------------------------------------------------------------------ */

static bool send_report(int sock, const struct file_report *f, const struct scan_options *o,
                        uint64_t job)
{
    size_t n = 0;
    uint8_t head[ANSWER_HEAD], *http_reply = report_encode(f, o->rules, job, &n);
    put_le(head, n, 8);
    head[8] = f->hashed;
    memcpy(head + 9, f->sha256, 32);
    bool ok = http_reply != NULL && io_send_all(sock, head, sizeof head)
              && io_send_all(sock, http_reply, n);
    free(http_reply);
    return ok;
}

struct asked {
    uint64_t size;
    uint32_t num_name;
    uint8_t known;
    struct bytes digest;
};

static bool read_head(const uint8_t head[HEAD], struct asked *a)
{
    struct cursor c = cur_of((struct bytes){ head, HEAD }, 0);
    return cur_u64le(&c, &a->size) && cur_u32le(&c, &a->num_name) && cur_u8(&c, &a->known)
           && cur_take(&c, 32, &a->digest) && a->num_name <= MAX_NAME;
}

/* A private copy that the daemon hashed while it was written needs no second hash. */
static bool serve_request(int sock, const struct scan_options *all, int fd, const struct asked *a,
                          const char *name, uint64_t job)
{
    struct scan_options with = *all;
    const struct scan_options *o = &with;
    uint64_t size = a->size;
    with.digest = a->known != 0 ? a->digest.p : NULL;
    struct file_report f = { .path = strdup(name), .rel = strdup(name) };
    bool ok = f.path != NULL && f.rel != NULL
              && (o->scan_in_sandbox != NULL
                      ? o->scan_in_sandbox(o->sandbox_ctx, &f, o, fd, size, ORIGIN_COMMAND_LINE)
                      : scan_file(&f, o, fd, size, true))
              && send_report(sock, &f, o, job);
    file_report_done(&f);
    return ok;
}

/* The descriptor comes with the first bytes. */
static int receive_head(int sock, uint8_t head[HEAD])
{
    int fd;
    ssize_t n = fdpass_receive(sock, head, HEAD, MSG_WAITALL, &fd);
    if (n != HEAD && fd >= 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

/* Until the daemon closes its end, or is gone. */
static _Noreturn void scan_process_main(int sock, const struct scan_options *o, pid_t daemon)
{
    uint8_t head[HEAD];
    char name[MAX_NAME + 1];
    signal(SIGINT, SIG_IGN); /* the daemon decides */
    signal(SIGTERM, SIG_IGN);
    /* look-ups go before scans; without it they only wait longer */
    (void)setpriority(PRIO_PROCESS, 0, NICE);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != daemon) {
        _exit(1);
    }
    for (uint64_t job = 1;; job++) {
        struct asked a;
        int fd = receive_head(sock, head);
        if (fd < 0 || !read_head(head, &a) || !io_read_all(sock, name, a.num_name)) {
            _exit(0);
        }
        name[a.num_name] = 0;
        if (!serve_request(sock, o, fd, &a, name, job)) {
            _exit(2);
        }
        close(fd);
    }
}

/* --- the daemon ------------------------------------------------------------------- */

static bool start_one(struct scan_processes *h, const struct scan_options *o)
{
    int pair[2];
    pid_t me = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }
    pid_t pid = fork();
    if (pid == 0) {
        for (size_t i = 0; i < h->n; i++) {
            close(h->at[i].sock);
        }
        close(pair[0]);
        scan_process_main(pair[1], o, me);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return false;
    }
    h->at[h->n++] = (struct helper){ pid, pair[0], 0 };
    return true;
}

struct scan_processes *scan_processes_start(const struct scan_options *o, size_t n)
{
    struct scan_processes *h = calloc(1, sizeof *h);
    bool ok = h != NULL && (h->at = calloc(n, sizeof *h->at)) != NULL
              && (h->scheduler = scheduler_new(n)) != NULL;
    rules_warm(o->rules);
    for (size_t i = 0; ok && i < n; i++) {
        ok = start_one(h, o);
    }
    if (!ok) {
        scan_processes_stop(h);
        return NULL;
    }
    return h;
}

void scan_processes_kill(struct scan_processes *h)
{
    for (size_t i = 0; i < h->n; i++) {
        kill(h->at[i].pid, SIGKILL);
    }
}

void scan_processes_stop(struct scan_processes *h)
{
    if (h == NULL) {
        return;
    }
    for (size_t i = 0; i < h->n; i++) {
        kill(h->at[i].pid, SIGKILL);
        close(h->at[i].sock);
        while (waitpid(h->at[i].pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    scheduler_free(h->scheduler);
    free(h->at);
    free(h);
}

struct scheduler *scan_processes_scheduler(struct scan_processes *h) { return h->scheduler; }

static bool send_request(int sock, int fd, uint64_t size, const char *name, const uint8_t *digest)
{
    uint8_t head[HEAD] = { 0 };
    size_t n = strlen(name);
    put_le(head, size, 8);
    put_le(head + 8, n, 4);
    head[12] = digest != NULL;
    if (digest != NULL) {
        memcpy(head + 13, digest, 32);
    }
    return fdpass_send(sock, head, HEAD, fd) && io_send_all(sock, name, n);
}

static bool receive_report(int sock, struct file_report *f, const struct scan_options *o,
                           uint64_t job)
{
    uint8_t head[ANSWER_HEAD];
    uint64_t n = 0;
    struct cursor c = cur_of((struct bytes){ head, sizeof head }, 0);
    if (!io_read_all(sock, head, sizeof head) || !cur_u64le(&c, &n) || n < 12
        || n > BOUND_reply_bytes) {
        return false;
    }
    uint8_t *http_reply = malloc(n);
    bool ok = http_reply != NULL && io_read_all(sock, http_reply, n)
              && report_decode(f, o->rules, job, (struct bytes){ http_reply, n });
    free(http_reply);
    f->hashed = ok && head[8] == 1;
    memcpy(f->sha256, head + 9, 32);
    return ok;
}

static bool failed(struct file_report *f, struct gap g)
{
    f->hashed = false;
    return file_scan_failed(f, g);
}

/* A digest that was computed while the bytes arrived has to be the digest of what was scanned. */
static bool check_digest(struct file_report *f, const struct scan_options *o)
{
    return o->digest == NULL || (f->hashed && memcmp(o->digest, f->sha256, 32) == 0)
           || failed(f, gap_of(GAP_FILE_CHANGED));
}

bool scan_process_scan(void *request, struct file_report *f, const struct scan_options *o, int fd,
                       uint64_t size, enum origin s)
{
    const struct scan_request *h = request;
    (void)s; /* all that comes to a gate was named by somebody */
    f->size = size;
    f->complete = true;
    f->weights_only = -1;
    int i = strlen(f->path) <= MAX_NAME
                ? scheduler_enter(h->scan_processes->scheduler, h->lane, size)
                : -1;
    if (i < 0) {
        return failed(f, gap_of(GAP_WORKER_NOT_STARTED));
    }
    struct helper *helper = &h->scan_processes->at[i];
    bool ok = send_request(helper->sock, fd, size, f->path, o->digest)
              && receive_report(helper->sock, f, o, ++helper->job);
    scheduler_leave(h->scan_processes->scheduler, i, ok);
    return ok ? check_digest(f, o) : failed(f, gap_of(GAP_SCAN_PROCESS_LOST));
}
