#include "job_webhook.h"

#include "../util/io.h"
#include "../util/hex.h"

#include <netdb.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_URL_BYTES = 2048, TIMEOUT_SECONDS = 10 };
static const char scheme[] = "http://";
enum { SCHEME_LENGTH = sizeof scheme - 1 };

bool webhook_is_prefix(const char *prefix)
{
    return strncmp(prefix, scheme, SCHEME_LENGTH) == 0
           && strchr(prefix + SCHEME_LENGTH, '/') != NULL;
}

/* Has the URL only characters of a request line, none of which can begin another header? */
static bool is_plain_url(const char *url)
{
    for (const char *p = url; *p != 0; p++) {
        if (*p <= ' ' || *p > '~' || *p == '@') {
            return false;
        }
    }
    return strlen(url) < MAX_URL_BYTES;
}

bool webhook_is_allowed(const struct serve_options *o, const char *url)
{
    if (!is_plain_url(url)) {
        return false;
    }
    for (size_t i = 0; i < o->num_callbacks; i++) {
        if (strncmp(url, o->callbacks[i], strlen(o->callbacks[i])) == 0) {
            return true;
        }
    }
    return false;
}

/* --- addresses -------------------------------------------------------------------------- */

struct address {
    char host[256], port[8];
    /* The value of the header Host. */
    char host_header[272];
    /* Path and query; borrowed. */
    const char *path;
};

/* Splits a->host, "host:port" or "[::1]:port", into host and port. */
static bool split_port(struct address *a)
{
    char *colon = strrchr(a->host, ':');
    char *bracket = strrchr(a->host, ']');
    bool has_port = colon != NULL && (bracket == NULL || bracket < colon);
    if (has_port && strlen(colon + 1) >= sizeof a->port) {
        return false;
    }

    snprintf(a->port, sizeof a->port, "%s", has_port ? colon + 1 : "80");
    if (has_port) {
        *colon = 0;
    }
    if (a->host[0] == '[' && bracket != NULL) {
        *bracket = 0;
        memmove(a->host, a->host + 1, strlen(a->host));
    }
    return true;
}

/* Reads http://host[:port]/path. */
static bool parse_url(const char *url, struct address *a)
{
    const char *host = url + SCHEME_LENGTH;
    const char *slash = strchr(host, '/');
    size_t n = slash != NULL ? (size_t)(slash - host) : 0;
    if (n == 0 || n >= sizeof a->host) {
        return false;
    }
    snprintf(a->host_header, sizeof a->host_header, "%.*s", (int)n, host);
    memcpy(a->host, a->host_header, n + 1);
    a->path = slash;
    return split_port(a);
}

static bool set_timeouts(int fd)
{
    struct timeval timeout = { .tv_sec = TIMEOUT_SECONDS };
    return setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout) == 0
           && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout) == 0;
}

static int connect_address(const struct addrinfo *a)
{
    int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    if (!set_timeouts(fd) || connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static int connect_host(const struct address *a)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    struct addrinfo *list = NULL;
    int fd = -1;

    if (getaddrinfo(a->host, a->port, &hints, &list) != 0) {
        return -1;
    }

    for (const struct addrinfo *i = list; fd < 0 && i != NULL; i = i->ai_next) {
        fd = connect_address(i);
    }

    freeaddrinfo(list);
    return fd;
}

/* --- requests --------------------------------------------------------------------------- */

static bool sign_body(const char *secret, const char *timestamp, const char *body, char hex[65])
{
    uint8_t mac[32];
    unsigned n = 0;
    char *text = NULL;
    if (asprintf(&text, "%s.%s", timestamp, body) < 0) {
        return false;
    }

    struct bytes message = bytes_of(text);
    bool ok =
        HMAC(EVP_sha256(), secret, (int)strlen(secret), message.p, message.n, mac, &n) != NULL;
    free(text);
    if (ok) {
        hex_encode_into((struct bytes){ mac, 32 }, hex);
    }
    return ok;
}

/* Heap; NULL when out of memory. */
static char *write_request(const struct address *a, const char *body, const char *secret)
{
    char *text = NULL;
    char stamp[24];
    char hex[65] = "";
    char signature[128] = "";
    snprintf(stamp, sizeof stamp, "%lld", (long long)time(NULL));
    if (secret != NULL) {
        if (!sign_body(secret, stamp, body, hex)) {
            return NULL;
        }
        snprintf(signature, sizeof signature, "X-Modelassay-Signature: sha256=%s\r\n", hex);
    }

    int n = asprintf(
        &text,
        "POST %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Type: application/json\r\n"
        "X-Modelassay-Timestamp: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
        a->path, a->host_header, stamp, signature, strlen(body), body);
    return n >= 0 ? text : NULL;
}

/* Reads the begin of the response, "HTTP/1.1 2xx"; the rest is not needed. */
static bool is_2xx(int fd)
{
    char head[13] = "";
    ssize_t n = recv(fd, head, 12, MSG_WAITALL);
    return n == 12 && strncmp(head, "HTTP/1.", 7) == 0 && head[9] == '2';
}

bool webhook_post(const char *url, const char *body, const char *secret)
{
    struct address a;
    if (!parse_url(url, &a)) {
        return false;
    }
    char *text = write_request(&a, body, secret);
    if (text == NULL) {
        return false;
    }

    int fd = connect_host(&a);
    bool ok = fd >= 0 && io_send_all(fd, text, strlen(text)) && is_2xx(fd);
    if (fd >= 0) {
        close(fd);
    }
    free(text);
    return ok;
}
