/* worker_process.h - a worker process: how it is started on a file, ended and reaped. */
#ifndef MA_SANDBOX_WORKER_PROCESS_H
#define MA_SANDBOX_WORKER_PROCESS_H
#include "../scan/file.h"

#include <sys/types.h>
#include <time.h>

struct worker {
    pid_t pid;
    int sock; /* the parent's end */
    uint64_t job; /* a random number that its reply has to repeat */
    time_t deadline; /* clock_seconds() */
};

/* worker_start forks a worker, which has the file, its end of a socket pair, its ends of the ring
 * (NULL where it gets no blocks), and nothing else. Returns false when none can be started. */
struct shared_ring;
MUST_CHECK bool worker_start(struct worker *w, struct file_report *f, const struct scan_options *o,
                             struct file_input *input, struct shared_ring *ring,
                             enum origin origin);
/* worker_reap ends a worker whose reply is not complete; it kills it at once if kill_reason is not
 * GAP_NONE. Returns why there is no reply: kill_reason, or how the worker exited. */
struct gap worker_reap(struct worker *w, struct gap kill_reason);
/* worker_kill ends a worker whose reply is complete, whatever it still does; worker_wait reaps
 * it, and does nothing for pid 0. A process takes as long to end as to start, so that others are
 * started between the two. */
void worker_kill(struct worker *w);
void worker_wait(struct worker *w);

/* --- shared by worker_process.c and forkserver.c ------------------------------------------- */

/* Exit codes of a worker. */
enum { WORKER_DONE = 0, WORKER_NO_MEMORY = 2, WORKER_NO_SANDBOX = 3, WORKER_CANNOT_REPLY = 4 };
/* Descriptors of a worker. All others are closed; WORKER_RING is its end of the socket pair. */
enum { WORKER_FILE = 3, WORKER_SOCKET, WORKER_RING, WORKER_END };
/* worker_prewarm makes, before the first fork, what every worker would make for itself. */
void worker_prewarm(const struct scan_options *o);
/* worker_assign_job sets the job and the deadline. Returns false when there is no random number. */
MUST_CHECK bool worker_assign_job(struct worker *w, const struct scan_options *o);
void worker_reset_signals(void);
/* worker_setup_fds makes fds[i] descriptor WORKER_FILE + i (-1: none), standard input and output
 * /dev/null, and closes all others. Returns false when one of that fails. */
MUST_CHECK bool worker_setup_fds(const int *fds, int n);
/* worker_run scans in the closed sandbox, replies on WORKER_SOCKET and exits. */
_Noreturn void worker_run(struct file_report *f, const struct scan_options *o,
                          const struct file_input *input, enum origin origin, uint64_t job);
#endif
