/* lean.h - what makes a process cheap to fork many times. */
#ifndef MA_BOX_LEAN_H
#define MA_BOX_LEAN_H
#include "../../parsers/base/cursor.h"

/* For a process that forks often and does little itself.  False: it is not to go on. */
MUST_CHECK bool lean(void);
#endif
