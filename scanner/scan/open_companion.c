#include "open_companion.h"

#include "../../parsers/base/limits.h"
#include "hub_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The path of the folder that a file lies in; heap. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return strdup(".");
    }
    return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

static int open_folder(const char *model, const char **why)
{
    char *folder = folder_of(model);
    if (folder == NULL) {
        *why = "out of memory";
        return -1;
    }
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        *why = "its folder cannot be opened";
    }
    free(folder);
    return fd;
}

static const char *open_error_text(int err)
{
    switch (err) {
    case ENOENT: return "not there";
    case ELOOP: return "a symlink, which is not followed";
    case ENOTDIR: return "its path leads through a file or a symlink";
    case EACCES: return "not readable";
    default: return "cannot be opened";
    }
}

/* Follows a snapshot's link to a blob of the same repository (hub_cache.h), and no other link. */
static int follow_to_blob(int folder, const char *name)
{
    char text[256];
    const char *blob;
    ssize_t n = readlinkat(folder, name, text, sizeof text - 1);
    if (n <= 0 || n >= (ssize_t)sizeof text - 1) {
        return -1;
    }
    text[n] = 0;
    int at = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (unsigned up = hub_cache_link(text, &blob); at >= 0 && up > 0; up--) {
        int above =
            openat(at, up > 1 ? ".." : "../blobs", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(at);
        at = above;
        if (up == 1 && at >= 0) {
            int fd = openat(at, blob, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
            close(at);
            return fd;
        }
    }
    if (at >= 0) {
        close(at);
    }
    return -1;
}

/* Opens one component; closes folder. */
static int open_component(int folder, const char *name, bool last, const char **why)
{
    int fd =
        openat(folder, name,
               O_RDONLY | O_NOFOLLOW | O_CLOEXEC | (last ? O_NONBLOCK | O_NOCTTY : O_DIRECTORY));
    int err = errno;
    if (fd < 0 && err == ELOOP && last) {
        fd = follow_to_blob(folder, name);
    }
    if (fd < 0) {
        *why = open_error_text(err);
    }
    close(folder);
    return fd;
}

static bool is_plain_name(const char *name)
{
    return name[0] != 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0
           && strchr(name, '\\') == NULL;
}

static int open_components(int fd, char *rel, const char **why)
{
    for (char *name = rel; fd >= 0;) {
        char *slash = strchr(name, '/');
        if (slash != NULL) {
            *slash = 0;
        }
        if (!is_plain_name(name)) {
            *why = "its path leads out of the model's folder";
            close(fd);
            return -1;
        }
        fd = open_component(fd, name, slash == NULL, why);
        if (slash == NULL) {
            break;
        }
        name = slash + 1;
    }
    return fd;
}

int open_companion(const char *model, struct bytes rel, const char **why)
{
    struct stat st;
    *why = "its path leads out of the model's folder";
    if (rel.n == 0 || rel.n > BOUND_external_path_bytes || memchr(rel.p, 0, rel.n) != NULL) {
        return -1;
    }
    char *path = strndup((const char *)rel.p, rel.n);
    int fd = path == NULL ? -1 : open_folder(model, why);
    fd = fd >= 0 ? open_components(fd, path, why) : fd;
    free(path);
    if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))) {
        *why = "not a regular file";
        close(fd);
        fd = -1;
    }
    return fd;
}
