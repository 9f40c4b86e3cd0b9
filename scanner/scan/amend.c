#include "amend.h"

#include "../judge/verdict.h"

#include <stdlib.h>
#include <string.h>

bool file_add_anomaly(struct file_report *f, const struct scan_options *o, const char *slug,
                      const char *detail, struct num declared, struct num actual)
{
    struct judge j;
    struct object_ctx file = { .label = f->path };
    struct fact fact = { .kind = FACT_ANOMALY };
    fact.anomaly.slug = bytes_of(slug);
    fact.anomaly.detail = bytes_of(detail);
    fact.anomaly.declared = declared;
    fact.anomaly.actual = actual;
    bool ok = judge_init(&j, f, o->rules, o->max[LIMIT_findings_per_rule]);
    if (ok) {
        if (o->on_fact != NULL) {
            o->on_fact(o->on_fact_ctx, f->path, &fact);
        }
        judge_fact(&j, &file, &fact);
        enum severity worst = judge_worst(&j);
        f->worst = worst > f->worst ? worst : f->worst;
        file_rejudge(f);
        ok = !j.failed;
    }
    judge_done(&j);
    return ok;
}

static bool append_gap(struct file_report *f, struct gap g)
{
    struct judge j = { .file = f, .cap_gaps = f->num_gaps };
    return judge_gap(&j, f->path, g);
}

bool file_add_gap(struct file_report *f, struct gap g)
{
    bool ok = append_gap(f, g);
    file_rejudge(f);
    return ok;
}

bool file_scan_failed(struct file_report *f, struct gap g)
{
    f->complete = f->state.known = f->state.unclaimed = false;
    if (f->format == NULL && (f->format = strdup(FORMAT_UNKNOWN)) == NULL) {
        return false;
    }
    f->verdict = f->verdict > VERDICT_INCOMPLETE ? f->verdict : VERDICT_INCOMPLETE;
    return file_add_gap(f, g);
}

void file_rejudge(struct file_report *f)
{
    f->verdict = verdict_of(f, f->verdict != VERDICT_NOT_A_MODEL);
}

bool file_is_external(struct file_report *f)
{
    if (!format_is_unknown(f)) {
        return true; /* its own format says more */
    }
    char *format = strdup("external-data");
    if (format == NULL) {
        return false;
    }
    free(f->format);
    f->format = format;
    f->state.unclaimed = false;
    for (size_t i = 0; i < f->num_gaps; i++) {
        if (f->gaps[i].gap.code == GAP_UNKNOWN_FORMAT) {
            unscanned_done(&f->gaps[i]);
            f->gaps[i] = f->gaps[--f->num_gaps];
            break;
        }
    }
    f->complete = f->num_gaps == 0;
    f->verdict = verdict_of(f, true);
    return true;
}

bool file_unreadable(struct file_report *f, struct gap g)
{
    f->weights_only = -1;
    f->verdict = VERDICT_INCOMPLETE;
    f->worst = SEV_NONE;
    f->format = strdup(FORMAT_UNKNOWN);
    return f->format != NULL && append_gap(f, g);
}
