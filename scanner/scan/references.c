#include "references.h"

#include "../report/escape.h"
#include "open_companion.h"
#include "hub_cache.h"
#include "file.h"
#include "amend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool add_external_gap(struct report *r, size_t index, const struct extern_row *e,
                             const char *why)
{
    char detail[146];
    char *shown = escape_printable(bytes_of(e->path), 80);
    snprintf(detail, sizeof detail, "%s: %s", shown != NULL ? shown : "?", why);
    free(shown);
    return file_add_gap(&r->files[index], gap_detail(GAP_EXTERNAL_FILE, detail));
}

static bool add_anomaly(struct report *r, const struct scan_options *o, size_t index,
                        const char *slug, const char *detail, struct num declared,
                        struct num actual)
{
    return file_add_anomaly(&r->files[index], o, slug, detail, declared, actual);
}

/* "dir/model.onnx" refers to "w.bin": "dir/w.bin". */
static char *join(const char *path, const char *name)
{
    const char *slash = strrchr(path, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *out = malloc(folder + strlen(name) + 1);
    if (out != NULL) {
        memcpy(out, path, folder);
        strcpy(out + folder, name);
    }
    return out;
}

static bool add_external_file(struct report *r, const struct scan_options *o, int fd,
                              const char *path, size_t index, const char *name)
{
    char *whole = join(path, name), *rel = join(r->files[index].rel, name);
    bool ok = whole != NULL && rel != NULL && scan_external(r, o, fd, whole, rel);
    free(whole);
    free(rel);
    return ok;
}

static bool check_external(struct report *r, const struct scan_options *o, size_t index,
                           const struct extern_row *e, const struct stat *st)
{
    if (e->end > (uint64_t)st->st_size
        && !add_anomaly(r, o, index, "extern-past-end",
                        "the model reads past the end of a file beside it", num_of(e->end),
                        num_of((uint64_t)st->st_size))) {
        return false;
    }
    return st->st_nlink == 1
           || add_anomaly(r, o, index, "extern-hard-link",
                          "a file beside the model has a second name elsewhere", NUM_NONE,
                          num_of((uint64_t)st->st_nlink));
}

static int open_external(const struct scan_options *o, const char *label, const char *path,
                         const struct extern_row *e, const char **why)
{
    if (o->open_external != NULL) {
        *why = "not given";
        return o->open_external(o->open_external_ctx, label, e->path);
    }
    if (path == NULL) {
        *why = "the model was not opened by a path";
        return -1;
    }
    return open_companion(path, bytes_of(e->path), why);
}

/* Checks a file that the model refers to, and adds it to the report if `add`. */
static bool read_external(struct report *r, const struct scan_options *o, const char *path,
                          size_t index, const struct extern_row *e, int fd, bool add)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return add_external_gap(r, index, e, "not a regular file");
    }
    return check_external(r, o, index, e, &st)
           && (!add || add_external_file(r, o, fd, path, index, e->path));
}

static bool resolve_one(struct report *r, const struct scan_options *o, const char *path,
                        size_t index, const struct extern_row *e, bool add)
{
    const char *why;
    int fd = open_external(o, r->files[index].path, path, e, &why);
    path = path != NULL ? path : r->files[index].path;
    if (fd < 0) { /* a blob has other names, and its files lie beside those */
        return hub_cache_is_blob(path) || add_external_gap(r, index, e, why);
    }
    bool ok = read_external(r, o, path, index, e, fd, add);
    close(fd);
    return ok;
}

/* A blob of a download cache is named by its digest. */
static bool check_blob_name(struct report *r, const struct scan_options *o, size_t index)
{
    return !hub_cache_is_wrong(&r->files[index])
           || add_anomaly(
               r, o, index, "blob-digest",
               "a blob is not what its name says: a download that broke off, or was changed",
               NUM_NONE, NUM_NONE);
}

bool references_of_file(struct report *r, const struct scan_options *o, const char *path,
                        size_t index, bool add)
{
    if (!check_blob_name(r, o, index)) {
        return false;
    }
    for (size_t i = 0; i < r->files[index].num_externs; i++) {
        struct extern_row e = r->files[index].externs[i]; /* adding a file moves the files */
        if (!resolve_one(r, o, path, index, &e, add)) {
            return false;
        }
    }
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool collect_names(struct report *r, char **names, size_t n)
{
    size_t k = 0;
    for (size_t i = 0; i < r->num_files; i++) {
        for (size_t e = 0; e < r->files[i].num_externs; e++) {
            names[k] = join(r->files[i].rel, r->files[i].externs[e].path);
            if (names[k++] == NULL) {
                return false;
            }
        }
    }
    qsort(names, n, sizeof *names, by_text);
    return true;
}

/* Python code beside a model is not loaded by itself, but by loaders that trust the folder. */
static bool note_code(struct report *r, const struct scan_options *o)
{
    bool model = false, ok = true;
    for (size_t i = 0; i < r->num_files; i++) {
        model |= r->files[i].verdict != VERDICT_NOT_A_MODEL;
    }
    for (size_t i = 0; model && ok && i < r->num_files; i++) {
        if (bytes_end(bytes_of(r->files[i].rel), BYTES(".py"))) {
            ok = add_anomaly(r, o, i, "python-beside-model", "Python code in the folder of a model",
                             NUM_NONE, NUM_NONE);
        }
    }
    return ok;
}

bool references_are_deferred(const char *rel)
{
    size_t stem;
    return bytes_end(bytes_of(rel), BYTES(".py")) || hub_cache_parts(rel, &stem) > 0;
}

static bool same_split(const char *a, const char *b, size_t stem)
{
    size_t other;
    return hub_cache_parts(b, &other) == hub_cache_parts(a, &stem) && other == stem
           && strncmp(a, b, stem) == 0;
}

/* A model in parts is one model: missing parts are a gap of its first part. */
static bool note_parts(struct report *r)
{
    for (size_t i = 0; i < r->num_files; i++) {
        size_t stem = 0, here = 0;
        unsigned parts = hub_cache_parts(r->files[i].rel, &stem);
        for (size_t k = 0; parts > 0 && k < r->num_files; k++) {
            if (same_split(r->files[i].rel, r->files[k].rel, stem)) {
                parts = k < i ? 0 : parts; /* that part has the gap */
                here++;
            }
        }
        char detail[48];
        snprintf(detail, sizeof detail, "%zu of the %u", here, parts);
        if (parts > here && !file_add_gap(&r->files[i], gap_detail(GAP_MISSING_PARTS, detail))) {
            return false;
        }
    }
    return true;
}

static void free_names(char **names, size_t n)
{
    for (size_t i = 0; names != NULL && i < n; i++) {
        free(names[i]);
    }
    free(names);
}

/* Files of unknown format that a model refers to are external data. */
static bool mark_external(struct report *r, char *const *names, size_t n)
{
    bool ok = true;
    for (size_t i = 0; ok && n > 0 && i < r->num_files; i++) {
        const char *rel = r->files[i].rel;
        if (bsearch(&rel, names, n, sizeof *names, by_text) != NULL) {
            ok = file_is_external(&r->files[i]);
        }
    }
    return ok;
}

bool references_of_folder(struct report *r, const struct scan_options *o)
{
    if (!note_code(r, o) || !note_parts(r)) {
        return false;
    }
    size_t n = 0;
    for (size_t i = 0; i < r->num_files; i++) {
        n += r->files[i].num_externs;
    }
    char **names = calloc(n + 1, sizeof *names);
    bool ok = names != NULL && collect_names(r, names, n) && mark_external(r, names, n);
    free_names(names, n);
    return ok;
}
