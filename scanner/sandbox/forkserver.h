/* forkserver.h - a sandboxed process that forks workers for small files ahead of their files, which
 * costs less than forking this process for each.
 *
 *   parent                forkserver                      worker
 *   "one more" ---------> clone, as a child of parent --> drops what the forkserver alone may do,
 *              <--------- its pid, its socket             waits
 *   a job: names, bytes of the file --------------------> reads and scans them
 *              <----------------------------------------- its reply (report/codec.h)
 *
 * A worker has no descriptor but its socket. The forkserver reads nothing but "one more". */
#ifndef MA_SANDBOX_FORKSERVER_H
#define MA_SANDBOX_FORKSERVER_H
#include "worker_process.h"

/* Bytes of a file and its names that are sent at once: the socket buffers them, and nothing
 * waits. */
#define FORKSERVER_MAX_BYTES 65536u

struct forkserver;
/* forkserver_new starts a forkserver for files that are scanned with the options *o as they are
 * now. jobs: how many are scanned at a time. Returns NULL when it cannot be started. */
struct forkserver *forkserver_new(const struct scan_options *o, size_t jobs);
/* forkserver_free ends it and the workers that wait for a job. Accepts NULL. */
void forkserver_free(struct forkserver *s);
/* forkserver_start_worker is worker_start for a small file. Returns false when the file is too
 * large, the options differ, or there is no worker. */
MUST_CHECK bool forkserver_start_worker(struct forkserver *s, struct worker *w,
                                        const struct file_report *f, const struct scan_options *o,
                                        const struct file_input *input, enum origin origin);
#endif
