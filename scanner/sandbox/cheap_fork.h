/* cheap_fork.h - what makes a process cheap to fork many times. */
#ifndef MA_SANDBOX_CHEAP_FORK_H
#define MA_SANDBOX_CHEAP_FORK_H
#include "../../parsers/base/cursor.h"

/* For a process that forks often and does little itself.  False: it is not to go on. */
MUST_CHECK bool make_fork_cheap(void);
#endif
