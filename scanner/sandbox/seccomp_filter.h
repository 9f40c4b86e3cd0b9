/* seccomp_filter.h - the system calls that a sandboxed process may make: three lists, as filters of
 * the kernel. */
#ifndef MA_SANDBOX_SECCOMP_FILTER_H
#define MA_SANDBOX_SECCOMP_FILTER_H
#include "../../parsers/base/cursor.h"

enum seccomp_kind {
    SECCOMP_WORKER, /* reading, memory, threads */
    SECCOMP_FORKSERVER, /* the same, and what it takes to make workers */
    SECCOMP_DROP_FORK, /* on top of SECCOMP_FORKSERVER: leaves what SECCOMP_WORKER allows */
    NUM_SECCOMP_FILTERS
};
/* seccomp_prepare compiles a filter, once. Returns false when out of memory. */
MUST_CHECK bool seccomp_prepare(enum seccomp_kind which);
/* seccomp_install applies a prepared filter to this process and all that it forks, for good.
 * Returns false when it is refused, or was not prepared. */
MUST_CHECK bool seccomp_install(enum seccomp_kind which);
#endif
