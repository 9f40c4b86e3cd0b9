/* match.c - evaluates the nodes of a rule on one fact. */
#include "ruleset.h"

static const char *const severities[] = { "none", "info", "low", "medium", "high", "critical" };

const char *severity_name(enum severity s) { return severities[s]; }

/* The evaluation of a rule: the part of the set that it belongs to, and the fact. */
struct eval {
    const struct ruleset *set;
    const struct part *part;
    const struct fact *fact;
};

static bool match_num_value(const struct eval *e, const struct node *n, const struct fact_field *f)
{
    const struct value *values = &e->part->tables->values[n->first];
    struct num num = fact_num(e->fact, f);
    for (uint32_t i = 0; num.set && i < n->count; i++) {
        if (num.v == values[i].num) {
            return true;
        }
    }
    return false;
}

static bool match_text_value(const struct eval *e, const struct node *n, const struct fact_field *f)
{
    const struct rule_tables *t = e->part->tables;
    struct bytes text = fact_text(e->fact, f);
    for (uint32_t i = 0; text.p != NULL && i < n->count; i++) {
        if (bytes_eq(text, pool_bytes(t, t->values[n->first + i].text))) {
            return true;
        }
    }
    return false;
}

static bool match_value(const struct eval *e, const struct node *n, const struct fact_field *f)
{
    if (f->type == FIELD_NUM) {
        return match_num_value(e, n, f);
    }
    return match_text_value(e, n, f);
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

    switch (n->op) {
    case NODE_GT: return num.v > n->num;
    case NODE_GE: return num.v >= n->num;
    default: return num.v < n->num;
    }
}

static bool match_text(const struct eval *e, const struct node *n, const struct fact_field *f)
{
    const struct rule_tables *t = e->part->tables;
    struct bytes text = fact_text(e->fact, f);
    if (text.p == NULL) {
        return false;
    }

    switch (n->op) {
    case NODE_RE: return patterns_match(e->part->patterns, n->first, text);
    case NODE_PREFIX: return bytes_start(text, pool_bytes(t, n->text));
    default: return part_listed(e->set, e->part, pool_bytes(t, n->text), text);
    }
}

/* callee and global: module and name of the fact are looked up together. */
static bool match_safety(const struct eval *e, const struct node *n)
{
    struct lookup look = set_lookup(e->set, pool_bytes(e->part->tables, n->text));
    const struct fact *f = e->fact;
    struct bytes module, name;
    struct bytes types = { NULL, 0 };
    uint32_t op = OP_IMPORT;
    if (f->kind == FACT_CALL) {
        module = f->call.module;
        name = f->call.name;
        types = f->call.types;
        op = op_bit(f->call.op);
    } else {
        module = f->import.module;
        name = f->import.name;
    }

    if (n->as != 0) { /* the types are those of the fact's own operation */
        types = (struct bytes){ NULL, 0 };
        op = n->as;
    }
    if (module.p == NULL || name.p == NULL) {
        return false;
    }

    return safety_of(&look, module, name, op, types, NULL) == (enum safety)n->num;
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

/* Recursion is as deep as the rule, at most MAX_MATCH_DEPTH (the loader checks it). */
static bool match_node(const struct eval *e, uint32_t at)
{
    const struct rule_tables *t = e->part->tables;
    const struct node *n = &t->nodes[at];
    if (n->op > NODE_NOT) {
        return match_leaf(e, n);
    }

    for (uint32_t i = 0; i < n->count; i++) {
        bool matched = match_node(e, t->kids[n->first + i]);
        if (matched != (n->op == NODE_ALL)) {
            return n->op == NODE_ANY; /* one decides: a failed one of all, a matched one of any */
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
        const struct rule_tables *t = e.part->tables;
        if (f->kind == FACT_STRING) {
            patterns_warm(e.part->patterns); /* one string in the forkserver compiles all of them */
        }

        bool any = (e.part->kinds >> f->kind & 1) != 0;
        for (size_t i = 0; any && i < t->num_rules; i++) {
            const struct rule *r = &t->rules[i];
            if (r->fact == f->kind && match_node(&e, r->match)) {
                hit(ctx, r, f);
            }
        }
    }
}
