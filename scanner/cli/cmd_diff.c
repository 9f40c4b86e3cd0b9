/* cmd_diff.c - what changed between two JSON reports (modelassay.report/1).
 *
 * Each file becomes a sorted list of lines: its findings, imports and gaps, without
 * offsets, for these move with every byte.  What stands in one list only is shown. */
#include "cli.h"

#include "../report/escape.h"
#include "../report/jsonw.h"
#include "../util/file_io.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REPORT (64u << 20) /* bytes; jsonw.h reads no more */
#define MAX_SHOWN 4096u

/* bad: nobody wants it to be new */
struct line {
    char *text;
    bool bad;
};
struct lines {
    struct line *items;
    size_t n, cap;
    bool failed;
};
struct entry {
    const char *path;
    const struct json *file;
};
struct side {
    struct json *report;
    struct entry *files;
    size_t n;
};

/* --- lines --------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void add(struct lines *l, bool bad, const char *format,
                                                      ...)
{
    if (l->n == l->cap) {
        size_t cap = l->cap == 0 ? 16 : l->cap * 2;
        struct line *p = realloc(l->items, cap * sizeof *p);
        if (p == NULL) {
            l->failed = true;
            return;
        }
        l->items = p;
        l->cap = cap;
    }
    va_list args;
    char *text = NULL;
    va_start(args, format);
    if (vasprintf(&text, format, args) < 0) {
        text = NULL;
    }
    va_end(args);
    if (text == NULL) {
        l->failed = true;
        return;
    }
    l->items[l->n++] = (struct line){ text, bad };
}

static const char *text_at(const struct json *o, const char *key)
{
    const char *text = json_string(json_get(o, key));
    return text != NULL ? text : "";
}

static bool grave(const char *severity)
{
    return strcmp(severity, "medium") == 0 || strcmp(severity, "high") == 0
           || strcmp(severity, "critical") == 0;
}

static void add_findings(struct lines *l, const struct json *file)
{
    const struct json *all = json_get(file, "findings");
    for (const struct json *f = json_after(all, NULL); f != NULL; f = json_after(all, f)) {
        const char *waived = json_string(json_get(f, "waived"));
        add(l, waived == NULL && grave(text_at(f, "severity")), "%-8s %s: %s in %s%s%s",
            text_at(f, "severity"), text_at(f, "rule"), text_at(f, "evidence"), text_at(f, "where"),
            waived != NULL ? ", waived: " : "", waived != NULL ? waived : "");
    }
}

static void add_imports(struct lines *l, const struct json *file)
{
    const struct json *all = json_get(file, "imports");
    for (const struct json *i = json_after(all, NULL); i != NULL; i = json_after(all, i)) {
        const char *safety = text_at(i, "safety");
        add(l, strcmp(safety, "innocuous") != 0, "import   %s.%s, %s, in %s", text_at(i, "module"),
            text_at(i, "name"), safety, text_at(i, "where"));
    }
}

static void add_gaps(struct lines *l, const struct json *gaps)
{
    for (const struct json *g = json_after(gaps, NULL); g != NULL; g = json_after(gaps, g)) {
        add(l, strcmp(text_at(g, "reason"), "excluded") != 0, "gap      %s: %s",
            text_at(g, "where"), text_at(g, "reason"));
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

static void sort(struct lines *l)
{
    if (l->n > 1) {
        qsort(l->items, l->n, sizeof *l->items, by_text);
    }
}

static void lines_done(struct lines *l)
{
    for (size_t i = 0; i < l->n; i++) {
        free(l->items[i].text);
    }
    free(l->items);
}

/* --- comparing -------------------------------------------------------------------- */

static void put(const char *mark, const char *text)
{
    char *shown = escape_printable(bytes_of(text), MAX_SHOWN);
    printf("%s%s\n", mark, shown != NULL ? shown : "?");
    free(shown);
}

/* Both sorted.  Is anything new that nobody wants? */
static bool compare_lines(const struct lines *old, const struct lines *new)
{
    bool worse = false;
    for (size_t i = 0, k = 0; i < old->n || k < new->n;) {
        int order = i == old->n ? 1 : k == new->n ? -1 : by_text(&old->items[i], &new->items[k]);
        if (order < 0) {
            put("    - ", old->items[i].text);
        } else if (order > 0) {
            put("    + ", new->items[k].text);
            worse |= new->items[k].bad;
        }
        i += order <= 0;
        k += order >= 0;
    }
    return worse;
}

static void lines_of(struct lines *l, const struct json *file)
{
    if (file != NULL) {
        add_findings(l, file);
        add_imports(l, file);
        add_gaps(l, json_get(json_get(file, "coverage"), "not_scanned"));
        sort(l);
    }
}

static int rank(const char *verdict)
{
    for (int v = VERDICT_NOT_A_MODEL; v <= VERDICT_MALICIOUS; v++) {
        if (strcmp(verdict, verdict_name((enum verdict)v)) == 0) {
            return v;
        }
    }
    return VERDICT_MALICIOUS; /* a word that we do not know is nothing good */
}

/* Either may be NULL: the file is new, or gone.  True when it is worse than it was. */
static bool compare_files(const char *path, const struct json *old, const struct json *new,
                          bool *failed)
{
    struct lines before = { 0 }, after = { 0 };
    const char *was = old != NULL ? text_at(old, "verdict") : "",
               *is = new != NULL ? text_at(new, "verdict") : "";
    bool bytes =
        old == NULL || new == NULL || strcmp(text_at(old, "sha256"), text_at(new, "sha256")) != 0;
    lines_of(&before, old);
    lines_of(&after, new);
    if (old == NULL || new == NULL || bytes || strcmp(was, is) != 0) {
        put(old == NULL ? "+ " : new == NULL ? "- " : "~ ", path);
        printf("    %s%s%s%s\n", was, old != NULL && new != NULL ? " -> " : "", is,
               old != NULL && new != NULL &&bytes ? ", other bytes" : "");
    } else {
        bool same = before.n == after.n;
        for (size_t i = 0; same && i < before.n; i++) {
            same = by_text(&before.items[i], &after.items[i]) == 0;
        }
        if (!same) {
            put("~ ", path);
        }
    }
    bool worse = compare_lines(&before, &after);
    worse |= new != NULL &&rank(is) > VERDICT_CLEAN && (old == NULL || rank(is) > rank(was));
    *failed |= before.failed || after.failed;
    lines_done(&before);
    lines_done(&after);
    return worse;
}

/* What is said of the scan itself: gaps beside the files. */
static bool compare_scans(const struct json *old, const struct json *new, bool *failed)
{
    struct lines before = { 0 }, after = { 0 };
    add_gaps(&before, json_get(old, "not_scanned"));
    add_gaps(&after, json_get(new, "not_scanned"));
    sort(&before);
    sort(&after);
    bool worse = compare_lines(&before, &after);
    *failed |= before.failed || after.failed;
    lines_done(&before);
    lines_done(&after);
    return worse;
}

/* --- the two reports ------------------------------------------------------------- */

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->path, ((const struct entry *)b)->path);
}

static bool list_files(struct side *s)
{
    const struct json *all = json_get(s->report, "files");
    size_t n = 0;
    for (const struct json *f = json_after(all, NULL); f != NULL; f = json_after(all, f)) {
        n++;
    }
    s->files = calloc(n + 1, sizeof *s->files);
    for (const struct json *f = json_after(all, NULL); s->files != NULL && f != NULL;
         f = json_after(all, f)) {
        s->files[s->n++] = (struct entry){ text_at(f, "path"), f };
    }
    if (s->n > 1) {
        qsort(s->files, s->n, sizeof *s->files, by_path);
    }
    return s->files != NULL;
}

static int load(struct side *s, const char *path)
{
    const char *why = NULL;
    size_t n = 0;
    uint8_t *text = input_read(path, MAX_REPORT, &n, &why);
    if (text != NULL) {
        s->report = json_parse((struct bytes){ text, n }, &why);
        free(text);
    }
    if (s->report == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", path, why);
    }
    if (strcmp(text_at(s->report, "schema"), "modelassay.report/1") != 0
        || !json_is_array(json_get(s->report, "files"))) {
        return complain(EXIT_INCOMPLETE, "%s: no report of modelassay (scan --format json)", path);
    }
    return list_files(s) ? 0 : complain(EXIT_INCOMPLETE, "out of memory");
}

static int compare(const struct side *old, const struct side *new)
{
    const char *was = text_at(json_get(old->report, "ruleset"), "sha256"),
               *is = text_at(json_get(new->report, "ruleset"), "sha256");
    bool failed = false;
    size_t worse = compare_scans(old->report, new->report, &failed);
    for (size_t i = 0, k = 0; i < old->n || k < new->n;) {
        int order = i == old->n ? 1 : k == new->n ? -1 : by_path(&old->files[i], &new->files[k]);
        worse += compare_files(order <= 0 ? old->files[i].path : new->files[k].path,
                               order <= 0 ? old->files[i].file : NULL,
                               order >= 0 ? new->files[k].file : NULL, &failed);
        i += order <= 0;
        k += order >= 0;
    }
    if (strcmp(was, is) != 0) {
        puts("the rule sets differ: what changed may be the rules");
    }
    printf("%zu files before, %zu now, %zu of them worse\n", old->n, new->n, worse);
    return failed      ? complain(EXIT_INCOMPLETE, "out of memory")
           : worse > 0 ? EXIT_FINDING
                       : EXIT_CLEAN;
}

int cmd_diff(int argc, char **argv)
{
    struct side old = { 0 }, new = { 0 };
    if (argc != 3 || argv[1][0] == '-') {
        return complain(EXIT_USAGE, "usage: modelassay diff OLD.json NEW.json");
    }
    int code = load(&old, argv[1]);
    code = code != 0 ? code : load(&new, argv[2]);
    code = code != 0 ? code : compare(&old, &new);
    free(old.files);
    free(new.files);
    json_free(old.report);
    json_free(new.report);
    return code;
}
