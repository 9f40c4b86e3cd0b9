/* child.h - a worker process: started on a file, ended, and what became of it. */
#ifndef MA_BOX_CHILD_H
#define MA_BOX_CHILD_H
#include "../run/file.h"

#include <sys/types.h>
#include <time.h>

struct child { pid_t pid; int sock; uint64_t job; time_t deadline; };

time_t child_clock(void);                          /* monotonic, seconds */
/* Forks: the worker has fd, its end of a socket pair, and nothing else.  False: none could be started. */
MUST_CHECK bool child_start(struct child *c, struct file_report *f, const struct scan_options *o, int fd, uint64_t size, enum standing s);
/* Waits for its end, or with why (not NULL) makes one.  True when it did what it was asked to; else the reason is written. */
bool child_reap(struct child *c, const char *why, char *reason, size_t room);
#endif
