#include "walk.h"

#include "../../parsers/base/limits.h"
#include "../util/vec.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool add(struct walk_list *list, enum walk_kind kind, const char *path, const char *rel,
                int err)
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
        sprintf(out, "%s%s%s", a, na > 0 && a[na - 1] != '/' ? "/" : "", b);
    }
    return out;
}

/* Folders still to be listed: a stack of (path, rel, depth). */
struct todo {
    char *path, *rel;
    int depth;
};
struct stack {
    struct todo *items;
    size_t n, cap;
};

static bool push(struct stack *s, char *path, char *rel, int depth)
{
    if (!vec_grow(&s->items, &s->cap, s->n + 1, sizeof *s->items)) {
        return false;
    }
    s->items[s->n++] = (struct todo){ path, rel, depth };
    return true;
}

/* Takes over path and rel. */
static bool add_item(struct walk_list *list, struct stack *s, char *path, char *rel, int depth)
{
    struct stat here, there;
    bool ok = true, pushed = false;
    if (lstat(path, &here) != 0) {
        ok = add(list, WALK_ERROR, path, rel, errno);
    } else if (S_ISDIR(here.st_mode)) {
        pushed = depth < BOUND_folder_depth;
        ok = pushed ? push(s, path, rel, depth + 1) : add(list, WALK_ERROR, path, rel, ELOOP);
        pushed = pushed && ok;
    } else if (stat(path, &there) != 0) {
        ok = add(list, WALK_ERROR, path, rel, errno);
    } else {
        enum walk_kind kind = S_ISREG(there.st_mode)   ? WALK_FILE
                              : S_ISDIR(there.st_mode) ? WALK_DIR_SYMLINK
                                                       : WALK_SPECIAL;
        ok = add(list, kind, path, rel, 0);
        if (ok) {
            list->entries[list->n - 1].dev = there.st_dev;
            list->entries[list->n - 1].ino = there.st_ino;
        }
    }
    if (!pushed) {
        free(path);
        free(rel);
    }
    return ok;
}

static bool list_folder(struct walk_list *list, struct stack *s, const struct todo *t)
{
    DIR *d = opendir(t->path);
    if (d == NULL) {
        return add(list, WALK_ERROR, t->path, t->rel, errno);
    }
    bool ok = true;
    errno = 0; /* readdir() says an error by errno alone: files that it leaves out are a gap */
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
    return ok && (why == 0 || add(list, WALK_ERROR, t->path, t->rel, why));
}

static int by_inode(const void *a, const void *b)
{
    const struct walk_entry *x = *(struct walk_entry *const *)a,
                            *y = *(struct walk_entry *const *)b;
    return x->ino != y->ino   ? (x->ino < y->ino ? -1 : 1)
           : x->dev != y->dev ? (x->dev < y->dev ? -1 : 1)
                              : 0;
}

static bool find_twins(struct walk_list *list)
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
            files[i - 1]->twin = files[i]->twin = true;
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
    struct stack s = { 0 };
    *out = (struct walk_list){ 0 };
    bool ok = push(&s, strdup(path), strdup(""), 0);
    while (ok && s.n > 0) {
        struct todo t = s.items[--s.n];
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
    return ok && find_twins(out);
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
