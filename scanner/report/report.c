#include "report.h"

#include <stdlib.h>
#include <string.h>

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = { "not-a-model", "clean", "suspicious", "incomplete",
                                         "malicious" };
    return names[v];
}

bool unscanned_init(struct unscanned *u, char *where, const struct gap *g)
{
    char *detail = g->detail != NULL ? strdup(g->detail) : NULL;
    *u = (struct unscanned){ .where = where, .gap = *g, .reason = gap_text(g) };
    u->gap.detail = detail;
    if (where != NULL && u->reason != NULL && (detail != NULL) == (g->detail != NULL)) {
        return true;
    }
    unscanned_done(u);
    *u = (struct unscanned){ 0 };
    return false;
}

void unscanned_done(struct unscanned *u)
{
    free(u->where);
    free((void *)(uintptr_t)u->gap.detail); /* ours: see unscanned_init */
    free(u->reason);
}

bool gap_counts(const struct unscanned *u) { return gap_class(u->gap.code) != GAP_CHOSEN; }

bool gap_is_transient(const struct unscanned *u) { return gap_class(u->gap.code) == GAP_OURS; }

static bool any_transient(const struct unscanned *gaps, size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        any |= gap_is_transient(&gaps[i]);
    }
    return any;
}

bool report_has_transient_gap(const struct report *r)
{
    bool any = any_transient(r->gaps, r->num_gaps);
    for (size_t i = 0; i < r->num_files; i++) {
        any |= any_transient(r->files[i].gaps, r->files[i].num_gaps);
    }
    return any;
}

bool format_is_unknown(const struct file_report *f)
{
    return strcmp(f->format, FORMAT_UNKNOWN) == 0;
}

bool report_found(const struct report *r, enum severity from)
{
    bool found = false;
    for (size_t i = 0; i < r->num_files; i++) {
        const struct file_report *f = &r->files[i];
        for (size_t k = 0; k < f->num_findings; k++) {
            found |= f->findings[k].waived == NULL && f->findings[k].rule->severity >= from;
        }
    }
    return found;
}

bool report_incomplete(const struct report *r)
{
    bool incomplete = r->verdict == VERDICT_INCOMPLETE;
    for (size_t i = 0; i < r->num_files; i++) {
        incomplete |= r->files[i].verdict == VERDICT_INCOMPLETE || !r->files[i].complete;
    }
    for (size_t i = 0; i < r->num_gaps; i++) {
        incomplete |= gap_counts(&r->gaps[i]);
    }
    return incomplete;
}

bool report_redact(struct report *r)
{
    r->redacted = true;
    for (size_t i = 0; i < r->num_files; i++) {
        for (size_t k = 0; k < r->files[i].num_findings; k++) {
            char *none = strdup("(redacted)");
            if (none == NULL) {
                return false;
            }
            free(r->files[i].findings[k].evidence);
            r->files[i].findings[k].evidence = none;
        }
    }
    return true;
}

static void gaps_free(struct unscanned *gaps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unscanned_done(&gaps[i]);
    }
    free(gaps);
}

void file_report_done(struct file_report *f)
{
    for (size_t i = 0; i < f->num_imports; i++) {
        free(f->imports[i].module);
        free(f->imports[i].name);
        free(f->imports[i].where);
    }
    for (size_t i = 0; i < f->num_findings; i++) {
        free(f->findings[i].where);
        free(f->findings[i].evidence);
        free(f->findings[i].waived);
        free(f->findings[i].global);
    }
    for (size_t i = 0; i < f->num_externs; i++) {
        free(f->externs[i].path);
    }
    for (size_t i = 0; i < f->num_map; i++) {
        free(f->map[i].role);
        free(f->map[i].name);
    }
    free(f->map);
    free(f->externs);
    free(f->imports);
    free(f->findings);
    gaps_free(f->gaps, f->num_gaps);
    free(f->path);
    free(f->path_hex);
    free(f->rel);
    free(f->format);
}

void report_free(struct report *r)
{
    if (r == NULL) {
        return;
    }
    for (size_t i = 0; i < r->num_files; i++) {
        file_report_done(&r->files[i]);
    }
    free(r->files);
    gaps_free(r->gaps, r->num_gaps);
    free(r->root);
    free(r);
}
