#include "clamd_scan.h"

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

/* Levels of folders. */
enum { MAX_FOLDERS = 64 };

/* --- scans ---------------------------------------------------------------------------- */

static const char *first_gap(const struct report *r)
{
    if (r->num_files > 0 && r->files[0].num_gaps > 0) {
        return r->files[0].gaps[0].reason;
    }
    return r->num_gaps > 0 ? r->gaps[0].reason : "not read completely";
}

static bool reply_error(struct clamd_session *s, const char *name, const char *why)
{
    char *shown = escape_printable(bytes_of(why), 512);
    bool ok = shown != NULL && clamd_reply(s, "%s: %s ERROR", name, shown);
    free(shown);
    return ok;
}

static bool reply_report(struct clamd_session *s, const char *name, const struct report *r)
{
    const struct finding *worst = service_worst(r);
    if (report_to_http_status(r).accepted) {
        return clamd_reply(s, "%s: OK", name);
    }
    if (worst != NULL && worst->rule->severity >= r->fail_on) {
        s->found = true;
        return clamd_reply(s, "%s: MA.%s FOUND", name, worst->rule->id);
    }
    return reply_error(s, name, first_gap(r));
}

/* Takes over copy. name is the client's name of the file, for rules; shown is its printable form,
 * for the reply. */
static bool scan_copy(struct clamd_session *s, struct spool *copy, const char *name,
                      const char *shown)
{
    uint8_t sha[32];
    struct report *r = NULL;
    bool ok;

    if (spool_finish(copy, sha)) {
        r = service_scan(s->service, copy, sha, name, LANE_INTERACTIVE);
    }

    if (r != NULL) {
        ok = reply_report(s, shown, r);
    } else {
        ok = reply_error(s, shown, "out of memory");
    }

    report_free(r);
    spool_free(copy);
    return ok;
}

/* --- INSTREAM --------------------------------------------------------------------------- */

/* A chunk is a u32 length, most significant byte first, and that many bytes; length 0 ends the
 * stream. */
static bool read_length(struct clamd_session *s, uint32_t *n)
{
    uint8_t b;
    *n = 0;
    for (int i = 0; i < 4; i++) {
        if (!clamd_read_byte(s, &b)) {
            return false;
        }
        *n = *n << 8 | b;
    }
    return true;
}

static bool read_chunk(struct clamd_session *s, uint32_t n, struct spool *copy, enum spool_end *end)
{
    while (n > 0) {
        if (s->at == s->n && !clamd_fill(s)) {
            return false;
        }
        size_t some = s->n - s->at < n ? s->n - s->at : n;
        *end = spool_write(copy, s->buf + s->at, some);
        s->at += some;
        n -= (uint32_t)some;
        if (*end != SPOOL_OK) {
            return false;
        }
    }
    return true;
}

/* Reads more of the stream for a while: when a socket is closed with unread bytes, the client does
 * not receive the last reply. */
static void drain_stream(struct clamd_session *s)
{
    enum { MAX_READS = 4096, TIMEOUT_MS = 1000 };
    struct pollfd p = { .fd = s->fd, .events = POLLIN };
    shutdown(s->fd, SHUT_WR);
    for (unsigned i = 0; i < MAX_READS && poll(&p, 1, TIMEOUT_MS) > 0; i++) {
        if (recv(s->fd, s->buf, CLAMD_BUFFER, 0) <= 0) {
            return;
        }
    }
}

static const char *stream_error(enum spool_end end)
{
    switch (end) {
    case SPOOL_OK: return "the stream broke off";
    case SPOOL_TOO_LARGE: return "INSTREAM size limit exceeded."; /* clamd's text */
    default: return spool_reason(end);
    }
}

/* An incomplete stream gets no verdict. One that is too long ends the connection, as with clamd. */
bool clamd_scan_stream(struct clamd_session *s)
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
        (void)clamd_reply(s, "%s ERROR", stream_error(end)); /* the connection ends anyway */
        drain_stream(s);
        return false;
    }
    s->service->count.clamd++;
    return scan_copy(s, copy, "stream", "stream");
}

/* --- FILDES ------------------------------------------------------------------------------ */

/* Scans a private copy of an open file. name is for rules, reply_name for the reply. */
static bool scan_open_file(struct clamd_session *s, int fd, const char *name,
                           const char *reply_name)
{
    enum spool_end end = SPOOL_FAILED;
    struct stat st;
    uint64_t size = fstat(fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
    char *shown = escape_printable(bytes_of(reply_name), 4096);
    bool ok = false;

    if (shown == NULL) {
        return false;
    }
    s->service->count.clamd++;
    struct spool *copy = service_copy(s->service, fd, size, &end);
    if (copy != NULL) {
        ok = scan_copy(s, copy, name, shown);
    } else {
        ok = reply_error(s, shown, spool_reason(end));
    }
    free(shown);
    return ok;
}

/* The descriptor was passed with the command, or is passed with the next byte. */
bool clamd_scan_fd(struct clamd_session *s)
{
    struct stat st;
    uint8_t zero;
    char shown[32];
    if (s->passed_fd < 0 && !clamd_read_byte(s, &zero)) {
        return false;
    }

    int fd = s->passed_fd;
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || lseek(fd, 0, SEEK_SET) != 0) {
        return clamd_reply(s, "No file descriptor received. ERROR");
    }
    snprintf(shown, sizeof shown, "fd[%d]", fd);
    bool ok = scan_open_file(s, fd, "fd", shown);
    close(fd);
    s->passed_fd = -1;
    return ok;
}

/* --- SCAN: a file, or a folder depth first ------------------------------------------------ */

struct open_folder {
    DIR *dir;
    size_t path_length;
};

/* The folders from the first one to the current one, and the path of the current entry. */
struct folder_walk {
    struct open_folder folders[MAX_FOLDERS];
    size_t depth;
    char path[8192];
};

/* Takes over fd. */
static bool push_folder(struct folder_walk *w, int fd)
{
    DIR *d = w->depth < MAX_FOLDERS ? fdopendir(fd) : NULL;
    if (d == NULL) {
        close(fd);
        return false;
    }
    w->folders[w->depth++] = (struct open_folder){ d, strlen(w->path) };
    return true;
}

static void pop_folder(struct folder_walk *w) { closedir(w->folders[--w->depth].dir); }

static bool reply_path_error(struct clamd_session *s, const char *path, const char *why)
{
    char *shown = escape_printable(bytes_of(path), 4096);
    bool ok = shown != NULL && clamd_reply(s, "%s: %s ERROR", shown, why);
    free(shown);
    return ok;
}

static bool scan_entry(struct clamd_session *s, struct folder_walk *w, const char *name)
{
    const struct open_folder *folder = &w->folders[w->depth - 1];
    size_t n = folder->path_length;
    const char *why = NULL;
    bool is_folder = false;
    if (n + strlen(name) + 2 > sizeof w->path) {
        return clamd_reply(s, "a path that is too long ERROR");
    }
    snprintf(w->path + n, sizeof w->path - n, "/%s", name);

    int fd = allowlist_open_at(dirfd(folder->dir), name, &is_folder, &why);
    if (fd < 0) {
        return reply_path_error(s, w->path, why);
    }
    if (is_folder) {
        return push_folder(w, fd) || reply_path_error(s, w->path, "folders too deep");
    }
    bool ok = scan_open_file(s, fd, w->path, w->path);
    close(fd);
    return ok;
}

/* Scans the next entry of the current folder, or leaves it after its last one. */
static bool scan_next(struct clamd_session *s, struct folder_walk *w)
{
    const struct dirent *e = readdir(w->folders[w->depth - 1].dir);
    if (e == NULL) {
        pop_folder(w);
        return true;
    }
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
        return true;
    }
    return scan_entry(s, w, e->d_name);
}

/* Takes over fd. */
static bool scan_folder(struct clamd_session *s, int fd, const char *path, bool all_files)
{
    struct folder_walk *w = calloc(1, sizeof *w);
    if (w == NULL) {
        close(fd);
        return false;
    }

    snprintf(w->path, sizeof w->path, "%s", path);
    s->found = false;
    bool ok = push_folder(w, fd);
    while (ok && (all_files || !s->found) && w->depth > 0) {
        ok = scan_next(s, w);
    }
    while (w->depth > 0) {
        pop_folder(w);
    }
    free(w);
    return ok;
}

bool clamd_scan_path(struct clamd_session *s, const char *path, bool all_files)
{
    const char *why;
    bool is_folder = false;
    int fd = allowlist_open(s->service->options, path, &is_folder, &why);
    if (fd < 0) {
        return reply_path_error(s, path, why);
    }
    if (is_folder) {
        return scan_folder(s, fd, path, all_files);
    }

    bool ok = scan_open_file(s, fd, path, path);
    close(fd);
    return ok;
}
