/* main.c - modelassay-serve. The scan processes are forked first; then the key is loaded, then
 * threads and listeners are started. */
#include "clamd.h"
#include "http.h"
#include "listen.h"
#include "log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_FAILED = 2 };

struct listeners {
    struct http *http;
    /* NULL without --clamd. */
    struct clamd *clamd;
    struct job_queue *queue;
};

static void list_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

/* --- running ---------------------------------------------------------------------------- */

/* Waits for a signal. Also ends when no scan process is left: the service manager then restarts the
 * daemon. */
static int wait_for_end(struct scan_service *service)
{
    sigset_t set;
    struct timespec second = { .tv_sec = 1 };
    list_signals(&set);
    while (sigtimedwait(&set, NULL, &second) <= 0) {
        if (!service_is_alive(service)) {
            log_text("error", "why", "no scan process is left", NULL);
            return EXIT_FAILED;
        }
    }
    return 0;
}

/* Gives running scans time to end, until a second signal. */
static void drain_scans(struct scan_service *service)
{
    sigset_t set;
    struct timespec tick = { .tv_nsec = 50000000 };
    time_t end = time(NULL) + (time_t)service->options->grace_seconds;
    list_signals(&set);
    while (service->count.active > 0 && time(NULL) < end && sigtimedwait(&set, NULL, &tick) <= 0) {
    }
}

/* Gives requests that lost their scan process time to send a response, before the listeners close
 * their connections. */
static void drain_replies(struct scan_service *service)
{
    enum { MAX_TICKS = 150 };
    struct timespec tick = { .tv_nsec = 20000000 };
    for (int i = 0; service->count.active > 0 && i < MAX_TICKS; i++) {
        (void)nanosleep(&tick, NULL); /* an early wake-up is an early check */
    }
}

/* Every request gets a response, an error at the least. */
static void close_listeners(struct scan_service *service, struct listeners *l)
{
    log_text("closing", NULL);
    http_quiesce(l->http);
    clamd_quiesce(l->clamd);
    job_queue_close(l->queue);
    drain_scans(service);
    scheduler_close(scan_processes_scheduler(service->scan_processes));
    scan_processes_kill(service->scan_processes);
    drain_replies(service);
    http_stop(l->http);
    clamd_stop(l->clamd);
    job_queue_stop(l->queue);
    log_text("closed", NULL);
}

/* --- starting ---------------------------------------------------------------------------- */

/* The clamd protocol has no tokens: every process that can reach the socket can use it. */
static int listen_for_clamd(const char *address, char *shown, size_t cap, const char **why)
{
    bool is_local;
    if (!listen_is_local(address)) {
        *why = "only loopback and unix sockets: this protocol knows no tokens";
        return -1;
    }
    return listen_on(address, &is_local, shown, cap, why);
}

static bool open_clamd(struct scan_service *service, struct listeners *l)
{
    const char *address = service->options->clamd;
    const char *why = NULL;
    char shown[160];
    int fd = listen_for_clamd(address, shown, sizeof shown, &why);

    if (fd < 0) {
        serve_complain(0, "%s: %s", address, why);
        return false;
    }

    l->clamd = clamd_start(service, fd);
    if (l->clamd == NULL) {
        serve_complain(0, "%s: out of memory", address);
        close(fd);
        return false;
    }

    log_text("listening", "clamd", shown, NULL);
    return true;
}

static bool open_http(struct scan_service *service, struct listeners *l)
{
    const char *address = service->options->listen;
    const char *why = NULL;
    char shown[160];
    bool is_local;
    int fd = listen_on(address, &is_local, shown, sizeof shown, &why);

    if (fd < 0) {
        serve_complain(0, "%s: %s", address, why);
        return false;
    }

    l->http = http_start(service, l->queue, fd, is_local);
    if (l->http == NULL) {
        close(fd);
        return false;
    }

    log_text("listening", "address", shown, "sandbox", service->scan.sandbox, "rules",
             rules_version(service->scan.rules), NULL);
    return true;
}

static bool open_listeners(struct scan_service *service, struct listeners *l)
{
    l->queue = job_queue_start(service);
    if (l->queue == NULL) {
        return false;
    }
    if (service->options->clamd != NULL && !open_clamd(service, l)) {
        return false;
    }
    return open_http(service, l);
}

static int run_listeners(struct scan_service *service)
{
    struct listeners l = { 0 };
    if (!open_listeners(service, &l)) {
        clamd_stop(l.clamd);
        job_queue_stop(l.queue);
        return EXIT_FAILED;
    }
    int code = wait_for_end(service);
    close_listeners(service, &l);
    return code;
}

static int run_service(const struct serve_options *o, struct scan_processes *scan_processes)
{
    struct scan_service service;
    sigset_t set;
    int code = EXIT_FAILED;
    list_signals(&set);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* in all threads: wait_for_end() receives them */

    if (service_open(&service, o, scan_processes)) {
        code = run_listeners(&service);
    }
    service_close(&service);
    return code;
}

static int start_and_run(const struct serve_options *o)
{
    struct scan_processes *p = scan_processes_start(&o->scan, (size_t)o->scan_processes);
    if (p == NULL) {
        return serve_complain(EXIT_FAILED, "no process can be started");
    }
    int code = run_service(o, p);
    scan_processes_stop(p);
    return code;
}

int main(int argc, char **argv)
{
    struct serve_options o;
    bool stop;
    setenv("TZ", "UTC0", 1); /* as in modelassay: libzip's mktime() opens no file */
    tzset();

    int code = serve_options_parse(&o, argc, argv, &stop);
    if (code == 0 && !stop) {
        code = start_and_run(&o);
    }
    serve_options_done(&o);
    return code;
}
