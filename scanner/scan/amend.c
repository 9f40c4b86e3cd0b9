#include "amend.h"

#include "../judge/verdict.h"

#include <stdlib.h>
#include <string.h>

static bool add_later(struct file_report *f, const struct scan_options *o,
                      bool (*add)(struct collector *c, void *what), void *what)
{
    struct budget budget;
    struct collector c;
    budget_init(&budget, o->max, 0);
    bool ok = collect_init(&c, o, f, &budget, NULL);
    if (ok) {
        c.where = f->path;
        c.cap_findings = f->num_findings;
        c.cap_gaps = f->num_gaps;
        ok = add(&c, what) && !c.failed;
        f->worst = collect_worst(&c) > f->worst ? collect_worst(&c) : f->worst;
        f->verdict = verdict_of(f, f->verdict != VERDICT_NOT_A_MODEL);
    }
    collect_done(&c);
    return ok;
}

struct late {
    const char *slug, *detail;
    struct num declared, actual;
};

static bool add_anomaly(struct collector *c, void *what)
{
    const struct late *l = what;
    struct num none = { 0 };
    return collect_anomaly(c, (struct range){ 0, 0 }, l->slug, l->detail, l->declared, l->actual,
                           none);
}

bool file_add_anomaly(struct file_report *f, const struct scan_options *o, const char *slug,
                      const char *detail, struct num declared, struct num actual)
{
    struct late l = { slug, detail, declared, actual };
    return add_later(f, o, add_anomaly, &l);
}

static bool add_gap(struct collector *c, void *what)
{
    return collect_gap(c, c->file->path, (const char *)what);
}

bool file_add_gap(struct file_report *f, const struct scan_options *o, const char *reason)
{
    return add_later(f, o, add_gap, (void *)(uintptr_t)reason);
}

void file_rejudge(struct file_report *f)
{
    f->verdict = verdict_of(f, f->verdict != VERDICT_NOT_A_MODEL);
}

bool file_is_external(struct file_report *f)
{
    if (strcmp(f->format, "unknown") != 0) {
        return true; /* a parser knows it: that says more */
    }
    char *format = strdup("external-data");
    if (format == NULL) {
        return false;
    }
    free(f->format);
    f->format = format;
    f->unclaimed = false;
    for (size_t i = 0; i < f->num_gaps; i++) {
        if (strcmp(f->gaps[i].reason, verdict_unknown) == 0) {
            free(f->gaps[i].where);
            free(f->gaps[i].reason);
            f->gaps[i] = f->gaps[--f->num_gaps];
            break;
        }
    }
    f->complete = f->num_gaps == 0;
    f->verdict = verdict_of(f, true);
    return true;
}

bool file_unreadable(struct file_report *f, const struct scan_options *o, const char *reason)
{
    struct budget budget;
    struct collector c;
    budget_init(&budget, o->max, 0);
    f->weights_only = -1;
    f->verdict = VERDICT_INCOMPLETE;
    f->worst = SEV_NONE;
    f->format = strdup("unknown");
    if (f->format == NULL || !collect_init(&c, o, f, &budget, NULL)) {
        collect_done(&c);
        return false;
    }
    bool ok = collect_gap(&c, f->path, reason);
    collect_done(&c);
    return ok;
}
