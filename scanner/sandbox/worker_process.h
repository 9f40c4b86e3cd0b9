/* worker_process.h - a worker process: started on a file, ended, and what became of it. */
#ifndef MA_SANDBOX_WORKER_PROCESS_H
#define MA_SANDBOX_WORKER_PROCESS_H
#include "../scan/file.h"

#include <sys/types.h>
#include <time.h>

struct worker {
    pid_t pid;
    int sock;
    uint64_t job;
    time_t deadline;
};

/* Forks: the worker has the file, its end of a socket pair, its ends of belt (not NULL where it
 * gets its blocks from there), and nothing else. False: none could be started. */
struct shared_ring;
MUST_CHECK bool worker_start(struct worker *c, struct file_report *f, const struct scan_options *o,
                             struct file_input *input, struct shared_ring *shared_ring,
                             enum origin s);
/* Ends a worker whose reply is not whole, at once where kill_reason is not GAP_NONE.  Returns why
 * there is no reply: kill_reason, or how the worker ended. */
struct gap worker_reap(struct worker *c, struct gap kill_reason);
/* Ends one with an answer that is whole, whatever it still does: a process takes as long to end
 * as to begin, so others begin before worker_wait() waits for it (which does nothing where there
 * is none: pid 0). */
void worker_kill(struct worker *c);
void worker_wait(struct worker *c);

/* --- what the two kinds of workers have in common (worker_process.c, forkserver.c) --- */
enum { WORKER_DONE = 0, WORKER_NO_MEMORY = 2, WORKER_NO_SANDBOX = 3, WORKER_CANNOT_REPLY = 4 };
/* Descriptors; the others are closed, and so is the memory of a belt when it is mapped. */
enum { WORKER_FILE = 3, WORKER_SOCKET, WORKER_RING, WORKER_END };
/* Before the first fork: what all workers need is made once, not in each of them. */
void worker_prewarm(const struct scan_options *o);
/* A number for its job, and when it has to be done. */
MUST_CHECK bool worker_assign_job(struct worker *c, const struct scan_options *o);
void worker_reset_signals(void);
/* fds[i] becomes WORKER_FILE + i (-1: none), standard input and output nobody's, all others are
 * closed. */
MUST_CHECK bool worker_setup_fds(const int *fds, int n);
/* Boxed: scans, answers on WORKER_SOCKET and ends. */
_Noreturn void worker_run(struct file_report *f, const struct scan_options *o,
                          const struct file_input *input, enum origin s, uint64_t job);
#endif
