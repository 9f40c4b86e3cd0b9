#include "judge.h"

#include "evidence.h"
#include "tables.h"
#include "weights_only.h"
#include "../util/vec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool judge_init(struct judge *j, struct file_report *file, const struct ruleset *rules,
                uint64_t max_findings_per_rule)
{
    *j = (struct judge){
        .file = file,
        .rules = rules,
        .max_findings_per_rule = max_findings_per_rule,
        .cap_findings = file->num_findings,
        .cap_imports = file->num_imports,
        .cap_externs = file->num_externs,
        .cap_gaps = file->num_gaps,
    };
    j->hits_per_rule = calloc(rules_count(rules) + 1, sizeof *j->hits_per_rule);
    return j->hits_per_rule != NULL;
}

void judge_done(struct judge *j)
{
    free(j->hits_per_rule);
    free(j->import_index.slots);
    j->hits_per_rule = NULL;
    j->import_index = (struct hash_index){ 0 };
}

/* --- gaps -------------------------------------------------------------------------------- */

static bool is_same_gap(const struct unscanned *u, const char *label, const struct gap *g)
{
    return strcmp(u->where, label) == 0 && gap_equal(&u->gap, g);
}

/* A cause is often met again at once, or at the end: equal to the last gap or to the first. */
static bool is_repeated_gap(const struct file_report *f, const char *label, const struct gap *g)
{
    return f->num_gaps > 0
           && (is_same_gap(&f->gaps[f->num_gaps - 1], label, g)
               || is_same_gap(&f->gaps[0], label, g));
}

static bool append_gap(struct judge *j, const char *label, const struct gap *g)
{
    struct file_report *f = j->file;
    if (!vec_grow(&f->gaps, &j->cap_gaps, f->num_gaps + 1, sizeof *f->gaps)) {
        return false;
    }
    bool ok = unscanned_init(&f->gaps[f->num_gaps], strdup(label), g);
    f->num_gaps += ok;
    return ok;
}

bool judge_gap(struct judge *j, const char *label, struct gap g)
{
    struct file_report *f = j->file;
    f->complete = false;
    if (is_repeated_gap(f, label, &g) || f->num_gaps > BOUND_gaps) {
        return true;
    }
    if (f->num_gaps == BOUND_gaps) {
        g = gap_of(GAP_TOO_MANY_GAPS);
        label = f->path;
    }
    bool ok = append_gap(j, label, &g);
    j->failed |= !ok;
    return ok;
}

/* --- findings ---------------------------------------------------------------------------- */

static void count_more(struct file_report *f, const struct rule *r)
{
    for (size_t i = f->num_findings; i-- > 0;) {
        if (f->findings[i].rule == r) {
            f->findings[i].more++;
            return;
        }
    }
}

static bool has_nul(struct bytes b) { return b.n > 0 && memchr(b.p, 0, b.n) != NULL; }

/* "module.name", as a policy would allow it; NULL: not a name that a policy can hold. */
static char *dotted_name(struct bytes module, struct bytes name)
{
    char *out = NULL;
    bool too_long = module.n > BOUND_shown_name_bytes || name.n > BOUND_shown_name_bytes;
    if (module.n == 0 || too_long || has_nul(module) || has_nul(name)) {
        return NULL;
    }
    int n = asprintf(&out, "%.*s.%.*s", (int)module.n, (const char *)module.p, (int)name.n,
                     (const char *)name.p);
    return n < 0 ? NULL : out;
}

static char *global_of(const struct fact *f)
{
    switch (f->kind) {
    case FACT_CALL: return dotted_name(f->call.module, f->call.name);
    case FACT_IMPORT: return dotted_name(f->import.module, f->import.name);
    default: return NULL;
    }
}

struct match_ctx {
    struct judge *judge;
    const struct object_ctx *of;
};

/* The verdict counts every hit; only what is kept is capped. */
static void on_hit(void *ctx, const struct rule *r, const struct fact *f)
{
    const struct match_ctx *m = ctx;
    struct judge *j = m->judge;
    struct file_report *file = j->file;
    if (j->hits_per_rule[rules_index(j->rules, r)]++ >= j->max_findings_per_rule) {
        count_more(file, r);
        return;
    }
    if (!vec_grow(&file->findings, &j->cap_findings, file->num_findings + 1,
                  sizeof *file->findings)) {
        j->failed = true;
        return;
    }
    struct finding *found = &file->findings[file->num_findings++];
    *found = (struct finding){ .rule = r, .offset = f->at.off, .length = f->at.len };
    found->where = strdup(m->of->label);
    found->global = global_of(f);
    found->evidence = evidence_of(f);
    j->failed |= found->where == NULL || found->evidence == NULL;
}

void judge_fact(struct judge *j, const struct object_ctx *of, const struct fact *f)
{
    struct match_ctx m = { j, of };
    if (f->kind == FACT_IMPORT) {
        tables_add_import(j, of, f);
    }
    weights_only_observe(j, of, f);
    if (f->kind == FACT_EXTERN) {
        j->failed |= !tables_add_extern(j, of, f);
    }
    rules_match(j->rules, f, on_hit, &m);
}

enum severity judge_worst(const struct judge *j)
{
    enum severity worst = SEV_NONE;
    for (size_t i = 0; i < rules_count(j->rules); i++) {
        const struct rule *r = rules_at(j->rules, i);
        worst = j->hits_per_rule[i] > 0 && r->severity > worst ? r->severity : worst;
    }
    return worst;
}
