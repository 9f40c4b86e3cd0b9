#include "collect.h"

#include "../report/escape.h"
#include "../judge/evidence.h"
#include "search_results.h"
#include "queue.h"
#include "../judge/tables.h"
#include "../judge/weights_only.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUESS_FACTS 256u /* that a guess of the search may add */
#define MAX_GAPS 1000u /* of one file that are listed; the verdict needs one */

/* The same cause is often met again at once, or at the end. */
static bool is_repeated_gap(const struct file_report *f, const char *where, const char *reason)
{
    const struct unscanned *last = &f->gaps[f->num_gaps - 1], *first = &f->gaps[0];
    return (strcmp(last->where, where) == 0 && strcmp(last->reason, reason) == 0)
           || (strcmp(first->where, where) == 0 && strcmp(first->reason, reason) == 0);
}

bool collect_gap(struct collector *c, const char *where, const char *reason)
{
    struct file_report *f = c->file;
    f->complete = false;
    if (f->num_gaps > 0 && is_repeated_gap(f, where, reason)) {
        return true;
    }
    if (f->num_gaps == MAX_GAPS) {
        reason = "there are more gaps than are listed";
        where = f->path;
    } else if (f->num_gaps > MAX_GAPS) {
        return true;
    }
    void *p = array_grow(f->gaps, &c->cap_gaps, f->num_gaps, sizeof *f->gaps);
    char *w = strdup(where);
    char *r = strdup(reason);
    if (p == NULL || w == NULL || r == NULL) {
        free(w);
        free(r);
        if (p != NULL) {
            f->gaps = p;
        }
        c->failed = true;
        return false;
    }
    f->gaps = p;
    f->gaps[f->num_gaps++] = (struct unscanned){ w, r };
    return true;
}

/* The rule's index in its set: rules are one array. */
static size_t index_of(const struct collector *c, const struct rule *r)
{
    return (size_t)(r - rules_at(c->options->rules, 0));
}

static void count_more(struct file_report *f, const struct rule *r)
{
    for (size_t i = f->num_findings; i-- > 0;) {
        if (f->findings[i].rule == r) {
            f->findings[i].more++;
            return;
        }
    }
}

/* "module.name" of an import or a call, as a policy would allow it. */
static char *global_of(const struct fact *f)
{
    struct bytes module = f->kind == FACT_CALL     ? f->call.module
                          : f->kind == FACT_IMPORT ? f->import.module
                                                   : (struct bytes){ 0 };
    struct bytes name = f->kind == FACT_CALL     ? f->call.name
                        : f->kind == FACT_IMPORT ? f->import.name
                                                 : (struct bytes){ 0 };
    char *out = NULL;
    if (module.n == 0 || module.n > MAX_NAME_SHOWN || name.n > MAX_NAME_SHOWN
        || memchr(module.p, 0, module.n) != NULL
        || (name.n > 0 && memchr(name.p, 0, name.n) != NULL)) {
        return NULL;
    }
    return asprintf(&out, "%.*s.%.*s", (int)module.n, (const char *)module.p, (int)name.n,
                    (const char *)name.p)
                   < 0
               ? NULL
               : out;
}

/* The verdict looks at every hit; only what is kept is capped (decision 7). */
static void on_hit(void *ctx, const struct rule *r, const struct fact *f)
{
    struct collector *c = ctx;
    struct file_report *file = c->file;
    if (c->hits_per_rule[index_of(c, r)]++ >= c->budget->max[LIMIT_findings_per_rule]) {
        count_more(file, r);
        return;
    }
    void *p =
        array_grow(file->findings, &c->cap_findings, file->num_findings, sizeof *file->findings);
    if (p == NULL) {
        c->failed = true;
        return;
    }
    file->findings = p;
    struct finding *found = &file->findings[file->num_findings++];
    *found = (struct finding){ .rule = r, .offset = f->at.off, .length = f->at.len };
    found->where = strdup(c->where);
    found->global = global_of(f);
    found->evidence = evidence_of(f);
    c->failed |= found->where == NULL || found->evidence == NULL;
}

/* A dotted name, as far as bytes tell. */
static bool is_dotted_name(struct bytes b)
{
    bool ok = b.n > 0;
    for (size_t i = 0; ok && i < b.n; i++) {
        uint8_t c = b.p[i];
        ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c >= 0x80
             || (i > 0 && c >= '0' && c <= '9');
    }
    return ok;
}

/* Does this fact make a try count?  (DESIGN: from its first IMPORT or CALL.)
 * An import that cannot succeed on any interpreter does not: prose starting
 * with "c" is full of them.  Nor does an extension code, or a call of nobody knows
 * what: one in a hundred tensors starts with bytes that read as such. */
static bool executes(const struct fact *f)
{
    if (f->kind == FACT_CALL) {
        return is_dotted_name(f->call.module);
    }
    return f->kind == FACT_IMPORT && (!f->import.plausible.set || f->import.plausible.v != 0)
           && !bytes_start(f->import.via, BYTES("EXT"));
}

static void take(struct collector *c, const struct fact *f)
{
    if (c->options->on_fact != NULL) {
        c->options->on_fact(c->options->on_fact_ctx, c->where, f);
    }
    if (f->kind == FACT_OBJECT && f->object.format.n < sizeof c->format) {
        memcpy(c->format, f->object.format.p, f->object.format.n);
        c->format[f->object.format.n] = 0;
    }
    if (f->kind == FACT_IMPORT) {
        tables_add_import(c, f);
    }
    weights_only_observe(c, f);
    if (f->kind == FACT_EXTERN) {
        c->failed |= !tables_add_extern(c, f);
    }
    rules_match(c->options->rules, f, on_hit, c);
}

const struct source *collect_base(const struct source *s, uint64_t *off)
{
    for (*off = 0; s->kind == SOURCE_WINDOW; s = s->base) {
        *off += s->base_off; /* windows lie inside their base: no overflow */
    }
    return s;
}

/* A tensor or region, for findings that lie in it. */
static void note_place(struct collector *c, const struct fact *f)
{
    struct range at = f->at;
    uint64_t off;
    if (f->kind == FACT_TENSOR && f->tensor.storage.n > 0) {
        torch_storages_add(&c->storages, c->where, f);
        return;
    }
    const struct source *base = collect_base(&c->job->src, &off);
    struct region_map *w = base == c->root        ? &c->file_regions
                           : base == &c->job->src ? &c->object_regions
                                                  : NULL;
    if (w == NULL || !add_u64(at.off, off, &at.off)) {
        return;
    }
    if (f->kind == FACT_TENSOR) {
        region_map_add(w, at, BYTES("tensor"), f->tensor.name, 0);
    } else {
        region_map_add(w, at, f->region.role, f->region.name, 0);
    }
    if (w->lost
        && !c->region_map_full) { /* the search cannot tell any more what it may leave alone */
        c->region_map_full = true;
        /* failed is set where it fails */
        (void)collect_gap(c, c->where, "more places than the search can keep");
    }
}

/* Does this fact make a guess count?  Only a call that no list takes for harmless.
 * What is a guess because of its bytes alone has to name what it calls: chance does not. */
static bool is_evidence(const struct collector *c, const struct fact *f)
{
    if (f->kind != FACT_CALL) {
        return false;
    }
    if (f->call.module.p == NULL || !is_dotted_name(f->call.module)
        || (!c->job->pickle && !is_dotted_name(f->call.name))) {
        return c->job->pickle && f->call.unknown.set && f->call.unknown.v != 0;
    }
    return rules_safety(c->options->rules, f->call.module, f->call.name, f->call.op, NULL)
           != SAFETY_INNOCUOUS;
}

static bool is_guess(const struct scan_object *j) { return j->speculative || j->opaque_data; }

static bool on_fact(struct sink *s, const struct fact *f)
{
    struct collector *c = (struct collector *)s;
    const struct scan_object *j = c->job;
    if (j != NULL
        && ((j->suppress_before > 0 && f->at.off <= j->suppress_before)
            || (is_guess(j) && !c->executed && !is_evidence(c, f)))) {
        return true;
    }
    if (c->suppress_facts && !executes(f)) {
        return true;
    }
    c->suppress_facts = false;
    c->executed |= executes(f);
    if (j != NULL && j->speculative && !j->pickle && c->guess_facts++ >= GUESS_FACTS) {
        return false; /* enough to judge it by */
    }
    if (j != NULL && (f->kind == FACT_TENSOR || f->kind == FACT_REGION)) {
        note_place(c, f);
    }
    if (!budget_spend(c->budget, LIMIT_facts, 1)) {
        return false;
    }
    take(c, f);
    if (f->kind == FACT_STRING && !search_results_of_string(c, f)) {
        return false;
    }
    return !c->failed && (c->options->cancelled == NULL || *c->options->cancelled == 0);
}

bool collect_found(struct collector *c, const struct fact *f)
{
    if (!budget_spend(c->budget, LIMIT_facts, 1)) {
        return false;
    }
    take(c, f);
    return !c->failed;
}

static bool on_inner(struct sink *s, const struct inner *in)
{
    struct collector *c = (struct collector *)s;
    if (c->suppress_facts) {
        return true;
    }
    if (!budget_fits(c->budget, LIMIT_depth, c->job->depth + 1u)
        || !budget_spend(c->budget, LIMIT_objects, 1)) {
        return false;
    }
    struct scan_object *j = scan_object_new(c->job, in);
    if (j == NULL) {
        c->failed = true;
        return false;
    }
    queue_push(c->queue, j, in->code || in->pickle);
    return true;
}

bool collect_init(struct collector *c, const struct scan_options *o, struct file_report *f,
                  struct budget *b, struct queue *q)
{
    *c = (struct collector){
        .sink = { on_fact, on_inner }, .options = o, .file = f, .budget = b, .queue = q, .where = ""
    };
    c->hits_per_rule = calloc(rules_count(o->rules) + 1, sizeof *c->hits_per_rule);
    return c->hits_per_rule != NULL;
}

enum severity collect_worst(const struct collector *c)
{
    enum severity worst = SEV_NONE;
    for (size_t i = 0; i < rules_count(c->options->rules); i++) {
        const struct rule *r = rules_at(c->options->rules, i);
        worst = c->hits_per_rule[i] > 0 && r->severity > worst ? r->severity : worst;
    }
    return worst;
}

void collect_done(struct collector *c)
{
    free(c->hits_per_rule);
    free(c->import_slots);
    c->hits_per_rule = NULL;
    c->import_slots = NULL;
    region_map_clear(&c->file_regions);
    region_map_clear(&c->members);
    region_map_clear(&c->object_regions);
    torch_storages_done(&c->storages);
    for (size_t i = 0; i < c->num_deferred_crcs; i++) {
        free(c->deferred_crcs[i].where);
    }
    free(c->deferred_crcs);
    c->deferred_crcs = NULL;
}

bool collect_anomaly(struct collector *c, struct range at, const char *slug, const char *detail,
                     struct num declared, struct num actual, struct num limit)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = at };
    f.anomaly.slug = bytes_of(slug);
    f.anomaly.detail = bytes_of(detail);
    f.anomaly.declared = declared;
    f.anomaly.actual = actual;
    f.anomaly.limit = limit;
    return emit(&c->sink, &f);
}
