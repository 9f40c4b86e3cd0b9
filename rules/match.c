/* match.c - evaluates the nodes of a rule on one fact. */
#include "ruleset.h"

static const char *const severities[] = { "none", "info", "low", "medium", "high", "critical" };

const char *severity_name(enum severity s) { return severities[s]; }

/* Where a rule is evaluated: its own part of the set, and the fact. */
struct eval {
    const struct ruleset *set;
    const struct part *part;
    const struct fact *fact;
};

static bool match_value(const struct eval *e, const struct node *n, const struct fact_field *f)
{
    const struct model *m = e->part->model;
    struct num num = f->type == FIELD_NUM ? fact_num(e->fact, f) : (struct num){ 0 };
    struct bytes text = f->type == FIELD_TEXT ? fact_text(e->fact, f) : (struct bytes){ 0 };
    for (uint32_t i = 0; i < n->count; i++) {
        const struct value *v = &m->values[n->first + i];
        if (f->type == FIELD_NUM ? num.set && num.v == v->num
                                 : text.p && bytes_eq(text, model_text(m, v->text))) {
            return true;
        }
    }
    return false;
}

static bool match_number(const struct eval *e, const struct node *n, const struct fact_field *f)
{
    struct num num = fact_num(e->fact, f);
    if (!num.set) {
        return false;
    }
    if (n->op == NODE_GT_FIELD) {
        struct num other = fact_num(e->fact, &fact_fields[n->num]);
        return other.set && num.v > other.v;
    }
    return n->op == NODE_GT ? num.v > n->num : n->op == NODE_GE ? num.v >= n->num : num.v < n->num;
}

static bool match_text(const struct eval *e, const struct node *n, const struct fact_field *f)
{
    const struct model *m = e->part->model;
    struct bytes text = fact_text(e->fact, f);
    if (!text.p) {
        return false;
    }
    switch (n->op) {
    case NODE_RE: return patterns_match(e->part->patterns, n->first, text);
    case NODE_PREFIX: return bytes_start(text, model_text(m, n->text));
    default: return part_listed(e->set, e->part, model_text(m, n->text), text);
    }
}

/* callee and global: module and name of the fact, looked up together. */
static bool match_safety(const struct eval *e, const struct node *n)
{
    struct lookup look = set_lookup(e->set, model_text(e->part->model, n->text));
    const struct fact *f = e->fact;
    bool call = f->kind == FACT_CALL;
    struct bytes module = call ? f->call.module : f->import.module;
    struct bytes name = call ? f->call.name : f->import.name;
    uint32_t op = n->as ? n->as : call ? op_bit(f->call.op) : OP_IMPORT;
    struct bytes types = call && !n->as ? f->call.types : (struct bytes){ NULL, 0 };
    return module.p && name.p
           && safety_of(&look, module, name, op, types, NULL) == (enum safety)n->num;
}

static bool match_leaf(const struct eval *e, const struct node *n)
{
    switch (n->op) {
    case NODE_SAFETY: return match_safety(e, n);
    case NODE_EQ:
    case NODE_IN: return match_value(e, n, &fact_fields[n->field]);
    case NODE_IN_LIST:
    case NODE_RE:
    case NODE_PREFIX: return match_text(e, n, &fact_fields[n->field]);
    default: return match_number(e, n, &fact_fields[n->field]);
    }
}

/* Recursion as deep as the rule, which the loader bounds: MAX_MATCH_DEPTH. */
static bool match_node(const struct eval *e, uint32_t at)
{
    const struct model *m = e->part->model;
    const struct node *n = &m->nodes[at];
    if (n->op > NODE_NOT) {
        return match_leaf(e, n);
    }
    for (uint32_t i = 0; i < n->count; i++) {
        if (match_node(e, m->kids[n->first + i]) != (n->op == NODE_ALL)) {
            return n->op == NODE_ANY; /* all: one failed; any: one held; not: it held */
        }
    }
    return n->op != NODE_ANY;
}

void rules_warm(const struct ruleset *rs)
{
    for (size_t p = 0; p < rs->num_parts; p++) {
        patterns_warm(rs->part[p].patterns);
    }
}

void rules_match(const struct ruleset *rs, const struct fact *f,
                 void (*hit)(void *ctx, const struct rule *r, const struct fact *f), void *ctx)
{
    for (size_t p = 0; p < rs->num_parts; p++) {
        struct eval e = { rs, &rs->part[p], f };
        const struct model *m = e.part->model;
        if (f->kind == FACT_STRING) {
            patterns_warm(e.part->patterns); /* all at once, so that one string warms a zygote */
        }
        bool any = (e.part->kinds >> f->kind & 1) != 0;
        for (size_t i = 0; any && i < m->num_rules; i++) {
            if (m->rules[i].fact == f->kind && match_node(&e, m->rules[i].match)) {
                hit(ctx, &m->rules[i], f);
            }
        }
    }
}
