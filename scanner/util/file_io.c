#include "file_io.h"

#include "io.h"
#include "vec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_to_disk(int fd, struct bytes b)
{
    return io_write_all(fd, b.p, b.n) && fsync(fd) == 0;
}

/* mkstemp makes 0600; a report is for everyone that the umask lets in. */
static bool open_mode(int fd)
{
    mode_t mask = umask(0);
    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

static bool write_and_rename(const char *path, const char *temporary, int fd, struct bytes b)
{
    bool ok = write_to_disk(fd, b) && open_mode(fd);
    ok = close(fd) == 0 && ok;
    return ok && rename(temporary, path) == 0;
}

/* A pipe or /dev/stdout cannot be renamed onto: written as it is. */
static bool write_special(const char *path, struct bytes b, const char **why)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0 && (write_to_disk(fd, b) || errno == EINVAL); /* fsync of a pipe: EINVAL */
    *why = ok ? NULL : strerror(errno);
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

bool output_write(const char *path, struct bytes b, const char **why)
{
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) {
        if (S_ISDIR(st.st_mode)) {
            *why = "is a folder";
            return false;
        }
        return write_special(path, b, why);
    }
    char *temporary = malloc(strlen(path) + 16);
    if (temporary == NULL) {
        *why = "out of memory";
        return false;
    }
    sprintf(temporary, "%s.tmp-XXXXXX", path);
    int fd = mkstemp(temporary);
    bool ok = fd >= 0 && write_and_rename(path, temporary, fd, b);
    *why = ok ? NULL : strerror(errno);
    if (!ok && fd >= 0) {
        (void)unlink(temporary); /* the error that matters is kept already */
    }
    free(temporary);
    return ok;
}

bool output_is_input(const char *out, const char *in)
{
    struct stat a, b;
    return stat(out, &a) == 0 && stat(in, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

#define FIRST_CAP 65536u /* bytes */

const char *input_error(int err)
{
    switch (err) {
    case EFBIG: return "too large";
    case ENOMEM: return "out of memory";
    default: return strerror(err);
    }
}

/* Adds what f holds next; *got 0 at its end. Returns 0 or an errno. */
static int read_more(FILE *f, uint8_t **buf, size_t *cap, size_t *n, size_t *got)
{
    *got = 0;
    if (*n == *cap && !vec_grow(buf, cap, *cap + FIRST_CAP, 1)) {
        return ENOMEM;
    }
    *got = fread(*buf + *n, 1, *cap - *n, f);
    *n += *got;
    return ferror(f) ? errno : 0;
}

/* Grows with what is there: a file that says nothing of its size (a pipe) is read as well. */
uint8_t *input_read(const char *path, size_t max, size_t *n, int *err)
{
    FILE *f = fopen(path, "re");
    uint8_t *buf = NULL;
    size_t cap = 0, got = 1;
    *n = 0;
    *err = f == NULL ? errno : 0;
    while (*err == 0 && got > 0) {
        *err = read_more(f, &buf, &cap, n, &got);
        if (*err == 0 && *n >= max) {
            *err = EFBIG;
        }
    }
    if (f != NULL) {
        fclose(f);
    }
    if (*err != 0) {
        free(buf);
        return NULL;
    }
    return buf;
}

/* --- lines behind lines -------------------------------------------------------------- */

#define MAX_LINES (UINT64_C(1) << 30) /* bytes of a file that lines are added to */

/* Locked, and still the file of that name: who waited for the lock may hold one that was
 * replaced. */
static int open_locked(const char *path)
{
    for (;;) {
        errno = 0;
        struct stat mine, there;
        int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
        if (fd < 0
            || (flock(fd, LOCK_EX) == 0 && fstat(fd, &mine) == 0 && stat(path, &there) == 0
                && mine.st_ino == there.st_ino && mine.st_dev == there.st_dev)) {
            return fd;
        }
        int err = errno;
        close(fd);
        if (err != EINTR && err != 0 && err != ENOENT) {
            errno = err;
            return -1;
        }
    }
}

bool output_append_line(const char *path, struct bytes b, const char **why)
{
    int fd = open_locked(path);
    size_t n = 0;
    int err = fd < 0 ? errno : 0;
    uint8_t *old = fd >= 0 ? input_read(path, MAX_LINES, &n, &err) : NULL;
    *why = old == NULL ? input_error(err) : NULL;
    uint8_t *all = old != NULL ? realloc(old, n + b.n + 2) : NULL;
    bool ok = all != NULL;
    if (ok) {
        if (n > 0 && all[n - 1] != '\n') {
            all[n++] = '\n';
        }
        memcpy(all + n, b.p, b.n);
        all[n + b.n] = '\n';
        ok = output_write(path, (struct bytes){ all, n + b.n + 1 }, why);
        free(all);
    } else if (old != NULL) {
        free(old);
        *why = "out of memory";
    }
    if (fd >= 0) {
        close(fd); /* gives the lock back */
    }
    return ok;
}
