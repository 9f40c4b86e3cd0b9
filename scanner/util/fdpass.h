/* fdpass.h - passes a file descriptor over a Unix stream socket (SCM_RIGHTS). */
#ifndef MA_UTIL_FDPASS_H
#define MA_UTIL_FDPASS_H
#include "../../parsers/base/cursor.h"

#include <sys/types.h>

/* fdpass_send() sends n bytes, n > 0, and fd with the first of them.  Returns true when the socket
 * took all of them in one call.  On failure it returns false with errno.  fd stays the caller's. */
MUST_CHECK bool fdpass_send(int sock, const void *from, size_t n, int fd);

/* fdpass_receive() receives up to n bytes by one recvmsg() with `flags`; a signal does not end it.
 * Returns their number, 0 at the end, -1 with errno on failure.  *fd is the descriptor that came
 * with them, close-on-exec and the caller's to close, or -1; it is set in every case.  Descriptors
 * past the first are closed. */
ssize_t fdpass_receive(int sock, void *to, size_t n, int flags, int *fd);
#endif
