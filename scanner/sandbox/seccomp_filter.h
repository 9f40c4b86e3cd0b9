/* seccomp_filter.h - which system calls a process of the box may still make: three lists, as filters of
 * the kernel. */
#ifndef MA_SANDBOX_SECCOMP_FILTER_H
#define MA_SANDBOX_SECCOMP_FILTER_H
#include "../../parsers/base/cursor.h"

#include <stdbool.h>

enum calls {
    CALLS_WORKER, /* reading, memory, threads */
    CALLS_ZYGOTE, /* the same, and what it takes to make workers */
    CALLS_SPARE, /* on top of CALLS_ZYGOTE: takes that away again, which leaves CALLS_WORKER */
    NUM_CALLS
};
/* Compiles the filter; once, where it is asked for again.  False: no memory. */
MUST_CHECK bool calls_prepare(enum calls which);
/* For this process and all that come of it, for good.  False: refused, or not prepared. */
MUST_CHECK bool calls_close(enum calls which);
#endif
