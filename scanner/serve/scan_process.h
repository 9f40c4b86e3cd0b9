/* scan_process.h - the processes that scan for the daemon.
 *
 * They are forked before the daemon has threads, a key or connections. A scan process has one
 * thread; it hashes, and starts one sandboxed worker for each file (sandbox/pool.h). It parses
 * nothing itself.
 *
 * A report is encoded and decoded twice on its way: worker -> scan process -> daemon. This is
 * intended. The worker has parsed a hostile file, so the scan process decodes its reply as hostile
 * data, and adds the digest. The daemon has the key and the connections of all clients, so it
 * trusts a scan process no more than that: it decodes the reply again by the same codec
 * (report/codec.h), with the same checks and limits. */
#ifndef MA_SERVE_SCAN_PROCESS_H
#define MA_SERVE_SCAN_PROCESS_H
#include "../scan/scan.h"
#include "scheduler.h"

struct scan_processes;

/* scan_processes_start forks n processes. o has the options of every scan; borrowed. Returns NULL
 * on failure. */
struct scan_processes *scan_processes_start(const struct scan_options *o, size_t n);

/* scan_processes_kill ends all processes. A scan that runs becomes an incomplete file. */
void scan_processes_kill(struct scan_processes *p);

/* scan_processes_stop ends all processes and frees p, which no thread may use any more; it accepts
 * NULL. */
void scan_processes_stop(struct scan_processes *p);

/* scan_processes_scheduler returns the scheduler of the processes; borrowed. */
struct scheduler *scan_processes_scheduler(struct scan_processes *p);

/* The context of one scan. */
struct scan_request {
    /* Borrowed. */
    struct scan_processes *scan_processes;
    enum lane lane;
};

/* scan_process_scan is a value for scan_options.scan_in_sandbox; request is a struct scan_request.
 * When no scan process is left, or it ends, the file is incomplete. Returns false only when out of
 * memory. */
bool scan_process_scan(void *request, struct file_report *f, const struct scan_options *o, int fd,
                       uint64_t size, enum origin origin);
#endif
