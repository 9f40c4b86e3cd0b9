/* scan_process.h - the processes that scan for the daemon.
 *
 * Forked before there is any thread, key or connection in the daemon. A helper has one thread,
 * hashes, and starts one boxed worker a file (sandbox/pool.h); it parses nothing itself. The
 * daemon passes a descriptor and reads the answer as it would read any file. */
#ifndef MA_SERVE_SCAN_PROCESS_H
#define MA_SERVE_SCAN_PROCESS_H
#include "../scan/scan.h"
#include "scheduler.h"

struct scan_processes;
/* o is what every scan uses; borrowed, and the same for all.  NULL: no process can be had. */
struct scan_processes *scan_processes_start(const struct scan_options *o, size_t n);
/* Ends what runs; whoever waits for it gets an answer that says so. */
void scan_processes_kill(struct scan_processes *h);
/* The same, and frees; no thread may use h any more. */
void scan_processes_stop(struct scan_processes *h); /* accepts NULL */
struct scheduler *scan_processes_scheduler(struct scan_processes *h);

/* One scan that the daemon asks for. */
struct scan_request {
    struct scan_processes *scan_processes; /* borrowed */
    enum lane lane; /* of the scheduler */
};
/* scan_process_scan is scan_options.scan_in_sandbox; request is a struct scan_request. A scan
 * process that cannot be had, or ends, is an incomplete file. Returns false only when out of
 * memory. */
bool scan_process_scan(void *request, struct file_report *f, const struct scan_options *o, int fd,
                       uint64_t size, enum origin s);
#endif
