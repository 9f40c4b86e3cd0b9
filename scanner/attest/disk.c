#include "disk.h"

#include "../run/pass.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

static bool hash(int fd, char hex[65], const char **why)
{
    uint8_t sha[32];
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        *why = "not a regular file";
        return false;
    }
    if (!pass_hash(fd, (uint64_t)st.st_size, sha, NULL, why)) {
        return false;
    }
    for (size_t i = 0; i < 32; i++) {
        snprintf(hex + 2 * i, 3, "%02x", sha[i]);
    }
    return true;
}

bool disk_add(struct disk *d, int fd, const char *name, const char **why)
{
    if (d->n == d->room) {
        size_t room = d->room == 0 ? 16 : d->room * 2;
        void *p = realloc(d->files, room * sizeof *d->files);
        if (p == NULL) {
            return false;
        }
        d->files = p;
        d->room = room;
    }
    struct disk_file *f = &d->files[d->n];
    *f = (struct disk_file){ 0 };
    *why = NULL;
    if (!hash(fd, f->hex, why)) {
        return true;
    }
    *why = NULL;
    f->name = strdup(name);
    d->n += f->name != NULL;
    return f->name != NULL;
}

static int by_name(const void *a, const void *b)
{
    const struct disk_file *x = a, *y = b;
    return strcmp(x->name, y->name);
}

static int by_folded(const void *a, const void *b)
{
    return strcasecmp(*(char *const *)a, *(char *const *)b);
}

bool disk_sort(struct disk *d, const char **a, const char **b)
{
    if (d->n < 2) {
        return true;
    }
    qsort(d->files, d->n, sizeof *d->files, by_name);
    char **names = malloc(d->n * sizeof *names);
    bool ok = true;
    for (size_t i = 0; names != NULL && i < d->n; i++) {
        names[i] = d->files[i].name;
    }
    if (names != NULL) {
        qsort(names, d->n, sizeof *names, by_folded);
        for (size_t i = 1; ok && i < d->n; i++) {
            ok = strcasecmp(names[i - 1], names[i]) != 0;
            *a = names[i - 1];
            *b = names[i];
        }
    }
    free(names);
    return ok;
}

struct disk_file *disk_by_name(struct disk *d, const char *name)
{
    struct disk_file key = { .name = (char *)(size_t)name };      /* only compared */
    return d->n == 0 ? NULL : bsearch(&key, d->files, d->n, sizeof *d->files, by_name);
}

struct disk_file *disk_by_digest(struct disk *d, const char *hex)
{
    for (size_t i = 0; i < d->n; i++) {
        if (!d->files[i].used && strcmp(d->files[i].hex, hex) == 0) {
            return &d->files[i];
        }
    }
    return NULL;
}

void disk_done(struct disk *d)
{
    for (size_t i = 0; i < d->n; i++) {
        free(d->files[i].name);
    }
    free(d->files);
    *d = (struct disk){ 0 };
}
