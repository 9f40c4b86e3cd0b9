/* clamd_scan.c - what clamd's clients send or name, scanned and answered. */
#include "clamd_session.h"

#include "../report/escape.h"
#include "path_allowlist.h"

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* levels */
enum { MAX_FOLDERS = 64 };

/* --- scans ---------------------------------------------------------------------------- */

/* Why a report is no OK, in a few words. */
static const char *reason(const struct report *r)
{
    if (r->num_files > 0 && r->files[0].num_gaps > 0) {
        return r->files[0].gaps[0].reason;
    }
    return r->num_gaps > 0 ? r->gaps[0].reason : "not read whole";
}

static bool reply_report(struct session *s, const char *name, const struct report *r)
{
    const struct finding *worst = service_worst(r);
    char *why = escape_printable(bytes_of(reason(r)), 512);
    bool ok = why != NULL;
    if (ok && report_to_http_status(r).accepted) {
        ok = session_reply(s, "%s: OK", name);
    } else if (ok && worst != NULL && worst->rule->severity >= r->fail_on) {
        s->found = true;
        ok = session_reply(s, "%s: MA.%s FOUND", name, worst->rule->id);
    } else if (ok) {
        ok = session_reply(s, "%s: %s ERROR", name, why);
    }
    free(why);
    return ok;
}

/* Takes over copy; name as the client knows it, for rules and for the reply. */
static bool scan_copy(struct session *s, struct spool *copy, enum spool_end end, const char *name,
                      const char *shown)
{
    uint8_t sha[32];
    s->service->count.clamd++;
    struct report *r = copy != NULL && spool_finish(copy, sha)
                           ? service_scan(s->service, copy, sha, name, LANE_INTERACTIVE)
                           : NULL;
    bool ok = r != NULL ? reply_report(s, shown, r)
                        : session_reply(s, "%s: %s ERROR", shown,
                                        copy == NULL ? spool_reason(end) : "out of memory");
    report_free(r);
    spool_free(copy);
    return ok;
}

/* A chunk is a u32 length, most significant byte first, and that many bytes; 0 ends the stream. */
static bool read_length(struct session *s, uint32_t *n)
{
    uint8_t b;
    *n = 0;
    for (int i = 0; i < 4; i++) {
        if (!session_take_byte(s, &b)) {
            return false;
        }
        *n = *n << 8 | b;
    }
    return true;
}

static bool read_chunk(struct session *s, uint32_t n, struct spool *copy, enum spool_end *end)
{
    while (n > 0) {
        if (s->at == s->n && !session_fill(s)) {
            return false;
        }
        size_t some = s->n - s->at < n ? s->n - s->at : n;
        if (*end == SPOOL_OK) {
            *end = spool_write(copy, s->buf + s->at, some);
        }
        s->at += some;
        n -= (uint32_t)some;
        if (*end != SPOOL_OK) {
            return false;
        }
    }
    return true;
}

/* A socket that is closed with bytes unread takes the last reply with it: so they are read, for
 * a while. */
static void drain(struct session *s)
{
    struct pollfd p = { .fd = s->fd, .events = POLLIN };
    shutdown(s->fd, SHUT_WR);
    for (unsigned i = 0;
         i < 4096 && poll(&p, 1, 1000) > 0 && recv(s->fd, s->buf, SESSION_BUFFER, 0) > 0; i++) {
    }
}

/* A stream that breaks off is no file: no verdict. Too much of one ends the connection, as clamd
 * does it. */
bool session_instream(struct session *s)
{
    enum spool_end end;
    uint32_t n = 1;
    struct spool *copy = spool_new(s->service->spool, 0, &end);
    bool whole = copy != NULL;
    while (whole && n > 0) {
        whole = read_length(s, &n) && read_chunk(s, n, copy, &end);
    }
    if (!whole) {
        spool_free(copy);
        const char *why = end == SPOOL_TOO_LARGE ? "INSTREAM size limit exceeded."
                          : end != SPOOL_OK      ? spool_reason(end)
                                                 : "the stream broke off";
        /* the connection ends whether or not it is heard */
        (void)session_reply(s, "%s ERROR", why);
        drain(s);
        return false;
    }
    return scan_copy(s, copy, end, "stream", "stream");
}

static bool scan_open(struct session *s, int fd, const char *path, const char *as)
{
    enum spool_end end = SPOOL_FAILED;
    struct stat st;
    uint64_t size = fstat(fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
    char *shown = escape_printable(bytes_of(as), 4096);
    struct spool *copy = shown != NULL ? service_copy(s->service, fd, size, &end) : NULL;
    bool ok = shown != NULL && scan_copy(s, copy, end, path, shown);
    free(shown);
    return ok;
}

/* The descriptor comes with the first byte behind the command, or came with the command. */
bool session_fildes(struct session *s)
{
    struct stat st;
    uint8_t zero;
    if (s->passed < 0 && !session_take_byte(s, &zero)) {
        return false;
    }
    if (s->passed < 0 || fstat(s->passed, &st) != 0 || !S_ISREG(st.st_mode)
        || lseek(s->passed, 0, SEEK_SET) != 0) {
        return session_reply(s, "No file descriptor received. ERROR");
    }
    char shown[32];
    snprintf(shown, sizeof shown, "fd[%d]", s->passed);
    bool ok = scan_open(s, s->passed, "fd", shown);
    close(s->passed);
    s->passed = -1;
    return ok;
}

/* --- folders: depth first, with a bound ---------------------------------------------------- */

struct level {
    DIR *dir;
    size_t path_n;
};
struct tree {
    struct level at[MAX_FOLDERS];
    size_t depth;
    char path[8192];
};

static bool push(struct tree *t, int fd)
{
    DIR *d = t->depth < MAX_FOLDERS ? fdopendir(fd) : NULL;
    if (d == NULL) {
        close(fd);
        return false;
    }
    t->at[t->depth++] = (struct level){ d, strlen(t->path) };
    return true;
}

static bool step(struct session *s, struct tree *t, const char *name)
{
    struct level *l = &t->at[t->depth - 1];
    const char *why = NULL;
    bool folder = false;
    if (l->path_n + strlen(name) + 2 > sizeof t->path) {
        return session_reply(s, "a path that is too long ERROR");
    }
    snprintf(t->path + l->path_n, sizeof t->path - l->path_n, "/%s", name);
    int fd = allowlist_open_at(dirfd(l->dir), name, &folder, &why);
    char *shown = escape_printable(bytes_of(t->path), 4096);
    bool ok = shown != NULL;
    if (ok && fd < 0) {
        ok = session_reply(s, "%s: %s ERROR", shown, why);
    } else if (ok && folder) {
        ok = push(t, fd) || session_reply(s, "%s: folders too deep ERROR", shown);
        fd = -1;
    } else if (ok) {
        ok = scan_open(s, fd, t->path, t->path);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(shown);
    return ok;
}

/* SCAN stops at the first that is found. */
static bool scan_tree(struct session *s, int fd, const char *path, bool go_on)
{
    struct tree *t = calloc(1, sizeof *t);
    bool ok = t != NULL;
    if (!ok) {
        close(fd);
        return false;
    }
    snprintf(t->path, sizeof t->path, "%s", path);
    ok = push(t, fd);
    s->found = false;
    while (ok && (go_on || !s->found) && t->depth > 0) {
        struct level *l = &t->at[t->depth - 1];
        const struct dirent *e = readdir(l->dir);
        if (e == NULL) {
            closedir(l->dir);
            t->depth--;
        } else if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
            ok = step(s, t, e->d_name);
        }
    }
    while (t->depth > 0) {
        closedir(t->at[--t->depth].dir);
    }
    free(t);
    return ok;
}

bool session_scan_path(struct session *s, const char *path, bool go_on)
{
    const char *why;
    bool folder = false, ok;
    int fd = allowlist_open(s->service->options, path, &folder, &why);
    if (fd >= 0 && folder) {
        return scan_tree(s, fd, path, go_on);
    }
    if (fd >= 0) {
        ok = scan_open(s, fd, path, path);
        close(fd);
        return ok;
    }
    char *shown = escape_printable(bytes_of(path), 4096);
    ok = shown != NULL && session_reply(s, "%s: %s ERROR", shown, why);
    free(shown);
    return ok;
}
