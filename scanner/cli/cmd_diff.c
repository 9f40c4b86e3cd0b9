/* cmd_diff.c - the command diff: compares two JSON reports (modelassay.report/1).
 *
 * Each file becomes a sorted list of lines: its findings, imports and gaps, without
 * offsets, which change with every byte.  Lines of one of the two lists only are shown. */
#include "cli.h"

#include "../report/escape.h"
#include "../report/gap.h"
#include "../report/jsonw.h"
#include "../util/file_io.h"
#include "../util/vec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REPORT (64u << 20) /* bytes; the largest text that jsonw.h parses */
#define MAX_SHOWN 4096u /* bytes of one line */

struct line {
    char *text;
    /* A new line of this kind makes the file worse. */
    bool bad;
};

struct lines {
    struct line *items;
    size_t n, cap;
    /* Out of memory; lines are missing. */
    bool failed;
};

struct entry {
    const char *path;
    const struct json *file;
};

/* One of the two reports. */
struct side {
    struct json *report;
    /* Its files, by path. */
    struct entry *files;
    size_t n;
};

/* --- lines --------------------------------------------------------------------- */

__attribute__((format(printf, 3, 4))) static void add_line(struct lines *l, bool bad,
                                                           const char *format, ...)
{
    if (!vec_grow(&l->items, &l->cap, l->n + 1, sizeof *l->items)) {
        l->failed = true;
        return;
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

static bool is_bad_severity(const char *severity)
{
    return strcmp(severity, "medium") == 0 || strcmp(severity, "high") == 0
           || strcmp(severity, "critical") == 0;
}

static void add_findings(struct lines *l, const struct json *file)
{
    const struct json *all = json_get(file, "findings");
    for (const struct json *f = json_after(all, NULL); f != NULL; f = json_after(all, f)) {
        const char *severity = text_at(f, "severity");
        const char *waived = json_string(json_get(f, "waived"));
        bool bad = waived == NULL && is_bad_severity(severity);
        const char *comma = waived != NULL ? ", waived: " : "";
        add_line(l, bad, "%-8s %s: %s in %s%s%s", severity, text_at(f, "rule"),
                 text_at(f, "evidence"), text_at(f, "where"), comma, text_at(f, "waived"));
    }
}

static void add_imports(struct lines *l, const struct json *file)
{
    const struct json *all = json_get(file, "imports");
    for (const struct json *i = json_after(all, NULL); i != NULL; i = json_after(all, i)) {
        const char *safety = text_at(i, "safety");
        add_line(l, strcmp(safety, "innocuous") != 0, "import   %s.%s, %s, in %s",
                 text_at(i, "module"), text_at(i, "name"), safety, text_at(i, "where"));
    }
}

static void add_gaps(struct lines *l, const struct json *gaps)
{
    for (const struct json *g = json_after(gaps, NULL); g != NULL; g = json_after(gaps, g)) {
        bool bad = strcmp(text_at(g, "code"), gap_slug(GAP_EXCLUDED)) != 0;
        add_line(l, bad, "gap      %s: %s", text_at(g, "where"), text_at(g, "reason"));
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct line *)a)->text, ((const struct line *)b)->text);
}

static void sort_lines(struct lines *l)
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

/* The lines of a file; none for NULL. */
static void list_lines(struct lines *l, const struct json *file)
{
    if (file != NULL) {
        add_findings(l, file);
        add_imports(l, file);
        add_gaps(l, json_get(json_get(file, "coverage"), "not_scanned"));
        sort_lines(l);
    }
}

/* --- comparing -------------------------------------------------------------------- */

static void print_marked(const char *mark, const char *text)
{
    char *shown = escape_printable(bytes_of(text), MAX_SHOWN);
    printf("%s%s\n", mark, shown != NULL ? shown : "?");
    free(shown);
}

/* Order of line i of one list and line k of the other; lines after the end come last. */
static int order_lines(const struct lines *old, size_t i, const struct lines *new, size_t k)
{
    if (i == old->n) {
        return 1;
    }
    if (k == new->n) {
        return -1;
    }
    return by_text(&old->items[i], &new->items[k]);
}

/* Prints the lines of one list only; both are sorted. Returns true when one that is new is bad. */
static bool compare_lines(const struct lines *old, const struct lines *new)
{
    bool worse = false;
    for (size_t i = 0, k = 0; i < old->n || k < new->n;) {
        int order = order_lines(old, i, new, k);
        if (order < 0) {
            print_marked("    - ", old->items[i].text);
        } else if (order > 0) {
            print_marked("    + ", new->items[k].text);
            worse |= new->items[k].bad;
        }
        i += order <= 0;
        k += order >= 0;
    }
    return worse;
}

static bool same_lines(const struct lines *a, const struct lines *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = by_text(&a->items[i], &b->items[i]) == 0;
    }
    return same;
}

/* An unknown verdict counts as the worst. */
static int verdict_rank(const char *verdict)
{
    for (int v = VERDICT_NOT_A_MODEL; v <= VERDICT_MALICIOUS; v++) {
        if (strcmp(verdict, verdict_name((enum verdict)v)) == 0) {
            return v;
        }
    }
    return VERDICT_MALICIOUS;
}

static bool is_worse(const struct json *old, const struct json *new)
{
    if (new == NULL) {
        return false;
    }
    int now = verdict_rank(text_at(new, "verdict"));
    if (now <= VERDICT_CLEAN) {
        return false;
    }
    return old == NULL || now > verdict_rank(text_at(old, "verdict"));
}

/* The head of a file that is in both reports: printed when anything in it differs. */
static void print_changed(const char *path, const struct json *old, const struct json *new,
                          bool same)
{
    const char *was = text_at(old, "verdict");
    const char *is = text_at(new, "verdict");
    bool other_bytes = strcmp(text_at(old, "sha256"), text_at(new, "sha256")) != 0;
    bool other_verdict = strcmp(was, is) != 0;

    if (other_bytes || other_verdict || !same) {
        print_marked("~ ", path);
    }

    if (other_bytes || other_verdict) {
        printf("    %s -> %s%s\n", was, is, other_bytes ? ", other bytes" : "");
    }
}

/* old is NULL for a new file, new for one that was removed. Returns true when it is worse than it
 * was. */
static bool compare_files(const char *path, const struct json *old, const struct json *new,
                          bool *failed)
{
    struct lines before = { 0 };
    struct lines after = { 0 };

    list_lines(&before, old);
    list_lines(&after, new);

    if (old == NULL) {
        print_marked("+ ", path);
        printf("    %s\n", text_at(new, "verdict"));
    } else if (new == NULL) {
        print_marked("- ", path);
        printf("    %s\n", text_at(old, "verdict"));
    } else {
        print_changed(path, old, new, same_lines(&before, &after));
    }

    bool worse = compare_lines(&before, &after);
    worse |= is_worse(old, new);
    *failed |= before.failed || after.failed;
    lines_done(&before);
    lines_done(&after);
    return worse;
}

/* Compares the gaps of the two scans themselves, which belong to no file. */
static bool compare_scans(const struct json *old, const struct json *new, bool *failed)
{
    struct lines before = { 0 };
    struct lines after = { 0 };

    add_gaps(&before, json_get(old, "not_scanned"));
    add_gaps(&after, json_get(new, "not_scanned"));
    sort_lines(&before);
    sort_lines(&after);

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
    if (s->files == NULL) {
        return false;
    }

    for (const struct json *f = json_after(all, NULL); f != NULL; f = json_after(all, f)) {
        s->files[s->n++] = (struct entry){ text_at(f, "path"), f };
    }

    if (s->n > 1) {
        qsort(s->files, s->n, sizeof *s->files, by_path);
    }
    return true;
}

static int load_report(struct side *s, const char *path)
{
    const char *why = NULL;
    size_t n = 0;
    int err;
    uint8_t *text = input_read(path, MAX_REPORT, &n, &err);
    if (text == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", path, input_error(err));
    }
    s->report = json_parse((struct bytes){ text, n }, &why);
    free(text);

    if (s->report == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", path, why);
    }
    if (strcmp(text_at(s->report, "schema"), "modelassay.report/1") != 0
        || !json_is_array(json_get(s->report, "files"))) {
        return complain(EXIT_INCOMPLETE, "%s: no report of modelassay (scan --format json)", path);
    }
    if (!list_files(s)) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    return 0;
}

/* Compares the files of both reports, by path. Returns the number of those that are worse. */
static size_t compare_all_files(const struct side *old, const struct side *new, bool *failed)
{
    const struct entry *a = old->files, *end_a = old->files + old->n;
    const struct entry *b = new->files, *end_b = new->files + new->n;
    size_t worse = 0;

    while (a < end_a || b < end_b) {
        bool take_a = b == end_b || (a < end_a && by_path(a, b) <= 0);
        bool take_b = a == end_a || (b < end_b && by_path(a, b) >= 0);
        const char *path = take_a ? a->path : b->path;
        const struct json *was = take_a ? a->file : NULL;
        const struct json *is = take_b ? b->file : NULL;
        worse += compare_files(path, was, is, failed);
        a += take_a;
        b += take_b;
    }
    return worse;
}

static int compare_reports(const struct side *old, const struct side *new)
{
    const char *was = text_at(json_get(old->report, "ruleset"), "sha256");
    const char *is = text_at(json_get(new->report, "ruleset"), "sha256");
    bool failed = false;
    size_t worse = compare_scans(old->report, new->report, &failed);

    worse += compare_all_files(old, new, &failed);
    if (strcmp(was, is) != 0) {
        puts("the rule sets differ: the rules may cause the changes");
    }

    printf("%zu files before, %zu now, %zu of them worse\n", old->n, new->n, worse);

    if (failed) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    return worse > 0 ? EXIT_FINDING : EXIT_CLEAN;
}

int cmd_diff(int argc, char **argv)
{
    struct side old = { 0 }, new = { 0 };
    if (argc != 3 || argv[1][0] == '-') {
        return complain(EXIT_USAGE, "usage: modelassay diff OLD.json NEW.json");
    }

    int code = load_report(&old, argv[1]);
    if (code == 0) {
        code = load_report(&new, argv[2]);
    }

    if (code == 0) {
        code = compare_reports(&old, &new);
    }

    free(old.files);
    free(new.files);
    json_free(old.report);
    json_free(new.report);
    return code;
}
