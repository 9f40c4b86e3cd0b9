#include "path_allowlist.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char not_there[] = "not there, or not below a root (--root)";

int allowlist_open_at(int dir, const char *name, bool *folder, const char **why)
{
    struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                            .resolve =
                                RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
    struct stat st;
    int fd = (int)syscall(SYS_openat2, dir, name, &how, sizeof how);
    *why = not_there;
    if (fd >= 0 && (fstat(fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))) {
        *why = "not a regular file";
        close(fd);
        return -1;
    }
    *folder = fd >= 0 && S_ISDIR(st.st_mode);
    return fd;
}

/* What of path lies below root; NULL: nothing. */
static const char *below(const char *root, const char *path)
{
    size_t n = strlen(root);
    while (n > 1 && root[n - 1] == '/') {
        n--;
    }
    if (strncmp(root, path, n) != 0 || (n > 1 && path[n] != '/' && path[n] != 0)) {
        return NULL;
    }
    path += n;
    while (*path == '/') {
        path++;
    }
    return *path != 0 ? path : ".";
}

int allowlist_open(const struct serve_options *o, const char *path, bool *folder, const char **why)
{
    int fd = -1;
    *why = not_there;
    for (size_t i = 0; fd < 0 && i < o->num_roots; i++) {
        const char *rest = path[0] == '/' ? below(o->roots[i], path) : NULL;
        int root = rest != NULL ? open(o->roots[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
        if (root >= 0) {
            fd = allowlist_open_at(root, rest, folder, why);
            close(root);
        }
    }
    return fd;
}
