#include "io.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

bool io_read_all(int fd, void *to, size_t n)
{
    uint8_t *p = to;
    while (n > 0) {
        errno = 0;
        ssize_t got = read(fd, p, n);
        if (got > 0) {
            p += got;
            n -= (size_t)got;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool write_or_send(int fd, const uint8_t *p, size_t n, bool is_socket)
{
    while (n > 0) {
        errno = 0;
        ssize_t put = is_socket ? send(fd, p, n, MSG_NOSIGNAL) : write(fd, p, n);
        if (put > 0) {
            p += put;
            n -= (size_t)put;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

bool io_write_all(int fd, const void *from, size_t n) { return write_or_send(fd, from, n, false); }

bool io_send_all(int sock, const void *from, size_t n)
{
    return write_or_send(sock, from, n, true);
}
