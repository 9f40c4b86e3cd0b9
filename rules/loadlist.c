/* loadlist.c - lists in text files, one entry a line, '#' begins a comment.
 *
 * The list is named after its folder when that is called allowed or dangerous
 * (all *.txt in it are one list), else after its file:
 *   allowed/    module name op,op    # note      ops of import call new build method argument
 *   signatures/ module name op PATTERN ; op PATTERN  # note    see signature.h
 *   dangerous/  module name reason words         name "*": the module and all below it
 *   x.txt       one text a line */
#ifndef _GNU_SOURCE
#    define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "build.h"
#include "signature.h"

enum { MAX_FILE_BYTES = 16 << 20, MAX_LIST_DEPTH = 4 };

char *path_join(const char *dir, const char *name)
{
    char *path = NULL;
    return asprintf(&path, "%s%s%s", dir, *dir ? "/" : "", name) < 0 ? NULL : path;
}

char *load_bytes(struct loader *l, const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    char *buf = f ? malloc(MAX_FILE_BYTES + 1) : NULL;
    *n = buf ? fread(buf, 1, MAX_FILE_BYTES + 1, f) : 0;
    bool ok = buf && !ferror(f) && *n <= MAX_FILE_BYTES;
    if (f) {
        (void)fclose(f); /* read only */
    }
    if (!ok) {
        (void)load_fail(l, "cannot be read: %s",
                        buf && *n > MAX_FILE_BYTES ? "too large" : strerror(errno));
        free(buf); /* NULL tells the caller */
        return NULL;
    }
    buf[*n] = 0;
    return buf;
}

void names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(names[i]);
    }
    free(names);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool wanted(struct loader *l, const char *dir, const char *name, const char *end, bool *ok)
{
    size_t n = strlen(name), e = end ? strlen(end) : 0;
    if (name[0] == '.') {
        return false;
    }
    char *path = path_join(dir, name);
    struct stat st;
    *ok = path || load_nomem(l);
    bool folder = path && stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    free(path);
    return end ? !folder && n > e && strcmp(name + n - e, end) == 0 : folder;
}

bool load_names(struct loader *l, const char *dir, const char *end, char ***names, size_t *n)
{
    struct vec v = { 0 };
    DIR *d = opendir(dir);
    bool ok = d || errno == ENOENT || load_fail(l, "%s: %s", dir, strerror(errno));
    for (struct dirent *e; ok && d && (e = readdir(d));) {
        if (wanted(l, dir, e->d_name, end, &ok) && ok) {
            char *name = strdup(e->d_name), **slot = name ? vec_add(&v, sizeof *slot) : NULL;
            if (slot) {
                *slot = name;
            } else {
                free(name);
                ok = load_nomem(l);
            }
        }
    }
    if (d) {
        (void)closedir(d); /* read only */
    }
    if (v.num) {
        qsort(v.p, v.num, sizeof(char *), compare_names);
    }
    *names = v.p;
    *n = v.num;
    return ok;
}

static const char *word_after(const char *name)
{
    const char *slash = strrchr(name, '/');
    return slash ? slash + 1 : name;
}

static enum list_kind kind_of(const char *name)
{
    const char *word = word_after(name);
    if (strcmp(word, "allowed") == 0) {
        return LIST_ALLOWED;
    }
    if (strcmp(word, "signatures") == 0) {
        return LIST_SIGNATURES;
    }
    return strcmp(word, "dangerous") == 0 ? LIST_DANGEROUS : LIST_PLAIN;
}

static const char *pool_text(const struct loader *l, struct text t)
{
    return (const char *)l->pool.p + t.off;
}

const struct list *loader_list(const struct loader *l, const char *name)
{
    const struct list *lists = l->lists.p;
    for (size_t i = 0; i < l->lists.num; i++) {
        if (strcmp(pool_text(l, lists[i].name), name) == 0) {
            return &lists[i];
        }
    }
    return l->base ? list_find(l->base, bytes_of(name)) : NULL;
}

/* Rows of lists are never taken back, so an index stays good. */
static bool add_list(struct loader *l, const char *name, uint32_t *out)
{
    const struct list *lists = l->lists.p;
    for (size_t i = 0; i < l->lists.num; i++) {
        if (strcmp(pool_text(l, lists[i].name), name) == 0) {
            *out = (uint32_t)i;
            return true;
        }
    }
    bool lowers = kind_of(name) == LIST_ALLOWED || kind_of(name) == LIST_SIGNATURES;
    if (lowers && l->base != NULL && loader_list(l, name)) {
        return load_fail(l, "list '%s' is built in: what it flags cannot be allowed here", name);
    }
    struct text t;
    struct list *slot = build_text(l, name, &t) ? vec_add(&l->lists, sizeof *slot) : NULL;
    if (!slot) {
        return load_nomem(l);
    }
    *slot = (struct list){ .name = t, .kind = (uint32_t)kind_of(name) };
    *out = (uint32_t)(l->lists.num - 1);
    return true;
}

/* The next word of *s, NUL-ended in place; NULL at the end. */
static char *take_word(char **s)
{
    char *w = *s + strspn(*s, " \t");
    if (!*w) {
        return NULL;
    }
    char *end = w + strcspn(w, " \t");
    *s = *end ? end + 1 : end;
    *end = 0;
    return w;
}

static bool parse_ops(struct loader *l, char *words, uint32_t *out)
{
    for (char *save = NULL, *w = strtok_r(words, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
        uint32_t bit = op_bit(bytes_of(w));
        if (!bit || (*out & bit)) {
            return load_fail(l, "%s operation '%s'", bit ? "repeated" : "unknown", w);
        }
        *out |= bit;
    }
    return *out || load_fail(l, "an operation is needed");
}

static bool parse_allowed(struct loader *l, char *rest, struct item *it)
{
    char *ops = take_word(&rest), *note = take_word(&rest);
    if (!ops) {
        return load_fail(l, "module, name and operations are needed");
    }
    if (note && *note != '#') {
        return load_fail(l, "'%s' after the operations", note);
    }
    if (strchr(it->module, '*') || strchr(it->name, '*')) {
        return load_fail(l, "no wildcards: allow name by name");
    }
    return parse_ops(l, ops, &it->ops);
}

static bool parse_dangerous(struct loader *l, char *rest, struct item *it)
{
    rest += strspn(rest, " \t");
    if (!*rest) {
        return load_fail(l, "a reason is needed");
    }
    if (strchr(it->module, '*') || (strchr(it->name, '*') && strcmp(it->name, "*") != 0)) {
        return load_fail(l, "'*' stands alone, for every name of a module");
    }
    it->reason = strdup(rest);
    return it->reason || load_nomem(l);
}

/* module name CLAUSE ; CLAUSE ...    # why it is so */
static bool parse_signature(struct loader *l, char *rest, struct item *it)
{
    char *note = strstr(rest, " #");
    if (note != NULL) {
        *note = 0;
    }
    const char *wrong = signature_check(bytes_of(rest));
    if (wrong != NULL) {
        return load_fail(l, "%s", wrong);
    }
    if (strchr(it->module, '*') || strchr(it->name, '*')) {
        return load_fail(l, "no wildcards: one signature a name");
    }
    it->reason = strdup(rest);
    return it->reason || load_nomem(l);
}

static bool parse_entry(struct loader *l, char *line, enum list_kind kind, struct item *it)
{
    if (kind == LIST_PLAIN) {
        it->module = strdup(line);
        it->name = strdup("");
        return (it->module && it->name) || load_nomem(l);
    }
    char *module = take_word(&line), *name = take_word(&line);
    if (!module || !name) {
        return load_fail(l, "module and name are needed");
    }
    it->module = strdup(module);
    it->name = strdup(name);
    if (!it->module || !it->name) {
        return load_nomem(l);
    }
    if (kind == LIST_SIGNATURES) {
        return parse_signature(l, line, it);
    }
    return kind == LIST_ALLOWED ? parse_allowed(l, line, it) : parse_dangerous(l, line, it);
}

static bool parse_line(struct loader *l, char *line, uint32_t list, unsigned number, char *file)
{
    line += strspn(line, " \t");
    for (size_t n = strlen(line); n && (line[n - 1] == ' ' || line[n - 1] == '\t'); n--) {
        line[n - 1] = 0;
    }
    if (!*line || *line == '#') {
        return true;
    }
    for (const char *c = line; *c; c++) {
        if ((unsigned char)*c < ' ' && *c != '\t') {
            return load_fail(l, "a control character");
        }
    }
    struct item *it = vec_add(&l->items, sizeof *it);
    if (!it) {
        return load_nomem(l);
    }
    it->list = list;
    it->line = number;
    it->file = file;
    enum list_kind kind = (enum list_kind)((struct list *)l->lists.p)[list].kind;
    return parse_entry(l, line, kind, it);
}

static bool parse_lines(struct loader *l, char *text, size_t n, const char *name)
{
    uint32_t list = 0;
    char *file = build_keep(l, l->file), *next = text;
    if (!file || !add_list(l, name, &list)) {
        return false;
    }
    if (memchr(text, 0, n)) {
        return load_fail(l, "a NUL in the file");
    }
    for (unsigned number = 1; next; number++) {
        char *line = strsep(&next, "\n");
        (void)snprintf(l->at, sizeof l->at, "%u", number); /* fits */
        if (!parse_line(l, line, list, number, file)) {
            return false;
        }
    }
    l->at[0] = 0;
    return true;
}

bool load_list_file(struct loader *l, const char *path, const char *name)
{
    size_t n = 0;
    free(l->file);
    l->file = strdup(path);
    char *text = l->file ? load_bytes(l, path, &n) : NULL;
    bool ok = text && parse_lines(l, text, n, name);
    free(text);
    return ok;
}

/* "pickle/allowed" and torch.txt make pickle/allowed; "" and x.txt make x. */
static bool load_named(struct loader *l, const char *dir, const char *prefix, const char *file)
{
    char *path = path_join(dir, file), *name = NULL;
    if (kind_of(prefix) == LIST_PLAIN) {
        name = path_join(prefix, file);
        if (name) {
            name[strlen(name) - strlen(".txt")] = 0;
        }
    } else {
        name = strdup(prefix);
    }
    bool ok = path && name ? load_list_file(l, path, name) : load_nomem(l);
    free(path);
    free(name);
    return ok;
}

static bool load_folder(struct loader *l, const char *dir, const char *prefix, int depth)
{
    char **files = NULL, **folders = NULL;
    size_t num_files = 0, num_folders = 0;
    bool ok = load_names(l, dir, ".txt", &files, &num_files)
              && load_names(l, dir, NULL, &folders, &num_folders);
    for (size_t i = 0; ok && i < num_files; i++) {
        ok = load_named(l, dir, prefix, files[i]);
    }
    for (size_t i = 0; ok && depth < MAX_LIST_DEPTH && i < num_folders; i++) {
        char *sub = path_join(dir, folders[i]), *name = path_join(prefix, folders[i]);
        ok = sub && name ? load_folder(l, sub, name, depth + 1) : load_nomem(l);
        free(sub);
        free(name);
    }
    names_free(files, num_files);
    names_free(folders, num_folders);
    return ok;
}

bool load_lists(struct loader *l, const char *dir) { return load_folder(l, dir, "", 0); }
