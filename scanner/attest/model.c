#include "model.h"

#include "name_collisions.h"

#include "../scan/open_companion.h"
#include "../util/file_io.h"
#include "../scan/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *model_name(const char *path)
{
    char *real = realpath(path, NULL);
    const char *slash = real != NULL ? strrchr(real, '/') : NULL;
    char *name = slash != NULL ? strdup(slash[1] != 0 ? slash + 1 : "model") : NULL;
    free(real);
    return name;
}

struct reading {
    const struct model *m;
    const struct hashing *h;
    struct failures *c;
    struct manifest *out;
};

static bool unreadable(struct reading *r, const char *name, const char *why)
{
    fail(r->c, FAIL_UNREADABLE, name, "cannot be read: %s", why);
    return false;
}

/* Takes fd. */
static bool add_open(struct reading *r, int fd, const char *name, const char *why)
{
    bool ok = fd < 0 || manifest_add_file(r->out, r->h, fd, name, &why);
    if (fd >= 0) {
        close(fd);
    }
    if (!ok) {
        fail(r->c, FAIL_MEMORY, NULL, "out of memory");
        return false;
    }
    return why == NULL || unreadable(r, name, why);
}

static bool add_path(struct reading *r, const char *path, const char *name)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    return add_open(r, fd, name, fd < 0 ? strerror(errno) : NULL);
}

/* Is rel the path, or in the folder of that name? */
static bool is_below(const char *rel, const char *path)
{
    size_t n = strlen(path);
    while (n > 0 && path[n - 1] == '/') {
        n--;
    }
    return n > 0 && strncmp(rel, path, n) == 0 && (rel[n] == 0 || rel[n] == '/');
}

/* OMS section "ignored files": at the top of the folder only. */
static bool is_ignored(const struct model *m, const struct walk_entry *e)
{
    static const char *const git[] = { ".git", ".gitignore", ".gitattributes", ".github" };
    for (size_t i = 0; m->oms && i < sizeof git / sizeof git[0]; i++) {
        if (is_below(e->rel, git[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < m->num_ignore; i++) {
        if (is_below(e->rel, m->ignore[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < m->num_exclude; i++) {
        if (output_is_input(m->exclude[i], e->path)) {
            return true;
        }
    }
    return false;
}

static bool is_symlink(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

static bool add_entry(struct reading *r, const struct walk_entry *e)
{
    if (is_ignored(r->m, e)) {
        return true;
    }
    if (e->kind == WALK_DIR_SYMLINK || (!r->m->allow_symlinks && is_symlink(e->path))) {
        fail(r->c, FAIL_SYMLINK, e->rel,
             e->kind == WALK_DIR_SYMLINK ? "is a symlink to a folder" : "is a symlink");
        return false;
    }
    if (e->kind != WALK_FILE) {
        return unreadable(r, e->rel,
                          e->kind == WALK_ERROR ? strerror(e->err) : "not a regular file");
    }
    if (!name_is_utf8(e->rel)) {
        fail(r->c, FAIL_NAME, e->rel, "the name is not valid UTF-8");
        return false;
    }
    return add_path(r, e->path, e->rel);
}

/* All of it, also behind a cause: the user wants to hear everything at once. */
static bool read_folder(struct reading *r)
{
    struct walk_list list;
    bool ok = walk_folder(r->m->path, &list);
    if (!ok) {
        fail(r->c, FAIL_MEMORY, NULL, "out of memory");
    }
    for (size_t i = 0; i < list.n; i++) {
        ok &= add_entry(r, &list.entries[i]);
    }
    walk_done(&list);
    return ok;
}

/* Only the files that were asked for; one that is not there is found missing later. */
static bool read_only(struct reading *r, bool folder)
{
    char *inside = NULL;
    bool ok = asprintf(&inside, folder ? "%s/." : "%s", r->m->path) >= 0;
    for (size_t i = 0; ok && i < r->m->num_only; i++) {
        const char *why = NULL;
        int fd = open_companion(inside, bytes_of(r->m->only[i]), &why);
        ok = fd < 0 || add_open(r, fd, r->m->only[i], NULL);
    }
    free(inside);
    return ok;
}

/* The file, and those beside it that it is said to need; what is not there is found missing
 * later. */
static bool read_single(struct reading *r)
{
    char *name = r->m->name != NULL ? strdup(r->m->name) : model_name(r->m->path);
    bool ok = name != NULL && add_path(r, r->m->path, name);
    for (size_t i = 0; ok && r->m->beside != NULL && i < r->m->beside->n; i++) {
        const char *why = NULL, *other = r->m->beside->all[i].name;
        int fd = strcmp(other, name) != 0 ? open_companion(r->m->path, bytes_of(other), &why) : -1;
        ok = fd < 0 || add_open(r, fd, other, NULL);
    }
    free(name);
    return ok;
}

bool model_read(const struct model *m, const struct hashing *h, struct failures *c,
                struct manifest *out)
{
    struct reading r = { m, h, c, out };
    struct stat st;
    const char *a = NULL, *b = NULL;
    bool ok = manifest_init(out, h);
    if (!ok) {
        fail(c, FAIL_HASH, NULL, "the hash %s is not known here", h->hash);
        return false;
    }
    if (stat(m->path, &st) != 0) {
        return unreadable(&r, NULL, strerror(errno));
    }
    bool folder = S_ISDIR(st.st_mode);
    ok = m->num_only > 0 ? read_only(&r, folder) : folder ? read_folder(&r) : read_single(&r);
    manifest_sort(out);
    if (ok && !names_are_distinct(out, &a, &b)) {
        fail(c, FAIL_COLLISION, a, "is the same name as %s on some file systems", b);
        ok = false;
    }
    return ok;
}
