/* job_webhook.c - one POST over plain HTTP, to addresses that the operator allowed. */
#include "job_queue.h"

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

/* bytes; seconds */
enum { MAX_URL = 2048, PATIENCE = 10 };
static const char scheme[] = "http://";

bool webhook_prefix_ok(const char *prefix)
{
    return strncmp(prefix, scheme, sizeof scheme - 1) == 0
           && strchr(prefix + sizeof scheme - 1, '/') != NULL;
}

/* Only what may stand in a request line: nothing that begins another header. */
static bool plain(const char *url)
{
    for (const char *p = url; *p != 0; p++) {
        if (*p <= ' ' || *p > '~' || *p == '@') {
            return false;
        }
    }
    return strlen(url) < MAX_URL;
}

bool webhook_allowed(const struct serve_options *o, const char *url)
{
    for (size_t i = 0; plain(url) && i < o->num_callbacks; i++) {
        if (strncmp(url, o->callbacks[i], strlen(o->callbacks[i])) == 0) {
            return true;
        }
    }
    return false;
}

struct address {
    char host[256], port[8], shown[272];
    const char *path;
};

/* http://host[:port]/path; the brackets of [::1] are no part of the name. */
static bool parse(const char *url, struct address *a)
{
    const char *host = url + sizeof scheme - 1, *slash = strchr(host, '/');
    size_t n = slash != NULL ? (size_t)(slash - host) : 0;
    if (n == 0 || n >= sizeof a->host) {
        return false;
    }
    snprintf(a->shown, sizeof a->shown, "%.*s", (int)n, host);
    memcpy(a->host, a->shown, n + 1);
    a->path = slash;
    char *colon = strrchr(a->host, ':'), *bracket = strrchr(a->host, ']');
    bool port = colon != NULL && (bracket == NULL || bracket < colon);
    if (port && strlen(colon + 1) >= sizeof a->port) {
        return false;
    }
    snprintf(a->port, sizeof a->port, "%s", port ? colon + 1 : "80");
    if (port) {
        *colon = 0;
    }
    if (a->host[0] == '[' && bracket != NULL) {
        *bracket = 0;
        memmove(a->host, a->host + 1, strlen(a->host));
    }
    return true;
}

static int connect_to(const struct address *a)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
    struct timeval timeout_ms = { .tv_sec = PATIENCE };
    int fd = -1;
    if (getaddrinfo(a->host, a->port, &hints, &list) != 0) {
        return -1;
    }
    for (const struct addrinfo *i = list; fd < 0 && i != NULL; i = i->ai_next) {
        fd = socket(i->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd >= 0
            && (setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout_ms, sizeof timeout_ms) != 0
                || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout_ms, sizeof timeout_ms) != 0
                || connect(fd, i->ai_addr, i->ai_addrlen) != 0)) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(list);
    return fd;
}

static bool sign(const char *secret, const char *stamp, const char *body, char hex[65])
{
    uint8_t mac[32];
    unsigned n = 0;
    char *text = NULL;
    bool ok = asprintf(&text, "%s.%s", stamp, body) >= 0;
    ok = ok
         && HMAC(EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)text, strlen(text),
                 mac, &n)
                != NULL;
    if (ok) {
        hex_encode_into((struct bytes){ mac, 32 }, hex);
    }
    free(text);
    return ok;
}

static char *request_of(const struct address *a, const char *body, const char *secret)
{
    char *text = NULL, stamp[24], hex[65] = "", signature[128] = "";
    snprintf(stamp, sizeof stamp, "%lld", (long long)time(NULL));
    if (secret != NULL && !sign(secret, stamp, body, hex)) {
        return NULL;
    }
    if (secret != NULL) {
        snprintf(signature, sizeof signature, "X-Modelassay-Signature: sha256=%s\r\n", hex);
    }
    int n = asprintf(
        &text,
        "POST %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Type: application/json\r\n"
        "X-Modelassay-Timestamp: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
        a->path, a->shown, stamp, signature, strlen(body), body);
    return n >= 0 ? text : NULL;
}

/* "HTTP/1.1 2xx" is all that is wanted of the answer. */
static bool is_2xx(int fd)
{
    char head[13] = "";
    ssize_t n = recv(fd, head, 12, MSG_WAITALL);
    return n == 12 && strncmp(head, "HTTP/1.", 7) == 0 && head[9] == '2';
}

bool webhook_post(const char *url, const char *body, const char *secret)
{
    struct address a;
    if (!parse(url, &a)) {
        return false;
    }
    char *text = request_of(&a, body, secret);
    int fd = text != NULL ? connect_to(&a) : -1;
    bool ok = fd >= 0 && io_send_all(fd, text, strlen(text)) && is_2xx(fd);
    if (fd >= 0) {
        close(fd);
    }
    free(text);
    return ok;
}
