#include "stored_report.h"

#include "../report/codec.h"
#include "../report/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PATH_SHOWN = 65536 };

/* The path that each location in the report of a file begins with; a worker's reply has it in
 * printable form. Heap. */
static char *path_prefix(const struct scan_options *o, const struct file_report *f)
{
    if (o->scan_in_sandbox != NULL) {
        return escape_printable(bytes_of(f->path), MAX_PATH_SHOWN);
    }
    return strdup(f->path);
}

static bool strip_prefix(char **where, const char *prefix, size_t n)
{
    if (strncmp(*where, prefix, n) != 0) {
        return false;
    }
    *where += n;
    return true;
}

static void *copy_rows(const void *rows, size_t n, size_t item)
{
    void *p = calloc(n + 1, item);
    if (p != NULL && n > 0) {
        memcpy(p, rows, n * item);
    }
    return p;
}

/* Takes the prefix from each location of g, a copy of another report: its rows become copies, too,
 * its texts stay those of the other report. */
static bool strip_prefixes(struct file_report *g, const char *prefix)
{
    size_t n = strlen(prefix);
    bool ok = true;

    g->gaps = copy_rows(g->gaps, g->num_gaps, sizeof *g->gaps);
    g->imports = copy_rows(g->imports, g->num_imports, sizeof *g->imports);
    g->findings = copy_rows(g->findings, g->num_findings, sizeof *g->findings);
    if (g->gaps == NULL || g->imports == NULL || g->findings == NULL) {
        return false;
    }

    for (size_t i = 0; ok && i < g->num_gaps; i++) {
        ok = strip_prefix(&g->gaps[i].where, prefix, n);
    }

    for (size_t i = 0; ok && i < g->num_imports; i++) {
        ok = strip_prefix(&g->imports[i].where, prefix, n);
    }

    for (size_t i = 0; ok && i < g->num_findings; i++) {
        ok = strip_prefix(&g->findings[i].where, prefix, n);
    }

    return ok;
}

static bool add_prefix(char **where, const char *prefix)
{
    char *p = NULL;
    if (asprintf(&p, "%s%s", prefix, *where) < 0) {
        return false;
    }
    free(*where);
    *where = p;
    return true;
}

static bool add_prefixes(struct file_report *f, const char *prefix)
{
    bool ok = true;
    for (size_t i = 0; ok && i < f->num_gaps; i++) {
        ok = add_prefix(&f->gaps[i].where, prefix);
    }

    for (size_t i = 0; ok && i < f->num_imports; i++) {
        ok = add_prefix(&f->imports[i].where, prefix);
    }

    for (size_t i = 0; ok && i < f->num_findings; i++) {
        ok = add_prefix(&f->findings[i].where, prefix);
    }
    return ok;
}

bool stored_report_place(const struct scan_options *o, const struct file_report *f,
                         struct file_report *g)
{
    char *prefix = path_prefix(o, f);
    bool ok = prefix != NULL && add_prefixes(g, prefix);

    free(prefix);
    return ok;
}

uint8_t *stored_report_encode(const struct scan_options *o, const struct file_report *f,
                              uint64_t job, size_t *n)
{
    struct file_report g = *f;
    char *prefix = path_prefix(o, f);
    uint8_t *report = NULL;

    if (prefix != NULL && strip_prefixes(&g, prefix)) {
        report = report_encode(&g, o->rules, job, n);
    }

    if (prefix != NULL) {
        free(g.gaps);
        free(g.imports);
        free(g.findings);
    }

    free(prefix);
    return report;
}
