#include "collect.h"

#include "queue.h"
#include "search_results.h"

#include <stdlib.h>
#include <string.h>

/* --- facts ------------------------------------------------------------------------------- */

/* A dotted name, as far as bytes tell. */
static bool is_dotted_name(struct bytes b)
{
    bool ok = b.n > 0;
    for (size_t i = 0; ok && i < b.n; i++) {
        uint8_t c = b.p[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool is_digit = c >= '0' && c <= '9';
        bool is_other = c == '_' || c == '.' || c >= 0x80;
        ok = is_letter || is_other || (is_digit && i > 0);
    }
    return ok;
}

/* Does this fact make an attempt without a claim count? Its first import or call does.
 * An import that cannot succeed on any interpreter does not: prose starting with "c" is full of
 * them. Nor does an extension code, or a call of something unknown: one in a hundred tensors
 * starts with bytes that read as such. */
static bool executes(const struct fact *f)
{
    if (f->kind == FACT_CALL) {
        return is_dotted_name(f->call.module);
    }
    if (f->kind != FACT_IMPORT || bytes_start(f->import.via, BYTES("EXT"))) {
        return false;
    }
    return !f->import.plausible.set || f->import.plausible.v != 0;
}

static void take_fact(struct collector *c, const struct fact *f)
{
    const struct scan_object *object = c->now.object;
    struct object_ctx of = { .label = c->now.label };
    if (object != NULL) {
        of.depth = object->depth;
        of.speculative = object->speculative;
    }
    if (c->on_fact != NULL) {
        c->on_fact(c->on_fact_ctx, c->now.label, f);
    }
    if (f->kind == FACT_OBJECT && f->object.format.n < sizeof c->attempt.format) {
        memcpy(c->attempt.format, f->object.format.p, f->object.format.n);
        c->attempt.format[f->object.format.n] = 0;
    }
    judge_fact(&c->judge, &of, f);
}

const struct source *collect_base(const struct source *s, uint64_t *off)
{
    for (*off = 0; s->kind == SOURCE_WINDOW; s = s->base) {
        *off += s->base_off; /* windows lie inside their base: no overflow */
    }
    return s;
}

/* The map for regions of the current object; NULL: none is kept. */
static struct region_map *current_map(struct collector *c, uint64_t *off)
{
    const struct source *src = &c->now.object->src;
    const struct source *base = collect_base(src, off);
    if (base == c->root) {
        return &c->regions.file;
    }
    return base == src ? &c->regions.unpacked : NULL;
}

/* Keeps a tensor or region, for findings that lie in it. */
static void note_region(struct collector *c, const struct fact *f)
{
    struct range at = f->at;
    uint64_t off;
    if (f->kind == FACT_TENSOR && f->tensor.storage_bytes.set) {
        if (!torch_storages_declare(&c->regions.storages, c->now.label, f)
            && !c->regions.overflow_reported) {
            c->regions.overflow_reported = true;
            (void)collect_gap(c, c->now.label, gap_of(GAP_TOO_MANY_PLACES));
        }
        return;
    }
    if (f->kind == FACT_TENSOR && f->tensor.storage.n > 0) {
        torch_storages_add(&c->regions.storages, c->now.label, f);
        return;
    }
    struct region_map *map = current_map(c, &off);
    if (map == NULL || !add_u64(at.off, off, &at.off)) {
        return;
    }
    if (f->kind == FACT_TENSOR) {
        region_map_add(map, at, BYTES("tensor"), f->tensor.name, 0);
    } else {
        region_map_add(map, at, f->region.role, f->region.name, 0);
    }
    /* without a complete map the search cannot say which hits are known already */
    if (map->lost && !c->regions.overflow_reported) {
        c->regions.overflow_reported = true;
        /* out of memory is judge.failed */
        (void)collect_gap(c, c->now.label, gap_of(GAP_TOO_MANY_PLACES));
    }
}

/* Does this fact make a guess count? Only a call that no list takes for harmless does.
 * What is a guess because of its bytes alone has to name what it calls: chance does not. */
static bool is_evidence(const struct collector *c, const struct fact *f)
{
    if (f->kind != FACT_CALL) {
        return false;
    }
    bool is_pickle = c->now.object != NULL && c->now.object->pickle;
    bool names_callee =
        is_dotted_name(f->call.module) && (is_pickle || is_dotted_name(f->call.name));
    if (!names_callee) {
        return is_pickle && f->call.unknown.set && f->call.unknown.v != 0;
    }
    return rules_safety(c->judge.rules, f->call.module, f->call.name, f->call.op, NULL)
           != SAFETY_INNOCUOUS;
}

/* Facts that do not count: of a range that was read before, of a guess without evidence, of an
 * attempt that has executed nothing. */
static bool is_suppressed(const struct collector *c, const struct fact *f)
{
    const struct scan_object *object = c->now.object;
    if (object != NULL && object->suppress_before > 0 && f->at.off <= object->suppress_before) {
        return true;
    }
    bool is_guess = c->attempt.guess || (object != NULL && object->speculative);
    if (is_guess && !c->attempt.executed && !is_evidence(c, f)) {
        return true;
    }
    return c->attempt.suppress_facts && !executes(f);
}

/* A guess that has added enough facts to be judged by. */
static bool guess_is_full(struct collector *c)
{
    const struct scan_object *object = c->now.object;
    bool by_bytes = object != NULL && object->speculative && !object->pickle;
    return by_bytes && c->attempt.num_guess_facts++ >= BOUND_guess_facts;
}

static bool on_fact(struct sink *s, const struct fact *f)
{
    struct collector *c = (struct collector *)s;
    if (is_suppressed(c, f)) {
        return true;
    }
    c->attempt.suppress_facts = false;
    c->attempt.executed |= executes(f);
    if (guess_is_full(c)) {
        return false;
    }
    if (c->now.object != NULL && (f->kind == FACT_TENSOR || f->kind == FACT_REGION)) {
        note_region(c, f);
    }
    if (!budget_spend(c->budget, LIMIT_facts, 1)) {
        return false;
    }
    take_fact(c, f);
    if (f->kind == FACT_STRING && !search_results_of_string(c, f)) {
        return false;
    }
    return !c->judge.failed && !collect_cancelled(c);
}

bool collect_found(struct collector *c, const struct fact *f)
{
    if (!budget_spend(c->budget, LIMIT_facts, 1)) {
        return false;
    }
    take_fact(c, f);
    return !c->judge.failed;
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

/* --- inner objects ------------------------------------------------------------------------- */

static bool on_inner(struct sink *s, const struct inner *in)
{
    struct collector *c = (struct collector *)s;
    if (c->attempt.suppress_facts) {
        return true;
    }
    if (!budget_fits(c->budget, LIMIT_depth, c->now.object->depth + 1u)
        || !budget_spend(c->budget, LIMIT_objects, 1)) {
        return false;
    }
    struct scan_object *inner = scan_object_new(c->now.object, in);
    if (inner == NULL) {
        c->judge.failed = true;
        return false;
    }
    queue_push(c->queue, inner, in->code || in->pickle);
    return true;
}

/* --- the collector ------------------------------------------------------------------------- */

bool collect_init(struct collector *c, const struct collect_setup *setup)
{
    *c = (struct collector){
        .sink = { on_fact, on_inner },
        .now = { .object = NULL, .label = "" },
        .budget = setup->budget,
        .queue = setup->queue,
        .on_fact = setup->on_fact,
        .on_fact_ctx = setup->on_fact_ctx,
        .cancelled = setup->cancelled,
    };
    return judge_init(&c->judge, setup->file, setup->rules,
                      setup->budget->max[LIMIT_findings_per_rule]);
}

void collect_done(struct collector *c)
{
    judge_done(&c->judge);
    region_map_clear(&c->regions.file);
    region_map_clear(&c->regions.members);
    region_map_clear(&c->regions.unpacked);
    torch_storages_done(&c->regions.storages);
    for (size_t i = 0; i < c->crcs.n; i++) {
        free(c->crcs.items[i].label);
    }
    free(c->crcs.items);
    c->crcs = (struct deferred_crcs){ 0 };
}

struct current_object collect_switch(struct collector *c, struct current_object to)
{
    struct current_object before = c->now;
    c->now = to;
    return before;
}

bool collect_cancelled(const struct collector *c)
{
    return c->cancelled != NULL && *c->cancelled != 0;
}

bool collect_gap(struct collector *c, const char *label, struct gap g)
{
    return judge_gap(&c->judge, label, g);
}
