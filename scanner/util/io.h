/* io.h - whole reads and writes of a descriptor.
 *
 * Each function moves exactly n bytes and returns true.  On failure it returns false: errno says
 * why, and is 0 at the end of the data; an unknown part of the bytes was moved.  A signal does not
 * end a read or write.  The descriptor is borrowed. */
#ifndef MA_UTIL_IO_H
#define MA_UTIL_IO_H
#include "../../parsers/base/cursor.h"

MUST_CHECK bool io_read_all(int fd, void *to, size_t n);
MUST_CHECK bool io_write_all(int fd, const void *from, size_t n);
/* io_send_all() writes to a socket; a peer that closed its end is a failure, not a SIGPIPE. */
MUST_CHECK bool io_send_all(int sock, const void *from, size_t n);
#endif
