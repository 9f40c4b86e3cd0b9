/* forkserver.h - a process that stands in the box already and makes workers for small files, which
 * costs less than forking this one for each: they are ready before their file comes.
 *
 *   us                        zygote                           a worker
 *   "one more"  ------------> clone, as a child of ours -----> takes away what the zygote alone may do, waits
 *               <------------ its pid, its socket
 *   an order: names, bytes of the file ----------------------> reads and scans them
 *               <--------------------------------------------- its answer (codec.h)
 *
 * A worker has no descriptor but its socket.  The zygote reads nothing but "one more". */
#ifndef MA_SANDBOX_FORKSERVER_H
#define MA_SANDBOX_FORKSERVER_H
#include "worker_process.h"

#define FORKSERVER_MAX_BYTES                                                                       \
    65536u /* of a file that goes over a socket at once, with its names: nobody waits for room */

struct forkserver;
/* For files that are scanned with what *o is now; jobs: how many are at work at a time. NULL:
 * there will be none. */
struct forkserver *forkserver_new(const struct scan_options *o, size_t jobs);
/* Ends it, and the workers that stand ready.  Accepts NULL. */
void forkserver_free(struct forkserver *z);
/* As worker_start.  False: not a file for it (too large, or *o is another), or none is to be had. */
MUST_CHECK bool forkserver_start_worker(struct forkserver *z, struct worker *c,
                                        const struct file_report *f, const struct scan_options *o,
                                        const struct file_input *input, enum origin s);
#endif
