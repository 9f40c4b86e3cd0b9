/* cheap_fork.h - makes fork() cheap: trims the heap and backs RELRO pages by a memfd, so that fewer
 * page tables are copied. */
#ifndef MA_SANDBOX_CHEAP_FORK_H
#define MA_SANDBOX_CHEAP_FORK_H
#include "../../parsers/base/cursor.h"

/* make_fork_cheap is for a process that forks often and does little itself. Returns false on error;
 * the caller must exit. */
MUST_CHECK bool make_fork_cheap(void);
#endif
