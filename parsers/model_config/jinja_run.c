/* jinja_run.c - the statements of a template: branches, loops, variables, macros. */
#include "jinja_eval.h"

#include <string.h>

enum {
    MOST_ROUNDS = 4096, /* of constant loops within each other that are followed one by one */
    MOST_PASSES = 24, /* over the body of a loop of an unknown number of rounds */
    MOST_NESTED_MACROS = 12, /* macros within macros that are expanded */
    BOMB_ROUNDS = 10000000 /* constant rounds beyond it are a bomb */
};

static struct jinja_node node_at(const struct jinja_eval *ev, uint32_t node)
{
    return ev->tree->nodes[node];
}

static struct bytes text_of(const struct jinja_eval *ev, uint32_t node)
{
    return jinja_text(ev->tree, &ev->tree->nodes[node]);
}

/* --- variables ------------------------------------------------------------------------------- */

static struct variable *find_from(struct jinja_eval *ev, struct bytes name, size_t scope)
{
    for (size_t i = ev->num_vars; i > scope; i--) {
        if (bytes_eq(ev->vars[i - 1].name, name)) {
            return &ev->vars[i - 1];
        }
    }
    return NULL;
}

struct variable *jinja_find(struct jinja_eval *ev, struct bytes name)
{
    return find_from(ev, name, 0);
}

static void declare(struct jinja_eval *ev, struct bytes name, struct value v)
{
    uint32_t slot = slot_new(ev, value_of(VALUE_UNSET));
    ev->failed |= ev->failed
                  || !budget_grow(ev->o->budget, &ev->vars, &ev->vars_cap, ev->num_vars + 1,
                                  sizeof *ev->vars);
    if (!ev->failed) {
        ev->vars[ev->num_vars++] = (struct variable){ name, slot };
        slot_set(ev, slot, v);
    }
}

static void set_variable(struct jinja_eval *ev, struct bytes name, struct value v)
{
    const struct variable *var = find_from(ev, name, ev->scope);
    if (var != NULL) {
        slot_set(ev, var->slot, v);
    } else {
        declare(ev, name, v);
    }
}

/* ns.NAME = v: the box then holds another dict. */
static void set_attribute(struct jinja_eval *ev, struct bytes variable, struct bytes name,
                          struct value v)
{
    const struct variable *var = jinja_find(ev, variable);
    struct value box = var == NULL ? value_of(VALUE_UNSET) : ev->slots[var->slot].v;
    struct value old = value_open(ev, box);
    struct value key = value_string(ev, name);
    struct value new = { .kind = VALUE_DICT, .n = old.n };
    jinja_reach(ev, key, false);
    if (old.kind != VALUE_DICT) {
        slot_set(ev, box.a, value_merge(ev, old, v));
        return;
    }
    if (!value_reserve(ev, 2 * (size_t)old.n + 2, &new.a)) {
        return;
    }

    uint32_t at = old.n;
    for (uint32_t i = 0; i < old.n; i++) {
        ev->items[new.a + 2 * i] = ev->items[old.a + 2 * i];
        ev->items[new.a + 2 * i + 1] = ev->items[old.a + 2 * i + 1];
        at = value_equal(ev, ev->items[old.a + 2 * i], key) ? i : at;
    }
    new.n += at == old.n;
    ev->items[new.a + 2 * at] = key;
    ev->items[new.a + 2 * at + 1] = v;
    slot_set(ev, box.a, new);
}

/* One name, or several that a list is spread over. */
static void set_target(struct jinja_eval *ev, uint32_t target, struct value v)
{
    bool several = node_at(ev, target).next != 0;
    for (uint32_t i = 0; target != 0 && !ev->failed; i++, target = node_at(ev, target).next) {
        uint32_t attribute = node_at(ev, target).a;
        struct value part = several ? jinja_item(ev, v, value_int(i)) : v;
        ev->now = target;
        if (attribute != 0) {
            set_attribute(ev, text_of(ev, target), text_of(ev, attribute), part);
        } else {
            set_variable(ev, text_of(ev, target), part);
        }
    }
}

/* --- output ---------------------------------------------------------------------------------- */

static void output(struct jinja_eval *ev, struct value v)
{
    if (ev->capture != 0) {
        v = value_open(ev, v);
        slot_set(ev, ev->capture, value_concat(ev, ev->slots[ev->capture].v, v));
    }
}

/* Runs a body whose output is a value. */
static struct value captured(struct jinja_eval *ev, uint32_t body)
{
    uint32_t outer = ev->capture;
    ev->capture = slot_new(ev, value_string(ev, BYTES("")));
    jinja_run(ev, body);
    struct value v = ev->failed ? value_mixed(HARMLESS_NOT) : ev->slots[ev->capture].v;
    ev->capture = outer;
    return v;
}

static struct value filtered(struct jinja_eval *ev, uint32_t filters, struct value v)
{
    for (; filters != 0 && !ev->failed; filters = node_at(ev, filters).next) {
        struct jinja_node n = node_at(ev, filters);
        struct arguments args = { .node = n.a };
        for (uint32_t i = n.a; i != 0; i = node_at(ev, i).next) {
            args.n++;
        }
        if (!value_reserve(ev, args.n, &args.first)) {
            break;
        }
        for (uint32_t i = 0, a = n.a; a != 0; i++, a = node_at(ev, a).next) {
            struct value argument_value = jinja_value(ev, node_at(ev, a).a);
            ev->items[args.first + i] = argument_value;
        }
        ev->now = filters;
        v = jinja_filter_value(ev, jinja_text(ev->tree, &n), v, &args);
    }
    return v;
}

/* --- branches and loops ---------------------------------------------------------------------- */

static void run_if(struct jinja_eval *ev, struct jinja_node n)
{
    struct fork f = fork_begin(ev);
    uint32_t num = 0;
    bool has_else = false;
    for (uint32_t i = n.a; i != 0 && !ev->failed; i = node_at(ev, i).next) {
        struct jinja_node branch = node_at(ev, i);
        has_else |= branch.a == 0;
        if (branch.a != 0) {
            (void)jinja_value(ev, branch.a);
        }
        jinja_run(ev, branch.b);
        fork_branch(ev, &f);
        num++;
    }
    fork_end(ev, &f, num + !has_else);
}

static void run_round(struct jinja_eval *ev, struct jinja_node n, struct value item)
{
    struct jinja_node round = node_at(ev, n.c);
    size_t outer = ev->scope, num_vars = ev->num_vars;
    ev->scope = ev->num_vars;
    set_target(ev, n.a, item);
    if (round.a != 0) {
        (void)jinja_value(ev, round.a);
    }
    jinja_run(ev, round.b);
    ev->scope = outer;
    ev->num_vars = num_vars;
}

/* As many rounds as there may be: each sees what the ones before have left, until nothing new is
 * left. */
static void run_unknown_rounds(struct jinja_eval *ev, struct jinja_node n, struct value item)
{
    bool outer = ev->changed;
    bool settled = false;
    for (int i = 0; i < MOST_PASSES && !settled && !ev->failed; i++) {
        struct fork f = fork_begin(ev);
        run_round(ev, n, item);
        fork_branch(ev, &f);
        ev->changed = false;
        fork_end(ev, &f, 2);
        settled = !ev->changed;
    }
    ev->changed = outer;
    if (!settled) {
        jinja_stop(ev, "a loop whose values do not settle");
    }
}

/* What a round of an unknown number of them sees. */
static struct value any_item(struct jinja_eval *ev, struct value v)
{
    bool is_opaque = v.kind == VALUE_DATA || v.kind == VALUE_MIXED;
    if (v.kind == VALUE_DATA) {
        return v;
    }
    return is_opaque ? value_part(ev, v) : jinja_item(ev, v, value_of(VALUE_NUMBER));
}

/* Counts the rounds of a constant loop.  Returns whether each of them is followed. */
static bool count_rounds(struct jinja_eval *ev, struct value v)
{
    bool is_range = v.kind == VALUE_RANGE;
    bool known = v.kind == VALUE_LIST || is_range;
    uint64_t rounds = is_range ? (uint64_t)v.number : v.n;
    if (!known || rounds == 0) {
        return known && v.kind == VALUE_LIST;
    }
    if (!mul_u64(ev->rounds, rounds, &ev->rounds)) {
        ev->rounds = UINT64_MAX;
    }
    if (ev->rounds > BOMB_ROUNDS) {
        jinja_note(ev, NOTE_BOMB, BYTES(""));
    }
    return v.kind == VALUE_LIST && ev->rounds <= MOST_ROUNDS;
}

static void run_for(struct jinja_eval *ev, struct jinja_node n, uint32_t node)
{
    struct jinja_node round = node_at(ev, n.c);
    uint64_t outer = ev->rounds;
    struct value v = value_each(ev, jinja_value(ev, n.b));
    ev->now = node;
    bool one_by_one = count_rounds(ev, v) && !n.flag && round.a == 0;
    for (uint32_t i = 0; one_by_one && i < v.n && jinja_step(ev, node); i++) {
        run_round(ev, n, ev->items[v.a + i]);
    }
    if (!one_by_one) {
        run_unknown_rounds(ev, n, any_item(ev, v));
    }
    ev->rounds = outer;

    struct fork f = fork_begin(ev);
    jinja_run(ev, round.c);
    fork_branch(ev, &f);
    fork_end(ev, &f, 2);
}

/* --- macros ---------------------------------------------------------------------------------- */

/* The value of a parameter: by keyword, by position, by default. */
static struct value parameter(struct jinja_eval *ev, const struct arguments *args, uint32_t node,
                              uint32_t i)
{
    struct jinja_node n = node_at(ev, node);
    uint32_t a = args == NULL ? 0 : args->node;
    for (uint32_t k = 0; a != 0; k++, a = node_at(ev, a).next) {
        if (bytes_eq(text_of(ev, a), jinja_text(ev->tree, &n))) {
            return ev->items[args->first + k];
        }
    }
    if (args != NULL && i < args->n) {
        return ev->items[args->first + i];
    }
    return n.a != 0 ? jinja_value(ev, n.a) : value_of(VALUE_DATA);
}

/* args NULL: a call with values that are not known. */
static struct value expand(struct jinja_eval *ev, uint32_t parameters, uint32_t body,
                           const struct arguments *args)
{
    size_t outer = ev->scope, num_vars = ev->num_vars;
    if (ev->num_macros >= MOST_NESTED_MACROS) {
        jinja_stop(ev, "too many macros within each other");
        return value_mixed(HARMLESS_NOT);
    }

    ev->num_macros++;
    ev->scope = ev->num_vars;
    for (uint32_t i = 0; parameters != 0 && !ev->failed; i++) {
        struct value v = parameter(ev, args, parameters, i);
        declare(ev, text_of(ev, parameters), v);
        parameters = node_at(ev, parameters).next;
    }
    declare(ev, BYTES("varargs"), value_mixed(HARMLESS_NOT));
    declare(ev, BYTES("kwargs"), value_mixed(HARMLESS_NOT));
    struct value out = captured(ev, body);
    ev->scope = outer;
    ev->num_vars = num_vars;
    ev->num_macros--;
    return out;
}

/* Texts that may grow from one call of a macro in itself to the next become unknown. */
static void widen(struct jinja_eval *ev, const struct arguments *args)
{
    for (uint32_t i = 0; i < args->n; i++) {
        struct value v = value_open(ev, ev->items[args->first + i]);
        bool plain = v.kind != VALUE_STRING && value_harmless(ev, v) == HARMLESS_PARTS;
        ev->items[args->first + i] = plain ? value_of(VALUE_DATA) : value_mixed(HARMLESS_NOT);
    }
}

/* A macro that is expanded within itself ends with what is not known. */
struct value jinja_expand(struct jinja_eval *ev, uint32_t macro, const struct arguments *args)
{
    struct jinja_node n = node_at(ev, macro);
    if (n.flag >= 3) {
        return value_mixed(HARMLESS_NOT);
    }
    if (n.flag == 2 && args != NULL) {
        widen(ev, args);
    }
    ev->tree->nodes[macro].flag++;
    struct value out = expand(ev, n.a, n.b, args);
    ev->tree->nodes[macro].flag--;
    return out;
}

static void run_macro(struct jinja_eval *ev, struct jinja_node n, uint32_t node)
{
    struct fork f = fork_begin(ev);
    set_variable(ev, jinja_text(ev->tree, &n), (struct value){ .kind = VALUE_MACRO, .a = node });
    fork_branch(ev, &f);
    fork_end(ev, &f, 1);
    struct fork once = fork_begin(ev); /* as if it is called */
    (void)jinja_expand(ev, node, NULL);
    fork_branch(ev, &once);
    fork_end(ev, &once, 2);
}

static void run_call_block(struct jinja_eval *ev, struct jinja_node n)
{
    size_t outer = ev->scope, num_vars = ev->num_vars;
    struct value body = expand(ev, n.a, n.c, NULL);
    (void)body; /* what caller() gives is one of the unknowns */
    ev->scope = ev->num_vars;
    declare(ev, BYTES("caller"), value_mixed(HARMLESS_NOT));
    output(ev, jinja_value(ev, n.b));
    ev->scope = outer;
    ev->num_vars = num_vars;
}

static void run_with(struct jinja_eval *ev, struct jinja_node n)
{
    size_t outer = ev->scope, num_vars = ev->num_vars;
    ev->scope = n.a != 0 ? ev->num_vars : outer;
    for (uint32_t i = n.a; i != 0 && !ev->failed; i = node_at(ev, i).next) {
        set_target(ev, node_at(ev, i).a, jinja_value(ev, node_at(ev, i).b));
    }
    jinja_run(ev, n.b);
    ev->num_vars = n.a != 0 ? num_vars : ev->num_vars;
    ev->scope = outer;
}

static void run_one(struct jinja_eval *ev, uint32_t node)
{
    struct jinja_node n = node_at(ev, node);
    switch (n.kind) {
    case NODE_TEXT:
        if (ev->capture != 0) {
            output(ev, value_string(ev, jinja_text(ev->tree, &n)));
        }
        break;
    case NODE_OUTPUT: output(ev, jinja_value(ev, n.a)); break;
    case NODE_DO: (void)jinja_value(ev, n.a); break;
    case NODE_IF: run_if(ev, n); break;
    case NODE_FOR: run_for(ev, n, node); break;
    case NODE_SET: set_target(ev, n.a, jinja_value(ev, n.b)); break;
    case NODE_SET_BLOCK: set_target(ev, n.a, filtered(ev, n.b, captured(ev, n.c))); break;
    case NODE_FILTER_BLOCK: output(ev, filtered(ev, n.b, captured(ev, n.c))); break;
    case NODE_MACRO: run_macro(ev, n, node); break;
    case NODE_CALL_BLOCK: run_call_block(ev, n); break;
    case NODE_WITH: run_with(ev, n); break;
    case NODE_LOAD:
        (void)jinja_value(ev, n.a);
        ev->now = node;
        jinja_note(ev, NOTE_LOAD, BYTES(""));
        break;
    default: break;
    }
}

void jinja_run(struct jinja_eval *ev, uint32_t body)
{
    ev->depth++;
    for (; body != 0 && jinja_step(ev, body); body = node_at(ev, body).next) {
        run_one(ev, body);
    }
    ev->depth--;
}
