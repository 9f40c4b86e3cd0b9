/* landlock.h - takes every right on files and the network from this process. */
#ifndef MA_SANDBOX_LANDLOCK_H
#define MA_SANDBOX_LANDLOCK_H
#include "../../parsers/base/cursor.h"

/* landlock_is_available says whether the kernel has Landlock. */
bool landlock_is_available(void);
/* landlock_deny_all applies a ruleset that handles every right that the kernel knows and grants
 * none; nothing happens where the kernel has no Landlock. Returns false when it is refused. */
MUST_CHECK bool landlock_deny_all(void);
#endif
