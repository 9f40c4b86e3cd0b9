#include "listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

/* An address of TCP. */
union tcp_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* Takes over fd. Returns fd, or -1 with *why. */
static int bind_and_listen(int fd, const struct sockaddr *a, socklen_t n, const char **why)
{
    if (bind(fd, a, n) != 0 || listen(fd, BACKLOG) != 0) {
        *why = strerror(errno);
        close(fd);
        return -1;
    }
    return fd;
}

/* --- unix sockets ------------------------------------------------------------------- */

static void remove_socket(const char *path)
{
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode)) {
        unlink(path);
    }
}

static int listen_on_path(const char *path, const char **why)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    if (strlen(path) >= sizeof a.sun_path) {
        *why = "the path is too long for a socket";
        return -1;
    }
    strcpy(a.sun_path, path);

    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        *why = strerror(errno);
        return -1;
    }
    if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0) {
        *why = "another daemon listens there";
        close(fd);
        return -1;
    }

    remove_socket(path); /* a stale one: no daemon accepted the connection */
    mode_t mask = umask(0117);
    fd = bind_and_listen(fd, (struct sockaddr *)&a, sizeof a, why);
    umask(mask);
    return fd;
}

/* --- TCP ------------------------------------------------------------------------------ */

/* Reads the port after a colon, which may be NULL. */
static bool parse_port(const char *colon, in_port_t *out)
{
    char *end = NULL;
    if (colon == NULL || colon[1] < '0' || colon[1] > '9') {
        return false;
    }
    unsigned long port = strtoul(colon + 1, &end, 10);
    if (port > UINT16_MAX || *end != 0) {
        return false;
    }
    *out = htons((uint16_t)port);
    return true;
}

static bool parse_v6(const char *host, in_port_t port, union tcp_address *a)
{
    a->v6 = (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = port };
    return inet_pton(AF_INET6, host, &a->v6.sin6_addr) == 1;
}

static bool parse_v4(const char *host, in_port_t port, union tcp_address *a)
{
    a->v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = port };
    return inet_pton(AF_INET, host, &a->v4.sin_addr) == 1;
}

/* Reads "[::1]:80" or "127.0.0.1:80". */
static bool parse_address(const char *where, union tcp_address *a)
{
    char host[64];
    in_port_t port;
    const char *colon = strrchr(where, ':');
    if (!parse_port(colon, &port) || colon - where >= (ptrdiff_t)sizeof host) {
        return false;
    }
    if (where[0] != '[') {
        snprintf(host, sizeof host, "%.*s", (int)(colon - where), where);
        return parse_v4(host, port, a);
    }
    if (colon < where + 2 || colon[-1] != ']') {
        return false;
    }
    snprintf(host, sizeof host, "%.*s", (int)(colon - where) - 2, where + 1);
    return parse_v6(host, port, a);
}

static bool is_loopback(const union tcp_address *a)
{
    if (a->any.sa_family == AF_INET) {
        return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
    }
    return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

bool listen_is_local(const char *where)
{
    union tcp_address a;
    return strncmp(where, "unix:", 5) == 0 || (parse_address(where, &a) && is_loopback(&a));
}

static void format_address(int fd, char *shown, size_t cap)
{
    union tcp_address a = { 0 };
    socklen_t n = sizeof a;
    char host[64] = "";
    if (getsockname(fd, &a.any, &n) != 0) {
        return;
    }
    if (a.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof host);
        snprintf(shown, cap, "[%s]:%u", host, ntohs(a.v6.sin6_port));
    } else {
        inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof host);
        snprintf(shown, cap, "%s:%u", host, ntohs(a.v4.sin_port));
    }
}

static int listen_on_address(const union tcp_address *a, const char **why)
{
    int one = 1;
    int fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        *why = strerror(errno);
        return -1;
    }
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0) {
        *why = strerror(errno);
        close(fd);
        return -1;
    }

    socklen_t n = a->any.sa_family == AF_INET6 ? sizeof a->v6 : sizeof a->v4;
    return bind_and_listen(fd, &a->any, n, why);
}

int listen_on(const char *where, bool *is_local, char *shown, size_t cap, const char **why)
{
    union tcp_address a;
    snprintf(shown, cap, "%s", where);
    *is_local = listen_is_local(where);
    if (strncmp(where, "unix:", 5) == 0) {
        return listen_on_path(where + 5, why);
    }
    if (!parse_address(where, &a)) {
        *why = "neither NUMBER:PORT nor unix:PATH";
        return -1;
    }

    int fd = listen_on_address(&a, why);
    if (fd >= 0) {
        format_address(fd, shown, cap);
    }
    return fd;
}
