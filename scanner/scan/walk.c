#include "walk.h"

#include "../../parsers/base/limits.h"
#include "../util/vec.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool add_entry(struct walk_list *list, enum walk_kind kind, const char *path,
                      const char *rel, int err)
{
    if (!vec_grow(&list->entries, &list->cap, list->n + 1, sizeof *list->entries)) {
        return false;
    }
    struct walk_entry e = { .kind = kind, .path = strdup(path), .rel = strdup(rel), .err = err };
    list->entries[list->n++] = e;
    return e.path != NULL && e.rel != NULL;
}

static char *join(const char *a, const char *b)
{
    size_t na = strlen(a);
    char *out = malloc(na + strlen(b) + 2);
    if (out != NULL) {
        bool needs_slash = na > 0 && a[na - 1] != '/';
        sprintf(out, "%s%s%s", a, needs_slash ? "/" : "", b);
    }
    return out;
}

/* Folders that are still to be listed. */
struct folder {
    char *path;
    char *rel;
    int depth;
};
struct folder_stack {
    struct folder *items;
    size_t n;
    size_t cap;
};

static bool push(struct folder_stack *s, char *path, char *rel, int depth)
{
    if (!vec_grow(&s->items, &s->cap, s->n + 1, sizeof *s->items)) {
        return false;
    }
    s->items[s->n++] = (struct folder){ path, rel, depth };
    return true;
}

static enum walk_kind kind_of(mode_t mode)
{
    if (S_ISREG(mode)) {
        return WALK_FILE;
    }
    return S_ISDIR(mode) ? WALK_DIR_SYMLINK : WALK_SPECIAL;
}

/* A file, or a symlink. */
static bool add_file(struct walk_list *list, const char *path, const char *rel)
{
    struct stat target;
    if (stat(path, &target) != 0) {
        return add_entry(list, WALK_ERROR, path, rel, errno);
    }
    if (!add_entry(list, kind_of(target.st_mode), path, rel, 0)) {
        return false;
    }
    list->entries[list->n - 1].dev = target.st_dev;
    list->entries[list->n - 1].ino = target.st_ino;
    return true;
}

/* Lists a folder later, or adds anything else. Takes ownership of path and rel. */
static bool add_item(struct walk_list *list, struct folder_stack *s, char *path, char *rel,
                     int depth)
{
    struct stat st;
    bool ok;
    if (lstat(path, &st) != 0) {
        ok = add_entry(list, WALK_ERROR, path, rel, errno);
    } else if (!S_ISDIR(st.st_mode)) {
        ok = add_file(list, path, rel);
    } else if (depth >= BOUND_folder_depth) {
        ok = add_entry(list, WALK_ERROR, path, rel, ELOOP);
    } else if (push(s, path, rel, depth + 1)) {
        return true; /* the stack has path and rel */
    } else {
        ok = false;
    }
    free(path);
    free(rel);
    return ok;
}

static bool list_folder(struct walk_list *list, struct folder_stack *s, const struct folder *t)
{
    DIR *d = opendir(t->path);
    if (d == NULL) {
        return add_entry(list, WALK_ERROR, t->path, t->rel, errno);
    }
    bool ok = true;
    errno = 0; /* readdir() reports an error by errno alone: files that it leaves out are a gap */
    for (struct dirent *e = readdir(d); ok && e != NULL; errno = 0, e = readdir(d)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        char *path = join(t->path, e->d_name), *rel = join(t->rel, e->d_name);
        if (path == NULL || rel == NULL) {
            free(path);
            free(rel);
            ok = false;
            break;
        }
        ok = add_item(list, s, path, rel, t->depth);
    }
    int why = errno;
    closedir(d);
    return ok && (why == 0 || add_entry(list, WALK_ERROR, t->path, t->rel, why));
}

static int by_inode(const void *a, const void *b)
{
    const struct walk_entry *x = *(struct walk_entry *const *)a;
    const struct walk_entry *y = *(struct walk_entry *const *)b;
    if (x->ino != y->ino) {
        return x->ino < y->ino ? -1 : 1;
    }
    return (x->dev > y->dev) - (x->dev < y->dev);
}

/* Marks the files that the folder has under several names. */
static bool mark_other_names(struct walk_list *list)
{
    struct walk_entry **files = calloc(list->n + 1, sizeof *files);
    size_t n = 0;
    for (size_t i = 0; files != NULL && i < list->n; i++) {
        if (list->entries[i].kind == WALK_FILE) {
            files[n++] = &list->entries[i];
        }
    }
    if (n > 1) {
        qsort(files, n, sizeof *files, by_inode);
    }
    for (size_t i = 1; i < n; i++) {
        if (by_inode(&files[i - 1], &files[i]) == 0) {
            files[i - 1]->has_other_names = files[i]->has_other_names = true;
        }
    }
    free(files);
    return files != NULL;
}

static int by_rel(const void *a, const void *b)
{
    return strcmp(((const struct walk_entry *)a)->rel, ((const struct walk_entry *)b)->rel);
}

bool walk_folder(const char *path, struct walk_list *out)
{
    struct folder_stack s = { 0 };
    *out = (struct walk_list){ 0 };
    bool ok = push(&s, strdup(path), strdup(""), 0);
    while (ok && s.n > 0) {
        struct folder t = s.items[--s.n];
        ok = t.path != NULL && t.rel != NULL && list_folder(out, &s, &t);
        free(t.path);
        free(t.rel);
    }
    while (s.n > 0) {
        s.n--;
        free(s.items[s.n].path);
        free(s.items[s.n].rel);
    }
    free(s.items);
    if (ok && out->n > 1) {
        qsort(out->entries, out->n, sizeof *out->entries, by_rel);
    }
    return ok && mark_other_names(out);
}

void walk_done(struct walk_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->entries[i].path);
        free(list->entries[i].rel);
    }
    free(list->entries);
    *list = (struct walk_list){ 0 };
}
