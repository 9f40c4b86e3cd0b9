#include "report.h"

#include <stdlib.h>
#include <string.h>

const char *verdict_name(enum verdict v)
{
    static const char *const names[] = { "not-a-model", "clean", "suspicious", "incomplete",
                                         "malicious" };
    return names[v];
}

bool gap_counts(const struct unscanned *gap)
{
    return strcmp(gap->reason, "excluded") != 0
           && strncmp(gap->reason, "symlink to a folder", 19) != 0;
}

bool gap_is_transient(const struct unscanned *gap)
{
    static const char *const ours[] = {
        "out of memory",
        "no room to unpack it",
        "cancelled",
        "a read failed",
        "the file changed while it was read",
        "no worker could be started",
        "its worker could not close its sandbox",
        "its worker's answer cannot be read",
        "its worker was killed by signal 9 ",
    };
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (strncmp(gap->reason, ours[i], strlen(ours[i])) == 0) {
            return true;
        }
    }
    return false;
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
        free(gaps[i].where);
        free(gaps[i].reason);
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
