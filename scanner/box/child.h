/* child.h - a worker process: started on a file, ended, and what became of it. */
#ifndef MA_BOX_CHILD_H
#define MA_BOX_CHILD_H
#include "../run/file.h"

#include <sys/types.h>
#include <time.h>

struct child { pid_t pid; int sock; uint64_t job; time_t deadline; };

time_t child_clock(void);                          /* monotonic, seconds */
/* Forks: the worker has the file, its end of a socket pair, its ends of belt (not NULL where it gets its blocks from
 * there), and nothing else.  False: none could be started. */
struct belt;
MUST_CHECK bool child_start(struct child *c, struct file_report *f, const struct scan_options *o, struct feed *feed, struct belt *belt, enum standing s);
/* Waits for its end, or with why (not NULL) makes one.  True when it did what it was asked to; else the reason is written. */
bool child_reap(struct child *c, const char *why, char *reason, size_t room);
#endif
