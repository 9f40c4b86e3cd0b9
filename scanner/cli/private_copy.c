#include "private_copy.h"

#include "cli.h"
#include "../attest/model.h"
#include "../scan/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

/* Prints a message. Returns false. */
static bool copy_failed(const char *path, const char *why)
{
    complain(0, "%s: %s", path, why);
    return false;
}

static bool copy_bytes(int from, int to)
{
    for (;;) {
        ssize_t n = sendfile(to, from, NULL, 1u << 30);
        if (n == 0) {
            return true;
        }
        if (n < 0 && errno != EINTR) {
            return false;
        }
    }
}

static bool copy_file(const char *from, int to)
{
    struct stat st;
    int fd = open(from, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return copy_failed(from, strerror(errno));
    }

    bool ok = fstat(fd, &st) == 0;
    if (ok && !S_ISREG(st.st_mode)) {
        errno = EINVAL;
        ok = false;
    }

    ok = ok && copy_bytes(fd, to);
    if (!ok) {
        copy_failed(from, strerror(errno));
    }

    close(fd);
    return ok;
}

static bool make_file(struct private_copy *c)
{
    c->fd = memfd_create("modelassay-run", MFD_ALLOW_SEALING); /* no CLOEXEC: CMD opens it */
    if (c->fd < 0) {
        return copy_failed(c->path, strerror(errno));
    }
    if (!copy_file(c->path, c->fd)) {
        return false;
    }
    if (fcntl(c->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
        return copy_failed(c->path, strerror(errno));
    }
    if (asprintf(&c->use, "/proc/self/fd/%d", c->fd) < 0) {
        c->use = NULL;
        return copy_failed(c->path, "out of memory");
    }
    return true;
}

/* --- folders ------------------------------------------------------------------------ */

/* Makes the folders of a path below its first root bytes. */
static bool make_parents(char *path, size_t root)
{
    for (char *slash = strchr(path + root + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = 0;
        bool ok = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!ok) {
            return false;
        }
    }
    return true;
}

static const char *why_not_copied(const struct walk_entry *e)
{
    switch (e->kind) {
    case WALK_ERROR: return strerror(e->err);
    case WALK_DIR_SYMLINK: return "a symlink to a folder is not copied";
    default: return "not a regular file";
    }
}

static bool copy_to(const char *from, char *to, size_t root)
{
    int fd = -1;
    if (make_parents(to, root)) {
        fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    }

    if (fd < 0) {
        return copy_failed(to, strerror(errno));
    }

    bool ok = copy_file(from, fd);
    if (close(fd) != 0) {
        return copy_failed(to, strerror(errno));
    }
    return ok;
}

static bool copy_entry(struct private_copy *c, const struct walk_entry *e)
{
    char *to = NULL;
    if (e->kind != WALK_FILE) {
        return copy_failed(e->path, why_not_copied(e));
    }
    if (asprintf(&to, "%s/%s", c->folder, e->rel) < 0) {
        return copy_failed(e->path, "out of memory");
    }

    bool ok = copy_to(e->path, to, strlen(c->folder));
    free(to);
    return ok;
}

/* The parents of a path below its first root bytes, the deepest first. Cuts the path at the '/' of
 * the next one; false when there is none. */
static bool cut_to_parent(char *path, size_t root)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash <= path + root) {
        return false;
    }
    *slash = 0;
    return true;
}

/* Makes the folders of the copy read-only, the deepest first. */
static void protect_folders(struct walk_list *list, size_t root)
{
    for (size_t k = list->n; k > 0; k--) {
        char *path = list->entries[k - 1].path;
        while (cut_to_parent(path, root)) {
            (void)chmod(path, 0500);
        }
    }
}

/* Removes the files and folders of the copy. One that cannot be removed stays in $TMPDIR, as any
 * temporary file does; a folder that is not empty yet is removed with the last of its files. */
static void remove_entries(struct walk_list *list, size_t root)
{
    for (size_t k = list->n; k > 0; k--) {
        char *path = list->entries[k - 1].path;
        (void)unlink(path);
        while (cut_to_parent(path, root)) {
            (void)rmdir(path);
        }
    }
}

/* Makes c->folder, in a new folder below $TMPDIR. */
static bool make_folder(struct private_copy *c)
{
    const char *tmp = getenv("TMPDIR");
    char *parent = NULL;
    if (asprintf(&parent, "%s/modelassay-run-XXXXXX", tmp != NULL ? tmp : "/tmp") < 0) {
        return copy_failed(c->path, "out of memory");
    }

    bool ok = true;
    if (mkdtemp(parent) == NULL) {
        ok = copy_failed(parent, strerror(errno));
    } else if (asprintf(&c->folder, "%s/%s", parent, c->name) < 0) {
        c->folder = NULL;
        ok = copy_failed(parent, "out of memory");
    } else if (mkdir(c->folder, 0700) != 0) {
        ok = copy_failed(c->folder, strerror(errno));
    }

    free(parent);
    return ok;
}

static bool copy_entries(struct private_copy *c)
{
    struct walk_list list;
    if (!walk_folder(c->path, &list)) {
        walk_done(&list);
        return copy_failed(c->path, "out of memory");
    }

    bool ok = true;
    for (size_t i = 0; ok && i < list.n; i++) {
        ok = copy_entry(c, &list.entries[i]);
    }

    walk_done(&list);
    return ok;
}

static bool copy_folder(struct private_copy *c)
{
    struct walk_list list;
    if (!make_folder(c) || !copy_entries(c)) {
        return false;
    }

    bool listed = walk_folder(c->folder, &list);
    if (listed) {
        protect_folders(&list, strlen(c->folder));
    }

    walk_done(&list);
    if (listed && chmod(c->folder, 0500) != 0) {
        return false;
    }

    c->use = strdup(c->folder);
    return c->use != NULL;
}

bool private_copy_make(struct private_copy *c, const char *path)
{
    struct stat st;
    *c = (struct private_copy){ .path = path, .fd = -1, .name = model_name(path) };
    if (c->name == NULL || stat(path, &st) != 0) {
        return copy_failed(path, strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) {
        return copy_folder(c);
    }
    return make_file(c);
}

/* Makes the entries of a folder removable. Returns the number of entries, those that could not be
 * read counted twice; 0 when out of memory. */
static size_t unprotect_entries(const char *folder)
{
    struct walk_list list;
    bool ok = walk_folder(folder, &list);
    size_t n = ok ? list.n : 0;

    for (size_t i = 0; ok && i < list.n; i++) {
        char *path = list.entries[i].path;
        if (list.entries[i].kind == WALK_ERROR) {
            (void)chmod(path, 0700);
            n++;
        }
        *strrchr(path, '/') = 0;
        (void)chmod(path, 0700);
    }

    walk_done(&list);
    return n;
}

/* Gives the owner all rights again, which removing needs. Subfolders are listed only after their
 * parent is readable: repeats until there are no new entries. */
static void unprotect(const char *folder)
{
    (void)chmod(folder, 0700);
    size_t before = 0;
    size_t n = unprotect_entries(folder);
    while (n != before) {
        before = n;
        n = unprotect_entries(folder);
    }
}

static void remove_folder(char *folder)
{
    struct walk_list list;
    unprotect(folder);
    if (walk_folder(folder, &list)) {
        remove_entries(&list, strlen(folder));
    }

    walk_done(&list);
    (void)rmdir(folder);
    *strrchr(folder, '/') = 0;
    (void)rmdir(folder);
}

void private_copy_done(struct private_copy *c)
{
    if (c->folder != NULL) {
        remove_folder(c->folder);
    }

    if (c->fd >= 0) {
        close(c->fd);
    }

    free(c->folder);
    free(c->name);
    free(c->use);
}
