/* main.c - modelassay-serve: helpers first, then the key, then threads and the network. */
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

enum { EXIT_BAD = 2 };

static void wanted(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

static bool scan_processes_alive(struct scan_service *g)
{
    size_t waiting[NUM_LANES], busy, alive;
    scheduler_count(scan_processes_scheduler(g->scan_processes), waiting, &busy, &alive);
    return alive > 0;
}

/* Until somebody says so, or no helper is left: then whoever started us starts us again. */
static int serve(struct scan_service *g)
{
    sigset_t set;
    struct timespec second = { .tv_sec = 1 };
    wanted(&set);
    for (;;) {
        int number = sigtimedwait(&set, NULL, &second);
        if (number > 0) {
            return 0;
        }
        if (!scan_processes_alive(g)) {
            log_text("error", "why", "no helper is left", NULL);
            return EXIT_BAD;
        }
    }
}

/* What is under way may end; a second signal ends it now. */
static void drain_scans(struct scan_service *g)
{
    sigset_t set;
    struct timespec tick = { .tv_nsec = 50000000 };
    time_t end = time(NULL) + (time_t)g->options->grace_seconds;
    wanted(&set);
    while (g->count.active > 0 && time(NULL) < end && sigtimedwait(&set, NULL, &tick) <= 0) {
    }
}

/* Those who lost their helper are told so; stopping a door would cut them off. */
static void drain_replies(struct scan_service *g)
{
    struct timespec tick = { .tv_nsec = 20000000 };
    for (int i = 0; g->count.active > 0 && i < 150; i++) {
        (void)nanosleep(&tick, NULL); /* woken early: looks early */
    }
}

struct listeners {
    struct http *http;
    struct clamd *clamd;
    struct enqueue *queue;
};

/* What came in is answered, or told that it will not be. */
static void close_listeners(struct scan_service *g, struct listeners *d)
{
    log_text("closing", NULL);
    http_quiesce(d->http);
    clamd_quiesce(d->clamd);
    job_queue_close(d->queue);
    drain_scans(g);
    scheduler_close(scan_processes_scheduler(g->scan_processes));
    scan_processes_kill(g->scan_processes);
    drain_replies(g);
    http_stop(d->http);
    clamd_stop(d->clamd);
    job_queue_stop(d->queue);
    log_text("closed", NULL);
}

/* clamd's protocol knows no tokens: whoever can reach it can use it. */
static bool open_clamd(struct scan_service *g, struct listeners *d)
{
    char shown[160];
    const char *why = "only loopback and unix sockets: this protocol knows no tokens";
    bool is_local;
    int fd = listen_is_local(g->options->clamd)
                 ? listen_on(g->options->clamd, &is_local, shown, sizeof shown, &why)
                 : -1;
    d->clamd = fd >= 0 ? clamd_start(g, fd) : NULL;
    if (d->clamd == NULL) {
        serve_complain(0, "%s: %s", g->options->clamd, fd >= 0 ? "out of memory" : why);
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    log_text("listening", "clamd", shown, NULL);
    return true;
}

static bool open_http(struct scan_service *g, struct listeners *d)
{
    char shown[160];
    const char *why = NULL;
    bool is_local;
    int fd = listen_on(g->options->listen, &is_local, shown, sizeof shown, &why);
    if (fd < 0) {
        serve_complain(0, "%s: %s", g->options->listen, why);
        return false;
    }
    d->http = http_start(g, d->queue, fd, is_local);
    if (d->http == NULL) {
        close(fd);
        return false;
    }
    log_text("listening", "address", shown, "sandbox", g->scan.sandbox, "rules",
             rules_version(g->scan.rules), NULL);
    return true;
}

static int run_listeners(struct scan_service *g)
{
    struct listeners d = { NULL, NULL, job_queue_start(g) };
    if (d.queue == NULL || (g->options->clamd != NULL && !open_clamd(g, &d)) || !open_http(g, &d)) {
        clamd_stop(d.clamd);
        job_queue_stop(d.queue);
        return EXIT_BAD;
    }
    int code = serve(g);
    close_listeners(g, &d);
    return code;
}

static int with_scan_processes(const struct serve_options *o, struct scan_processes *scan_processes)
{
    struct scan_service g;
    sigset_t set;
    wanted(&set);
    signal(SIGPIPE, SIG_IGN);
    pthread_sigmask(SIG_BLOCK, &set, NULL); /* for all threads: serve() takes them */
    int code = service_open(&g, o, scan_processes) ? run_listeners(&g) : EXIT_BAD;
    service_close(&g);
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
        struct scan_processes *scan_processes =
            scan_processes_start(&o.scan, (size_t)o.scan_processes);
        code = scan_processes == NULL ? serve_complain(EXIT_BAD, "no process can be started")
                                      : with_scan_processes(&o, scan_processes);
        scan_processes_stop(scan_processes);
    }
    serve_options_done(&o);
    return code;
}
