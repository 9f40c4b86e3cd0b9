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
    if (real == NULL) {
        return NULL;
    }
    const char *last = strrchr(real, '/') + 1;
    char *name = strdup(last[0] != 0 ? last : "model"); /* "/" has no name */
    free(real);
    return name;
}

struct reading {
    const struct model *m;
    const struct hashing *h;
    struct failures *c;
    struct manifest *out;
};

/* Returns false. */
static bool read_failed(struct reading *r, const char *name, const char *why)
{
    fail(r->c, FAIL_UNREADABLE, name, "cannot be read: %s", why);
    return false;
}

/* Takes over fd. */
static bool add_fd(struct reading *r, int fd, const char *name)
{
    const char *why = NULL;
    bool ok = manifest_add_file(r->out, r->h, fd, name, &why);
    close(fd);
    if (!ok) {
        fail(r->c, FAIL_MEMORY, NULL, "out of memory");
        return false;
    }
    return why == NULL || read_failed(r, name, why);
}

static bool add_path(struct reading *r, const char *path, const char *name)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return read_failed(r, name, strerror(errno));
    }
    return add_fd(r, fd, name);
}

/* Adds a file below a folder; one that does not exist is reported as missing later. */
static bool add_companion(struct reading *r, const char *path, const char *name)
{
    const char *why = NULL;
    int fd = open_companion(path, bytes_of(name), &why);
    return fd < 0 || add_fd(r, fd, name);
}

/* Is rel that path, or below it? */
static bool is_below(const char *rel, const char *path)
{
    size_t n = strlen(path);
    while (n > 0 && path[n - 1] == '/') {
        n--;
    }
    return n > 0 && strncmp(rel, path, n) == 0 && (rel[n] == 0 || rel[n] == '/');
}

static bool is_below_any(const char *rel, const char *const *paths, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_below(rel, paths[i])) {
            return true;
        }
    }
    return false;
}

/* OMS, section "ignored files": at the top of the folder only. */
static bool is_git_file(const char *rel)
{
    static const char *const git[] = { ".git", ".gitignore", ".gitattributes", ".github" };
    return is_below_any(rel, git, sizeof git / sizeof git[0]);
}

static bool is_ignored(const struct model *m, const struct walk_entry *e)
{
    if (m->oms && is_git_file(e->rel)) {
        return true;
    }
    if (is_below_any(e->rel, m->ignore, m->num_ignore)) {
        return true;
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
    if (e->kind == WALK_DIR_SYMLINK) {
        fail(r->c, FAIL_SYMLINK, e->rel, "is a symlink to a folder");
        return false;
    }
    if (!r->m->allow_symlinks && is_symlink(e->path)) {
        fail(r->c, FAIL_SYMLINK, e->rel, "is a symlink");
        return false;
    }
    if (e->kind == WALK_ERROR) {
        return read_failed(r, e->rel, strerror(e->err));
    }
    if (e->kind != WALK_FILE) {
        return read_failed(r, e->rel, "not a regular file");
    }
    if (!name_is_utf8(e->rel)) {
        fail(r->c, FAIL_NAME, e->rel, "the name is not valid UTF-8");
        return false;
    }
    return add_path(r, e->path, e->rel);
}

/* Goes on after a failure, so that the user gets all failures at once. */
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

/* Reads the selected files only. */
static bool read_selected(struct reading *r, bool is_folder)
{
    char *path = NULL;
    bool ok = asprintf(&path, is_folder ? "%s/." : "%s", r->m->path) >= 0;
    for (size_t i = 0; ok && i < r->m->num_only; i++) {
        ok = add_companion(r, path, r->m->only[i]);
    }
    free(path);
    return ok;
}

/* Reads the other files that a model of one file needs. */
static bool read_needed(struct reading *r, const struct manifest *needed, const char *name)
{
    for (size_t i = 0; i < needed->n; i++) {
        const char *other = needed->all[i].name;
        if (strcmp(other, name) != 0 && !add_companion(r, r->m->path, other)) {
            return false;
        }
    }
    return true;
}

static bool read_single(struct reading *r)
{
    char *name = r->m->name != NULL ? strdup(r->m->name) : model_name(r->m->path);
    bool ok = name != NULL && add_path(r, r->m->path, name);
    if (ok && r->m->needed != NULL) {
        ok = read_needed(r, r->m->needed, name);
    }
    free(name);
    return ok;
}

static bool read_files(struct reading *r, bool is_folder)
{
    if (r->m->num_only > 0) {
        return read_selected(r, is_folder);
    }
    return is_folder ? read_folder(r) : read_single(r);
}

bool model_read(const struct model *m, const struct hashing *h, struct failures *c,
                struct manifest *out)
{
    struct reading r = { m, h, c, out };
    struct stat st;
    const char *a = NULL, *b = NULL;
    if (!manifest_init(out, h)) {
        fail(c, FAIL_HASH, NULL, "the hash %s is not known here", h->hash);
        return false;
    }
    if (stat(m->path, &st) != 0) {
        return read_failed(&r, NULL, strerror(errno));
    }

    bool ok = read_files(&r, S_ISDIR(st.st_mode));
    manifest_sort(out);
    if (ok && !names_are_distinct(out, &a, &b)) {
        fail(c, FAIL_COLLISION, a, "is the same name as %s on some file systems", b);
        ok = false;
    }
    return ok;
}
