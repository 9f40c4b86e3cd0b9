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

static bool fails(const char *path, const char *why)
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
    bool ok = fd >= 0 && fstat(fd, &st) == 0;
    if (ok && !S_ISREG(st.st_mode)) {
        errno = EINVAL;
        ok = false;
    }
    ok = ok && copy_bytes(fd, to);
    ok = ok || fails(from, strerror(errno));
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

static bool make_file(struct private_copy *c)
{
    c->fd = memfd_create("modelassay-run", MFD_ALLOW_SEALING); /* no CLOEXEC: CMD opens it */
    if (c->fd < 0) {
        return fails(c->path, strerror(errno));
    }
    if (!copy_file(c->path, c->fd)) {
        return false;
    }
    if (fcntl(c->fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0) {
        return fails(c->path, strerror(errno));
    }
    return asprintf(&c->use, "/proc/self/fd/%d", c->fd) >= 0 || fails(c->path, "out of memory");
}

/* --- folders ------------------------------------------------------------------------ */

/* Makes the folders that lead to rel, below c->folder. */
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

static bool copy_entry(struct private_copy *c, const struct walk_entry *e)
{
    char *to = NULL;
    if (e->kind != WALK_FILE) {
        return fails(e->path, e->kind == WALK_ERROR         ? strerror(e->err)
                              : e->kind == WALK_DIR_SYMLINK ? "a symlink to a folder is not copied"
                                                            : "not a regular file");
    }
    if (asprintf(&to, "%s/%s", c->folder, e->rel) < 0) {
        return fails(e->path, "out of memory");
    }
    int fd = make_parents(to, strlen(c->folder))
                 ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400)
                 : -1;
    bool ok = fd >= 0 ? copy_file(e->path, fd) : fails(to, strerror(errno));
    if (fd >= 0 && close(fd) != 0) {
        ok = fails(to, strerror(errno));
    }
    free(to);
    return ok;
}

/* Folders of the copy to mode; deepest first where they are removed. */
static void each_folder(const struct walk_list *list, size_t root, bool removing)
{
    for (size_t k = list->n; k > 0; k--) {
        char *path = list->entries[k - 1].path;
        if (removing) {
            /* what cannot be removed stays in $TMPDIR, as does any temporary file */
            (void)unlink(path);
        }
        for (char *slash = strrchr(path, '/'); slash != NULL && slash > path + root;
             slash = strrchr(path, '/')) {
            *slash = 0;
            /* not empty yet: its other files follow */
            (void)(removing ? rmdir(path) : chmod(path, 0500));
        }
    }
}

static bool make_folder(struct private_copy *c)
{
    const char *tmp = getenv("TMPDIR");
    char *made = NULL;
    struct walk_list list;
    if (asprintf(&made, "%s/modelassay-run-XXXXXX", tmp != NULL ? tmp : "/tmp") < 0) {
        return fails(c->path, "out of memory");
    }
    bool ok = mkdtemp(made) != NULL || fails(made, strerror(errno));
    ok = ok && (asprintf(&c->folder, "%s/%s", made, c->name) >= 0 || fails(made, "out of memory"));
    ok = ok && (mkdir(c->folder, 0700) == 0 || fails(c->folder, strerror(errno)));
    free(made);
    if (!ok) {
        return false;
    }
    ok = walk_folder(c->path, &list) || fails(c->path, "out of memory");
    for (size_t i = 0; ok && i < list.n; i++) {
        ok = copy_entry(c, &list.entries[i]);
    }
    walk_done(&list);
    if (ok && walk_folder(c->folder, &list)) {
        each_folder(&list, strlen(c->folder), false);
        walk_done(&list);
        ok = chmod(c->folder, 0500) == 0;
    }
    c->use = ok ? strdup(c->folder) : NULL;
    return c->use != NULL;
}

bool private_make(struct private_copy *c, const char *path)
{
    struct stat st;
    *c = (struct private_copy){ .path = path, .fd = -1, .name = model_name(path) };
    if (c->name == NULL || stat(path, &st) != 0) {
        return fails(path, strerror(errno));
    }
    return S_ISDIR(st.st_mode) ? make_folder(c) : make_file(c);
}

/* Owner's rights back, or nothing can be removed. */
static void open_up(const char *folder)
{
    struct walk_list list;
    (void)chmod(folder, 0700);
    /* a folder shows its folders once it is open */
    for (size_t before = 0, after = 1; after != before;) {
        before = after;
        if (!walk_folder(folder, &list)) {
            break;
        }
        after = list.n + 2;
        for (size_t i = 0; i < list.n; i++) {
            if (list.entries[i].kind == WALK_ERROR) {
                (void)chmod(list.entries[i].path, 0700);
                after++;
            }
            char *slash = strrchr(list.entries[i].path, '/');
            *slash = 0;
            (void)chmod(list.entries[i].path, 0700);
        }
        walk_done(&list);
    }
}

void private_done(struct private_copy *c)
{
    struct walk_list list;
    if (c->folder != NULL) {
        open_up(c->folder);
        if (walk_folder(c->folder, &list)) {
            each_folder(&list, strlen(c->folder), true);
            walk_done(&list);
        }
        (void)rmdir(c->folder);
        *strrchr(c->folder, '/') = 0;
        (void)rmdir(c->folder);
    }
    if (c->fd >= 0) {
        close(c->fd);
    }
    free(c->folder);
    free(c->name);
    free(c->use);
}
