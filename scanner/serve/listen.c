#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static int on_path(const char *path, const char **why)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    struct stat st;
    if (strlen(path) >= sizeof a.sun_path) {
        *why = "the path is too long for a socket";
        return -1;
    }
    strcpy(a.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0) {
        *why = "another daemon listens there";
        close(fd);
        return -1;
    }
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        unlink(path); /* nobody answered */
    }
    mode_t mask = umask(0117);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && listen(fd, BACKLOG) == 0;
    *why = ok ? NULL : strerror(errno);
    umask(mask);
    if (!ok && fd >= 0) {
        close(fd);
    }
    return ok ? fd : -1;
}

/* "[::1]:80" and "127.0.0.1:80" as addresses. */
static bool parse(const char *where, struct sockaddr_storage *a, socklen_t *n)
{
    char host[64];
    const char *colon = strrchr(where, ':');
    char *end = NULL;
    unsigned long port =
        colon != NULL && colon[1] >= '0' && colon[1] <= '9' ? strtoul(colon + 1, &end, 10) : 65536;
    bool v6 = where[0] == '[';
    if (port > 65535 || *end != 0 || colon - where >= (ptrdiff_t)sizeof host
        || (v6 && (colon < where + 2 || colon[-1] != ']'))) {
        return false;
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - where) - 2 * v6, where + v6);
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)a;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)a;
    memset(a, 0, sizeof *a);
    if (v6) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((uint16_t)port);
        *n = sizeof *six;
        return inet_pton(AF_INET6, host, &six->sin6_addr) == 1;
    }
    four->sin_family = AF_INET;
    four->sin_port = htons((uint16_t)port);
    *n = sizeof *four;
    return inet_pton(AF_INET, host, &four->sin_addr) == 1;
}

static bool loopback(const struct sockaddr_storage *a)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)a;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)a;
    return a->ss_family == AF_INET ? ntohl(four->sin_addr.s_addr) >> 24 == 127
                                   : IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

bool listen_is_local(const char *where)
{
    struct sockaddr_storage a;
    socklen_t n;
    return strncmp(where, "unix:", 5) == 0 || (parse(where, &a, &n) && loopback(&a));
}

static void show(int fd, char *shown, size_t cap)
{
    struct sockaddr_storage a = { 0 };
    socklen_t n = sizeof a;
    char host[64] = "";
    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0) {
        return;
    }
    const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)&a;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)&a;
    bool v6 = a.ss_family == AF_INET6;
    inet_ntop(a.ss_family, v6 ? (const void *)&six->sin6_addr : (const void *)&four->sin_addr, host,
              sizeof host);
    snprintf(shown, cap, v6 ? "[%s]:%u" : "%s:%u", host,
             ntohs(v6 ? six->sin6_port : four->sin_port));
}

int listen_on(const char *where, bool *is_local, char *shown, size_t cap, const char **why)
{
    struct sockaddr_storage a;
    socklen_t n;
    int one = 1;
    snprintf(shown, cap, "%s", where);
    *is_local = listen_is_local(where);
    if (strncmp(where, "unix:", 5) == 0) {
        return on_path(where + 5, why);
    }
    if (!parse(where, &a, &n)) {
        *why = "neither NUMBER:PORT nor unix:PATH";
        return -1;
    }
    int fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0
        || bind(fd, (struct sockaddr *)&a, n) != 0 || listen(fd, BACKLOG) != 0) {
        *why = strerror(errno);
        if (fd >= 0) {
            close(fd);
        }
        return -1;
    }
    show(fd, shown, cap);
    return fd;
}
