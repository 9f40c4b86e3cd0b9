/* scan_process.c - messages between the daemon and a scan process; numbers are little-endian.
 *
 *   request: u64 size of the file, u32 length of its name, u8 "the digest is known", 32 bytes of
 *            digest, the name; the descriptor of the file is passed with the first bytes
 *   reply:   u64 length of the report, u8 "the file was hashed", 32 bytes of digest, the report as
 *            report/codec.h encodes it */
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

enum {
    MAX_NAME = 4096,
    /* Bytes before the name, and before the report. */
    REQUEST_HEAD = 45,
    REPLY_HEAD = 41,
    /* Bytes of the shortest report. */
    MIN_REPORT = 12,
    /* Lower priority than the daemon, so that lookups do not wait for scans. */
    NICE = 10
};

struct scan_process {
    pid_t pid;
    int sock;
    /* Number of the last request, counted in both processes. */
    uint64_t job;
};

struct scan_processes {
    struct scan_process *all;
    size_t n;
    struct scheduler *scheduler;
};

static void put_le(uint8_t *p, uint64_t v, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        p[i] = (uint8_t)(v >> 8 * i);
    }
}

/* --- the scan process ----------------------------------------------------------------- */

static bool send_report(int sock, const struct file_report *f, const struct scan_options *o,
                        uint64_t job)
{
    size_t n = 0;
    uint8_t head[REPLY_HEAD];
    uint8_t *report = report_encode(f, o->rules, job, &n);
    if (report == NULL) {
        return false;
    }

    put_le(head, n, 8);
    head[8] = f->hashed;
    memcpy(head + 9, f->sha256, 32);
    bool ok = io_send_all(sock, head, sizeof head) && io_send_all(sock, report, n);
    free(report);
    return ok;
}

struct request {
    int fd;
    uint64_t size;
    uint8_t has_digest;
    uint8_t digest[32];
    uint32_t name_length;
    char name[MAX_NAME + 1];
};

static bool decode_head(const uint8_t head[REQUEST_HEAD], struct request *r)
{
    struct cursor c = cur_of((struct bytes){ head, REQUEST_HEAD }, 0);
    struct bytes digest;
    if (!cur_u64le(&c, &r->size) || !cur_u32le(&c, &r->name_length) || !cur_u8(&c, &r->has_digest)
        || !cur_take(&c, sizeof r->digest, &digest)) {
        return false;
    }
    memcpy(r->digest, digest.p, sizeof r->digest);
    return r->name_length <= MAX_NAME;
}

/* Waits for a request. Returns false when the daemon has closed its end, or sends anything else:
 * the scan process then exits. */
static bool receive_request(int sock, struct request *r)
{
    uint8_t head[REQUEST_HEAD];
    ssize_t n = fdpass_receive(sock, head, REQUEST_HEAD, MSG_WAITALL, &r->fd);
    if (n != REQUEST_HEAD || r->fd < 0 || !decode_head(head, r)
        || !io_read_all(sock, r->name, r->name_length)) {
        return false;
    }
    r->name[r->name_length] = 0;
    return true;
}

static bool scan_request(struct file_report *f, const struct scan_options *o,
                         const struct request *r)
{
    f->path = strdup(r->name);
    f->rel = strdup(r->name);
    if (f->path == NULL || f->rel == NULL) {
        return false;
    }
    if (o->scan_in_sandbox == NULL) {
        return scan_file(f, o, r->fd, r->size, true);
    }
    return o->scan_in_sandbox(o->sandbox_ctx, f, o, r->fd, r->size, ORIGIN_COMMAND_LINE);
}

/* A private copy that the daemon hashed while it was written is not hashed again. */
static bool serve_request(int sock, const struct scan_options *all, const struct request *r,
                          uint64_t job)
{
    struct scan_options o = *all;
    struct file_report f = { 0 };
    o.digest = r->has_digest != 0 ? r->digest : NULL;
    bool ok = scan_request(&f, &o, r) && send_report(sock, &f, &o, job);
    file_report_done(&f);
    return ok;
}

/* Runs until the daemon closes its end of the socket, or has died. */
static _Noreturn void scan_process_main(int sock, const struct scan_options *o, pid_t daemon)
{
    struct request r;
    signal(SIGINT, SIG_IGN); /* the daemon ends its scan processes */
    signal(SIGTERM, SIG_IGN);
    (void)setpriority(PRIO_PROCESS, 0, NICE); /* without it lookups only wait longer */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != daemon) {
        _exit(1);
    }

    for (uint64_t job = 1; receive_request(sock, &r); job++) {
        if (!serve_request(sock, o, &r, job)) {
            _exit(2);
        }
        close(r.fd);
    }
    _exit(0);
}

/* --- the daemon: start and stop --------------------------------------------------------- */

static bool start_process(struct scan_processes *p, const struct scan_options *o)
{
    int pair[2];
    pid_t daemon = getpid();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
        return false;
    }

    pid_t pid = fork();
    if (pid == 0) {
        for (size_t i = 0; i < p->n; i++) {
            close(p->all[i].sock);
        }
        close(pair[0]);
        scan_process_main(pair[1], o, daemon);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return false;
    }
    p->all[p->n++] = (struct scan_process){ pid, pair[0], 0 };
    return true;
}

static bool start_processes(struct scan_processes *p, const struct scan_options *o, size_t n)
{
    p->all = calloc(n, sizeof *p->all);
    p->scheduler = scheduler_new(n);
    if (p->all == NULL || p->scheduler == NULL) {
        return false;
    }

    rules_warm(o->rules);
    for (size_t i = 0; i < n; i++) {
        if (!start_process(p, o)) {
            return false;
        }
    }
    return true;
}

struct scan_processes *scan_processes_start(const struct scan_options *o, size_t n)
{
    struct scan_processes *p = calloc(1, sizeof *p);
    if (p == NULL || !start_processes(p, o, n)) {
        scan_processes_stop(p);
        return NULL;
    }
    return p;
}

void scan_processes_kill(struct scan_processes *p)
{
    for (size_t i = 0; i < p->n; i++) {
        kill(p->all[i].pid, SIGKILL);
    }
}

void scan_processes_stop(struct scan_processes *p)
{
    if (p == NULL) {
        return;
    }

    for (size_t i = 0; i < p->n; i++) {
        kill(p->all[i].pid, SIGKILL);
        close(p->all[i].sock);
        while (waitpid(p->all[i].pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }

    scheduler_free(p->scheduler);
    free(p->all);
    free(p);
}

struct scheduler *scan_processes_scheduler(struct scan_processes *p) { return p->scheduler; }

/* --- the daemon: scans -------------------------------------------------------------------- */

static bool send_request(int sock, int fd, uint64_t size, const char *name, const uint8_t *digest)
{
    uint8_t head[REQUEST_HEAD] = { 0 };
    size_t n = strlen(name);
    put_le(head, size, 8);
    put_le(head + 8, n, 4);
    head[12] = digest != NULL;
    if (digest != NULL) {
        memcpy(head + 13, digest, 32);
    }
    return fdpass_send(sock, head, REQUEST_HEAD, fd) && io_send_all(sock, name, n);
}

static bool receive_report(int sock, struct file_report *f, const struct scan_options *o,
                           uint64_t job)
{
    uint8_t head[REPLY_HEAD];
    uint64_t n = 0;
    struct cursor c = cur_of((struct bytes){ head, sizeof head }, 0);
    if (!io_read_all(sock, head, sizeof head) || !cur_u64le(&c, &n)) {
        return false;
    }
    if (n < MIN_REPORT || n > BOUND_reply_bytes) {
        return false;
    }

    uint8_t *report = malloc(n);
    bool ok = report != NULL && io_read_all(sock, report, n)
              && report_decode(f, o->rules, job, (struct bytes){ report, n });
    free(report);
    f->hashed = ok && head[8] == 1;
    memcpy(f->sha256, head + 9, 32);
    return ok;
}

/* Makes f incomplete. Returns false when out of memory. */
static bool scan_failed(struct file_report *f, enum gap_code code)
{
    f->hashed = false;
    return file_scan_failed(f, gap_of(code));
}

/* The digest that was computed while the bytes arrived must be that of the scanned file. */
static bool digest_matches(const struct file_report *f, const struct scan_options *o)
{
    return o->digest == NULL || (f->hashed && memcmp(o->digest, f->sha256, 32) == 0);
}

bool scan_process_scan(void *request, struct file_report *f, const struct scan_options *o, int fd,
                       uint64_t size, enum origin origin)
{
    const struct scan_request *r = request;
    struct scan_processes *p = r->scan_processes;
    int i = -1;
    (void)origin; /* every file is scanned as one that was named by the user */
    f->size = size;
    f->complete = true;
    f->weights_only = -1;

    if (strlen(f->path) <= MAX_NAME) {
        i = scheduler_enter(p->scheduler, r->lane, size);
    }
    if (i < 0) {
        return scan_failed(f, GAP_WORKER_NOT_STARTED);
    }

    struct scan_process *process = &p->all[i];
    bool ok = send_request(process->sock, fd, size, f->path, o->digest)
              && receive_report(process->sock, f, o, ++process->job);
    scheduler_leave(p->scheduler, i, ok);
    if (!ok) {
        return scan_failed(f, GAP_SCAN_PROCESS_LOST);
    }
    return digest_matches(f, o) || scan_failed(f, GAP_FILE_CHANGED);
}
