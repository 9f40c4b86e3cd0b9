/* seccomp_filter.h - which system calls a process of the box may still make: three lists, as
 * filters of the kernel. */
#ifndef MA_SANDBOX_SECCOMP_FILTER_H
#define MA_SANDBOX_SECCOMP_FILTER_H
#include "../../parsers/base/cursor.h"

#include <stdbool.h>

enum seccomp_kind {
    SECCOMP_WORKER, /* reading, memory, threads */
    SECCOMP_FORKSERVER, /* the same, and what it takes to make workers */
    SECCOMP_DROP_FORK, /* on top of SECCOMP_FORKSERVER: takes that away again, which leaves SECCOMP_WORKER */
    NUM_SECCOMP_FILTERS
};
/* Compiles the filter; once, where it is asked for again.  False: no memory. */
MUST_CHECK bool seccomp_prepare(enum seccomp_kind which);
/* For this process and all that come of it, for good.  False: refused, or not prepared. */
MUST_CHECK bool seccomp_install(enum seccomp_kind which);
#endif
