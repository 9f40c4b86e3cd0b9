#include "path_allowlist.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char not_found[] = "not there, or not below a root (--root)";

int allowlist_open_at(int dir, const char *name, bool *is_folder, const char **why)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                            .resolve =
                                RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
    struct stat st;
    *why = not_found;
    *is_folder = false;
    int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
    if (fd < 0) {
        return -1;
    }
    if (fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))) {
        *why = "not a regular file";
        close(fd);
        return -1;
    }
    *is_folder = S_ISDIR(st.st_mode);
    return fd;
}

/* Returns the part of an absolute path below root, "." for root itself; NULL when it is not
 * below. */
static const char *path_below(const char *root, const char *path)
{
    size_t n = strlen(root);
    while (n > 1 && root[n - 1] == '/') {
        n--;
    }
    if (path[0] != '/' || strncmp(root, path, n) != 0) {
        return NULL;
    }
    if (n > 1 && path[n] != '/' && path[n] != 0) {
        return NULL; /* root is "/a", path is "/ab" */
    }

    path += n;
    while (*path == '/') {
        path++;
    }
    return *path != 0 ? path : ".";
}

static int open_below(const char *root, const char *path, bool *is_folder, const char **why)
{
    const char *rest = path_below(root, path);
    if (rest == NULL) {
        return -1;
    }

    int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0) {
        return -1;
    }

    int fd = allowlist_open_at(dir, rest, is_folder, why);
    close(dir);
    return fd;
}

int allowlist_open(const struct serve_options *o, const char *path, bool *is_folder,
                   const char **why)
{
    int fd = -1;
    *why = not_found;
    for (size_t i = 0; fd < 0 && i < o->num_roots; i++) {
        fd = open_below(o->roots[i], path, is_folder, why);
    }
    return fd;
}
