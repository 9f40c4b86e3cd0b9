#include "fdpass.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Space for a header and one descriptor, aligned as headers have to be.  Its padding holds a second
 * descriptor: the kernel may pass two. */
union control {
    struct cmsghdr header;
    char buf[CMSG_SPACE(sizeof(int))];
};

bool fdpass_send(int sock, const void *from, size_t n, int fd)
{
    union control control = { 0 };
    struct iovec part = { (void *)(uintptr_t)from, n }; /* sendmsg() does not write to it */
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    return sendmsg(sock, &m, MSG_NOSIGNAL) == (ssize_t)n;
}

/* The first descriptor of a header becomes *fd where there is none yet; the others are closed. */
static void take_descriptors(struct cmsghdr *c, int *fd)
{
    size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof *fd;
    for (size_t i = 0; i < n; i++) {
        int passed;
        memcpy(&passed, CMSG_DATA(c) + i * sizeof passed, sizeof passed);
        if (*fd < 0) {
            *fd = passed;
        } else {
            close(passed);
        }
    }
}

ssize_t fdpass_receive(int sock, void *to, size_t n, int flags, int *fd)
{
    union control control;
    struct iovec part = { to, n };
    struct msghdr m = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
    };
    ssize_t got;
    *fd = -1;
    do {
        got = recvmsg(sock, &m, flags | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    for (struct cmsghdr *c = got > 0 ? CMSG_FIRSTHDR(&m) : NULL; c != NULL;
         c = CMSG_NXTHDR(&m, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            take_descriptors(c, fd);
        }
    }
    return got;
}
