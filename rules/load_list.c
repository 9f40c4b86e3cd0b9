/* load_list.c - reads lists from text files, one entry a line; '#' begins a comment.
 *
 * The *.txt files of a folder named allowed, signatures or dangerous are one list with the name of
 * the folder; any other file is a list with the name of the file.
 *   allowed/    module name op,op    # note      ops: import call new build method argument enum
 *   signatures/ module name op PATTERN ; op PATTERN  # note    see signature.h
 *   dangerous/  module name reason words         name "*": the module and all below it
 *   x.txt       one text a line */
#include "build.h"
#include "signature.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    MAX_FILE_BYTES = 16 << 20, /* of a pack or a list */
    MAX_LIST_DEPTH = 4 /* folders within lists/ */
};

char *path_join(const char *dir, const char *name)
{
    char *path = NULL;
    const char *slash = dir[0] != 0 ? "/" : "";
    if (asprintf(&path, "%s%s%s", dir, slash, name) < 0) {
        return NULL;
    }
    return path;
}

/* Reads up to MAX_FILE_BYTES and one more.  Returns NULL with errno set. */
static char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return NULL;
    }

    char *buf = malloc(MAX_FILE_BYTES + 1);
    if (buf != NULL) {
        *n = fread(buf, 1, MAX_FILE_BYTES + 1, f);
    }

    bool ok = buf != NULL && !ferror(f);
    int error = errno;
    (void)fclose(f); /* opened for reading */
    if (!ok) {
        free(buf);
        errno = error;
        return NULL;
    }

    return buf;
}

char *load_bytes(struct loader *l, const char *path, size_t *n)
{
    *n = 0;
    char *buf = read_file(path, n);
    if (buf == NULL) {
        (void)load_fail(l, "cannot be read: %s", strerror(errno)); /* NULL is returned */
        return NULL;
    }
    if (*n > MAX_FILE_BYTES) {
        (void)load_fail(l, "cannot be read: too large"); /* NULL is returned */
        free(buf);
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

static bool ends_in(const char *name, const char *end)
{
    size_t n = strlen(name);
    size_t e = strlen(end);
    return n > e && strcmp(name + n - e, end) == 0;
}

/* Sets *out to whether a name of a folder is listed by load_names().  False without memory. */
static bool is_wanted(struct loader *l, const char *dir, const char *name, const char *end,
                      bool *out)
{
    struct stat st;
    *out = false;
    if (name[0] == '.') {
        return true;
    }

    char *path = path_join(dir, name);
    if (path == NULL) {
        return load_nomem(l);
    }

    bool is_folder = stat(path, &st) == 0 && S_ISDIR(st.st_mode);
    free(path);
    *out = end != NULL ? !is_folder && ends_in(name, end) : is_folder;
    return true;
}

static bool add_name(struct loader *l, struct vec *v, const char *text)
{
    char *name = strdup(text);
    if (name == NULL) {
        return load_nomem(l);
    }

    char **slot = vec_add(v, sizeof *slot);
    if (slot == NULL) {
        free(name);
        return load_nomem(l);
    }

    *slot = name;
    return true;
}

static bool read_names(struct loader *l, DIR *d, const char *dir, const char *end, struct vec *v)
{
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        bool wanted;
        if (!is_wanted(l, dir, e->d_name, end, &wanted)) {
            return false;
        }
        if (wanted && !add_name(l, v, e->d_name)) {
            return false;
        }
    }

    return true;
}

bool load_names(struct loader *l, const char *dir, const char *end, char ***names, size_t *n)
{
    struct vec v = { 0 };
    bool ok = true;
    DIR *d = opendir(dir);
    if (d != NULL) {
        ok = read_names(l, d, dir, end, &v);
        (void)closedir(d); /* opened for reading */
    } else if (errno != ENOENT) {
        ok = load_fail(l, "%s: %s", dir, strerror(errno));
    }

    if (v.num > 0) {
        qsort(v.p, v.num, sizeof(char *), compare_names);
    }

    *names = v.p;
    *n = v.num;
    return ok;
}

/* The kind of a list, by the last part of its name. */
static enum list_kind kind_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *word = slash != NULL ? slash + 1 : name;
    if (strcmp(word, "allowed") == 0) {
        return LIST_ALLOWED;
    }
    if (strcmp(word, "signatures") == 0) {
        return LIST_SIGNATURES;
    }

    return strcmp(word, "dangerous") == 0 ? LIST_DANGEROUS : LIST_PLAIN;
}

static const char *text_of(const struct loader *l, struct pool_text t)
{
    return (const char *)l->pool.p + t.off;
}

/* The index of a loaded list, or the number of lists. */
static size_t find_loaded(const struct loader *l, const char *name)
{
    const struct list *lists = l->lists.p;
    size_t i = 0;
    while (i < l->lists.num && strcmp(text_of(l, lists[i].name), name) != 0) {
        i++;
    }
    return i;
}

const struct list *loader_list(const struct loader *l, const char *name)
{
    size_t i = find_loaded(l, name);
    if (i < l->lists.num) {
        return (const struct list *)l->lists.p + i;
    }
    return l->base != NULL ? list_find(l->base, bytes_of(name)) : NULL;
}

/* The index of a list, which is added if it is new.  Lists are not removed: the index stays
 * valid. */
static bool add_list(struct loader *l, const char *name, uint32_t *out)
{
    size_t i = find_loaded(l, name);
    *out = (uint32_t)i;
    if (i < l->lists.num) {
        return true;
    }

    bool lowers = kind_of(name) == LIST_ALLOWED || kind_of(name) == LIST_SIGNATURES;
    if (lowers && l->base != NULL && loader_list(l, name) != NULL) {
        return load_fail(l, "list '%s' is built in: what it flags cannot be allowed here", name);
    }

    struct pool_text text;
    if (!build_text(l, name, &text)) {
        return false;
    }

    struct list *slot = vec_add(&l->lists, sizeof *slot);
    if (slot == NULL) {
        return load_nomem(l);
    }

    *slot = (struct list){ .name = text, .kind = (uint32_t)kind_of(name) };
    return true;
}

/* Returns the next word of *s, which is NUL-ended in place, or NULL at the end. */
static char *next_word(char **s)
{
    char *w = *s + strspn(*s, " \t");
    if (*w == 0) {
        return NULL;
    }
    char *end = w + strcspn(w, " \t");
    *s = *end != 0 ? end + 1 : end;
    *end = 0;
    return w;
}

static bool has_wildcard(const char *text) { return strchr(text, '*') != NULL; }

static bool parse_ops(struct loader *l, char *words, uint32_t *out)
{
    char *save = NULL;
    for (char *w = strtok_r(words, ",", &save); w != NULL; w = strtok_r(NULL, ",", &save)) {
        uint32_t bit = op_bit(bytes_of(w));
        if (bit == 0) {
            return load_fail(l, "unknown operation '%s'", w);
        }
        if ((*out & bit) != 0) {
            return load_fail(l, "repeated operation '%s'", w);
        }
        *out |= bit;
    }

    return *out != 0 || load_fail(l, "an operation is needed");
}

static bool parse_allowed(struct loader *l, char *rest, struct item *it)
{
    char *ops = next_word(&rest);
    char *note = next_word(&rest);
    if (ops == NULL) {
        return load_fail(l, "module, name and operations are needed");
    }
    if (note != NULL && *note != '#') {
        return load_fail(l, "'%s' after the operations", note);
    }
    if (has_wildcard(it->module) || has_wildcard(it->name)) {
        return load_fail(l, "no wildcards: allow name by name");
    }

    return parse_ops(l, ops, &it->ops);
}

static bool parse_dangerous(struct loader *l, char *rest, struct item *it)
{
    rest += strspn(rest, " \t");
    if (*rest == 0) {
        return load_fail(l, "a reason is needed");
    }

    bool is_whole_module = strcmp(it->name, "*") == 0;
    if (has_wildcard(it->module) || (has_wildcard(it->name) && !is_whole_module)) {
        return load_fail(l, "'*' stands alone, for every name of a module");
    }

    it->reason = strdup(rest);
    return it->reason != NULL || load_nomem(l);
}

/* "op PATTERN ; op PATTERN ... # note" */
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
    if (has_wildcard(it->module) || has_wildcard(it->name)) {
        return load_fail(l, "no wildcards: one signature a name");
    }

    it->reason = strdup(rest);
    return it->reason != NULL || load_nomem(l);
}

static bool set_names(struct loader *l, struct item *it, const char *module, const char *name)
{
    it->module = strdup(module);
    it->name = strdup(name);
    return (it->module != NULL && it->name != NULL) || load_nomem(l);
}

static bool parse_entry(struct loader *l, char *line, enum list_kind kind, struct item *it)
{
    if (kind == LIST_PLAIN) {
        return set_names(l, it, line, "");
    }

    char *module = next_word(&line);
    char *name = next_word(&line);
    if (module == NULL || name == NULL) {
        return load_fail(l, "module and name are needed");
    }
    if (!set_names(l, it, module, name)) {
        return false;
    }

    switch (kind) {
    case LIST_SIGNATURES: return parse_signature(l, line, it);
    case LIST_ALLOWED: return parse_allowed(l, line, it);
    default: return parse_dangerous(l, line, it);
    }
}

/* Removes blanks from both ends, in place. */
static char *trim_blanks(char *line)
{
    line += strspn(line, " \t");
    for (size_t n = strlen(line); n > 0 && (line[n - 1] == ' ' || line[n - 1] == '\t'); n--) {
        line[n - 1] = 0;
    }
    return line;
}

static bool has_control(const char *line)
{
    for (; *line != 0; line++) {
        if ((unsigned char)*line < ' ' && *line != '\t') {
            return true;
        }
    }
    return false;
}

static bool parse_line(struct loader *l, char *line, uint32_t list, unsigned number, char *file)
{
    line = trim_blanks(line);
    if (*line == 0 || *line == '#') {
        return true;
    }
    if (has_control(line)) {
        return load_fail(l, "a control character");
    }

    struct item *it = vec_add(&l->items, sizeof *it);
    if (it == NULL) {
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
    char *file = build_copy(l, l->file);
    char *next = text;
    if (file == NULL || !add_list(l, name, &list)) {
        return false;
    }
    if (memchr(text, 0, n) != NULL) {
        return load_fail(l, "a NUL in the file");
    }

    for (unsigned number = 1; next != NULL; number++) {
        char *line = strsep(&next, "\n");
        (void)snprintf(l->pointer, sizeof l->pointer, "%u", number); /* fits */
        if (!parse_line(l, line, list, number, file)) {
            return false;
        }
    }

    l->pointer[0] = 0;
    return true;
}

bool load_list_file(struct loader *l, const char *path, const char *name)
{
    size_t n = 0;
    free(l->file);
    l->file = strdup(path);
    if (l->file == NULL) {
        return load_nomem(l);
    }

    char *text = load_bytes(l, path, &n);
    bool ok = text != NULL && parse_lines(l, text, n, name);
    free(text);
    return ok;
}

/* The name of a list: "pickle/allowed" for torch.txt in pickle/allowed, "x" for x.txt in "". */
static char *list_name(const char *prefix, const char *file)
{
    if (kind_of(prefix) != LIST_PLAIN) {
        return strdup(prefix);
    }
    char *name = path_join(prefix, file);
    if (name != NULL) {
        name[strlen(name) - strlen(".txt")] = 0;
    }
    return name;
}

static bool load_named(struct loader *l, const char *dir, const char *prefix, const char *file)
{
    char *path = path_join(dir, file);
    char *name = list_name(prefix, file);
    bool ok = false;
    if (path == NULL || name == NULL) {
        (void)load_nomem(l); /* ok is false */
    } else {
        ok = load_list_file(l, path, name);
    }

    free(path);
    free(name);
    return ok;
}

static bool load_folder(struct loader *l, const char *dir, const char *prefix, int depth);

static bool load_subfolder(struct loader *l, const char *dir, const char *prefix,
                           const char *folder, int depth)
{
    char *sub = path_join(dir, folder);
    char *name = path_join(prefix, folder);
    bool ok = false;
    if (sub == NULL || name == NULL) {
        (void)load_nomem(l); /* ok is false */
    } else {
        ok = load_folder(l, sub, name, depth + 1);
    }

    free(sub);
    free(name);
    return ok;
}

/* Recursion is at most MAX_LIST_DEPTH deep. */
static bool load_folder(struct loader *l, const char *dir, const char *prefix, int depth)
{
    char **files = NULL;
    char **folders = NULL;
    size_t num_files = 0;
    size_t num_folders = 0;
    bool ok = load_names(l, dir, ".txt", &files, &num_files)
              && load_names(l, dir, NULL, &folders, &num_folders);
    for (size_t i = 0; ok && i < num_files; i++) {
        ok = load_named(l, dir, prefix, files[i]);
    }

    for (size_t i = 0; ok && depth < MAX_LIST_DEPTH && i < num_folders; i++) {
        ok = load_subfolder(l, dir, prefix, folders[i], depth);
    }

    names_free(files, num_files);
    names_free(folders, num_folders);
    return ok;
}

bool load_lists(struct loader *l, const char *dir) { return load_folder(l, dir, "", 0); }
