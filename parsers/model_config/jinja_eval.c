/* jinja_eval.c - the expressions of a template. */
#include "jinja_eval.h"

#include <stdlib.h>
#include <string.h>

#define LARGE_POWER 100000 /* exponents beyond it are a bomb */

static struct jinja_node node_at(const struct jinja_eval *ev, uint32_t node)
{
    return ev->tree->nodes[node];
}

static struct bytes text_of(const struct jinja_eval *ev, uint32_t node)
{
    return jinja_text(ev->tree, &ev->tree->nodes[node]);
}

void jinja_stop(struct jinja_eval *ev, const char *why)
{
    if (!ev->failed) {
        ev->why = why;
    }
    ev->failed = true;
}

/* Counts one step at a node.  False: nothing more is evaluated. */
bool jinja_step(struct jinja_eval *ev, uint32_t node)
{
    ev->now = node;
    if (++ev->steps > BOUND_template_steps) {
        jinja_stop(ev, "too many steps to follow");
    }
    return !ev->failed;
}

static uint32_t list_length(const struct jinja_eval *ev, uint32_t node)
{
    uint32_t n = 0;
    for (; node != 0; node = ev->tree->nodes[node].next) {
        n++;
    }
    return n;
}

/* --- literals and operators ------------------------------------------------------------------ */

static struct value integer(struct bytes text)
{
    char copy[32] = "";
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] != '_' && n + 1 < sizeof copy) {
            copy[n++] = (char)text.p[i];
        }
    }
    bool is_prefixed = copy[0] == '0' && n > 2;
    bool is_binary = is_prefixed && (copy[1] == 'b' || copy[1] == 'B');
    bool is_octal = is_prefixed && (copy[1] == 'o' || copy[1] == 'O');
    if (is_binary || is_octal) {
        return value_int(strtoll(copy + 2, NULL, is_binary ? 2 : 8));
    }
    return value_int(strtoll(copy, NULL, copy[0] == '0' ? 16 : 10));
}

static struct value strings(struct jinja_eval *ev, uint32_t node)
{
    struct value out = text_literal(ev, text_of(ev, node));
    for (node = node_at(ev, node).a; node != 0 && jinja_step(ev, node);) {
        out = value_concat(ev, out, text_literal(ev, text_of(ev, node)));
        node = node_at(ev, node).a;
    }
    return out;
}

/* A tuple is no box: nothing changes it. */
static struct value list_of(struct jinja_eval *ev, struct jinja_node n)
{
    uint32_t node = n.a;
    struct value out = { .kind = VALUE_LIST, .n = list_length(ev, node) };
    if (!value_reserve(ev, out.n, &out.a)) {
        return value_mixed(HARMLESS_NOT);
    }
    for (uint32_t i = 0; node != 0 && !ev->failed; i++, node = node_at(ev, node).next) {
        struct value item = jinja_value(ev, node);
        ev->items[out.a + i] = item;
    }
    return n.flag ? out : value_box(ev, out);
}

static struct value dict_of(struct jinja_eval *ev, uint32_t node)
{
    struct value out = { .kind = VALUE_DICT, .n = list_length(ev, node) };
    if (!value_reserve(ev, 2 * (size_t)out.n, &out.a)) {
        return value_mixed(HARMLESS_NOT);
    }
    for (uint32_t i = 0; node != 0 && !ev->failed; i++, node = node_at(ev, node).next) {
        struct value key = jinja_value(ev, node_at(ev, node).a);
        struct value item = jinja_value(ev, node_at(ev, node).b);
        ev->items[out.a + 2 * i] = key;
        ev->items[out.a + 2 * i + 1] = item;
    }
    return value_box(ev, out);
}

static bool is_number(struct value v) { return v.kind == VALUE_INT || v.kind == VALUE_NUMBER; }

static struct value power(struct jinja_eval *ev, int64_t base, int64_t exponent)
{
    int64_t out = 1;
    if (exponent > LARGE_POWER && (base > 1 || base < -1)) {
        jinja_note(ev, NOTE_BOMB, BYTES(""));
    }
    for (int64_t i = 0; i < exponent && i < 64; i++) {
        if (__builtin_mul_overflow(out, base, &out)) {
            return value_of(VALUE_NUMBER);
        }
    }
    return exponent < 0 || exponent > 63 ? value_of(VALUE_NUMBER) : value_int(out);
}

static struct value integers(struct jinja_eval *ev, struct bytes op, int64_t a, int64_t b)
{
    int64_t out = 0;
    bool bad = true;
    if (bytes_eq(op, BYTES("**"))) {
        return power(ev, a, b);
    }
    switch (op.p[0]) {
    case '+': bad = __builtin_add_overflow(a, b, &out); break;
    case '-': bad = __builtin_sub_overflow(a, b, &out); break;
    case '*': bad = __builtin_mul_overflow(a, b, &out); break;
    case '%':
    case '/': bad = b <= 0 || a < 0 || (op.p[0] == '/' && op.n == 1); break;
    default: break;
    }
    if (!bad && (op.p[0] == '/' || op.p[0] == '%')) {
        out = op.p[0] == '/' ? a / b : a % b;
    }
    return bad ? value_of(VALUE_NUMBER) : value_int(out);
}

/* a + b for lists */
static struct value append_lists(struct jinja_eval *ev, struct value a, struct value b)
{
    struct value out = { .kind = VALUE_LIST, .n = a.n + b.n };
    if (!value_reserve(ev, (size_t)a.n + b.n, &out.a)) {
        return value_mixed(HARMLESS_NOT);
    }
    for (uint32_t i = 0; i < out.n; i++) {
        ev->items[out.a + i] = ev->items[i < a.n ? a.a + i : b.a + i - a.n];
    }
    return value_box(ev, out);
}

static struct value unknown_math(struct jinja_eval *ev, struct bytes op, struct value a,
                                 struct value b)
{
    bool has_number = is_number(a) || is_number(b);
    bool is_text = a.kind == VALUE_STRING || b.kind == VALUE_STRING;
    bool adds = bytes_eq(op, BYTES("+"));
    bool is_data = a.kind == VALUE_DATA && b.kind == VALUE_DATA;
    bool subtracts = bytes_eq(op, BYTES("-")) || op.p[0] == '/';
    if (has_number && (adds || subtracts)) {
        return value_of(VALUE_NUMBER);
    }
    if (subtracts) { /* of sets, too */
        return is_data ? a : value_mixed(HARMLESS_NOT);
    }
    if (has_number && !is_text && a.kind != VALUE_MIXED && b.kind != VALUE_MIXED) {
        return value_of(VALUE_NUMBER); /* data times a number */
    }
    return adds ? value_concat(ev, a, b) : value_mixed(HARMLESS_NOT);
}

static struct value math(struct jinja_eval *ev, struct bytes op, struct value a, struct value b)
{
    if (bytes_eq(op, BYTES("%")) && a.kind == VALUE_STRING) {
        return text_percent(ev, a, b);
    }
    a = value_open(ev, a);
    b = value_open(ev, b);
    if (a.kind == VALUE_INT && b.kind == VALUE_INT) {
        return integers(ev, op, a.number, b.number);
    }
    if (a.kind == VALUE_LIST && b.kind == VALUE_LIST && bytes_eq(op, BYTES("+"))) {
        return append_lists(ev, a, b);
    }
    if (bytes_eq(op, BYTES("*")) && (a.kind == VALUE_INT || b.kind == VALUE_INT)) {
        struct value v = a.kind == VALUE_INT ? b : a;
        bool repeats = v.kind == VALUE_STRING || v.kind == VALUE_LIST;
        if (repeats) {
            return text_repeat(ev, v, a.kind == VALUE_INT ? a.number : b.number);
        }
    }
    return unknown_math(ev, op, a, b);
}

static struct value chain(struct jinja_eval *ev, struct jinja_node n)
{
    struct value out = jinja_value(ev, n.a);
    for (uint32_t i = n.b; i != 0 && !ev->failed; i = node_at(ev, i).next) {
        struct value operand = jinja_value(ev, node_at(ev, i).a);
        ev->now = i;
        out = math(ev, text_of(ev, i), out, operand);
    }
    return out;
}

static struct value concat(struct jinja_eval *ev, struct jinja_node n)
{
    struct value out = value_string(ev, BYTES(""));
    for (uint32_t i = n.a; i != 0 && !ev->failed; i = node_at(ev, i).next) {
        struct value operand = value_open(ev, jinja_value(ev, i));
        ev->now = i;
        out = value_concat(ev, out, operand);
    }
    return out;
}

/* One of several values; which, is not computed. */
static struct value choice(struct jinja_eval *ev, struct jinja_node n)
{
    struct value out = value_of(VALUE_UNSET);
    for (uint32_t i = n.a; i != 0 && !ev->failed; i = node_at(ev, i).next) {
        out = value_merge(ev, out, jinja_value(ev, i));
    }
    return out;
}

static struct value truth(struct jinja_eval *ev, struct jinja_node n)
{
    for (uint32_t i = n.a; i != 0 && !ev->failed; i = node_at(ev, i).next) {
        (void)jinja_value(ev, i);
    }
    return value_of(VALUE_NUMBER);
}

/* --- items and calls ------------------------------------------------------------------------- */

/* The key is not known: it may be any of the values whose key is of a kind that fits. */
static struct value any_value(struct jinja_eval *ev, struct value dict)
{
    struct value out = value_of(VALUE_UNSET);
    for (uint32_t i = 0; i < dict.n; i++) {
        out = value_merge(ev, out, ev->items[dict.a + 2 * i + 1]);
    }
    return out.kind == VALUE_UNSET ? value_of(VALUE_DATA) : out;
}

static struct value dict_item(struct jinja_eval *ev, struct value dict, struct value key)
{
    bool known = key.kind == VALUE_STRING || key.kind == VALUE_INT;
    for (uint32_t i = 0; i < dict.n; i++) {
        struct value k = ev->items[dict.a + 2 * i];
        if (known && value_equal(ev, k, key)) {
            return ev->items[dict.a + 2 * i + 1];
        }
        known &= k.kind == VALUE_STRING || k.kind == VALUE_INT;
    }
    return known ? value_of(VALUE_DATA) : any_value(ev, dict);
}

struct value jinja_item(struct jinja_eval *ev, struct value base, struct value key)
{
    base = value_open(ev, base);
    if (base.kind == VALUE_DICT) {
        return dict_item(ev, base, key);
    }
    if (base.kind == VALUE_DATA || base.kind == VALUE_MIXED) {
        return base.kind == VALUE_DATA ? base : value_part(ev, base);
    }
    if (base.kind == VALUE_RANGE) {
        return value_of(VALUE_NUMBER);
    }

    struct value list = value_each(ev, base);
    if (list.kind != VALUE_LIST) {
        return value_mixed(HARMLESS_NOT);
    }
    int64_t at = key.number < 0 ? key.number + list.n : key.number;
    if (key.kind == VALUE_INT) {
        return at >= 0 && at < list.n ? ev->items[list.a + at] : value_of(VALUE_DATA);
    }
    struct value out = value_of(VALUE_UNSET);
    for (uint32_t i = 0; i < list.n && i < 256; i++) {
        out = value_merge(ev, out, value_open(ev, ev->items[list.a + i]));
    }
    return list.n > 256 ? value_mixed(HARMLESS_NOT) : out;
}

static struct value loop_item(struct value key, struct bytes name)
{
    static const char *const others[] = { "previtem", "nextitem", "cycle", "changed" };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (key.kind != VALUE_STRING || bytes_eq(name, bytes_of(others[i]))) {
            return value_mixed(HARMLESS_NOT);
        }
    }
    return value_of(VALUE_NUMBER);
}

/* An attribute or item; before a call, a method. */
static struct value reach(struct jinja_eval *ev, struct value base, struct value key, bool called)
{
    struct value open = value_open(ev, base);
    key = value_open(ev, key);
    jinja_reach(ev, key, false);
    bool is_format = value_is(ev, key, "format") || value_is(ev, key, "format_map");
    if (is_format && (open.kind == VALUE_STRING || open.kind == VALUE_MIXED)) {
        jinja_check_fields(ev, open);
    }
    if (base.kind == VALUE_GLOBAL) {
        struct value item = loop_item(key, value_text(ev, key));
        return base.a == GLOBAL_LOOP ? item : value_mixed(HARMLESS_NOT);
    }

    bool is_method = called && key.kind == VALUE_STRING && open.kind != VALUE_MACRO;
    if (!is_method) {
        bool is_attribute = open.kind == VALUE_STRING && key.kind == VALUE_STRING;
        return is_attribute ? value_mixed(HARMLESS_NOT) : jinja_item(ev, base, key);
    }
    struct value out = { .kind = VALUE_METHOD };
    if (value_reserve(ev, 2, &out.a)) {
        ev->items[out.a] = base;
        ev->items[out.a + 1] = key;
    }
    return out;
}

static bool read_arguments(struct jinja_eval *ev, uint32_t node, struct arguments *out)
{
    *out = (struct arguments){ .n = list_length(ev, node), .node = node };
    if (!value_reserve(ev, out->n, &out->first)) {
        return false;
    }
    for (uint32_t i = 0; node != 0 && !ev->failed; i++, node = node_at(ev, node).next) {
        struct value v = jinja_value(ev, node_at(ev, node).a);
        ev->items[out->first + i] = node_at(ev, node).flag ? value_mixed(value_harmless(ev, v)) : v;
    }
    return !ev->failed;
}

/* dict(a=1), namespace(a=1) */
static struct value dict_of_arguments(struct jinja_eval *ev, const struct arguments *args)
{
    struct value out = { .kind = VALUE_DICT, .n = args->n };
    uint32_t node = args->node;
    if (!value_reserve(ev, 2 * (size_t)args->n, &out.a)) {
        return value_mixed(HARMLESS_NOT);
    }
    for (uint32_t i = 0; i < args->n; i++, node = node_at(ev, node).next) {
        struct bytes name = text_of(ev, node);
        struct value key = name.n > 0 ? value_string(ev, name) : value_of(VALUE_DATA);
        ev->items[out.a + 2 * i] = key;
        ev->items[out.a + 2 * i + 1] = ev->items[args->first + i];
    }
    return value_box(ev, out);
}

static struct value range_of(struct jinja_eval *ev, const struct arguments *args)
{
    struct value a = argument(ev, args, 0);
    struct value b = argument(ev, args, 1);
    struct value step = argument(ev, args, 2);
    bool one = b.kind == VALUE_UNSET;
    int64_t by = step.kind == VALUE_INT ? step.number : 1;
    int64_t span;
    bool known = a.kind == VALUE_INT && (one || b.kind == VALUE_INT);
    known = known && (step.kind == VALUE_INT || step.kind == VALUE_UNSET);
    int64_t from = one ? 0 : a.number;
    int64_t to = one ? a.number : b.number;
    if (!known || by == 0 || by == INT64_MIN || __builtin_sub_overflow(to, from, &span)
        || span == INT64_MIN) {
        return value_of(VALUE_RANGE);
    }
    if (by < 0) {
        span = -span;
    }
    struct value out = { .kind = VALUE_RANGE, .a = (uint32_t)from, .n = (uint32_t)by };
    int64_t size = by < 0 ? -by : by;
    out.number = span <= 0 ? 0 : (span - 1) / size + 1;
    bool fits = from == (int32_t)from && to == (int32_t)to && by == (int32_t)by;
    out.n = fits ? out.n : 0;
    return out;
}

static struct value call(struct jinja_eval *ev, struct value callee, const struct arguments *args)
{
    if (callee.kind == VALUE_METHOD) {
        return jinja_method(ev, ev->items[callee.a], ev->items[callee.a + 1], args);
    }
    if (callee.kind == VALUE_MACRO) {
        return jinja_expand(ev, callee.a, args);
    }
    if (callee.kind == VALUE_GLOBAL && callee.a == GLOBAL_RANGE) {
        return range_of(ev, args);
    }
    if (callee.kind == VALUE_GLOBAL && callee.a != GLOBAL_LOOP) {
        return dict_of_arguments(ev, args);
    }

    /* What the application adds, such as strftime_now(), may return what it is given. */
    bool harmless = true;
    for (uint32_t i = 0; i < args->n; i++) {
        harmless &=
            argument(ev, args, i).kind != VALUE_MIXED && argument(ev, args, i).kind != VALUE_STRING;
    }
    return callee.kind == VALUE_DATA && harmless ? callee : value_mixed(HARMLESS_NOT);
}

static struct value name_of(struct jinja_eval *ev, struct bytes name)
{
    const struct variable *var = jinja_find(ev, name);
    struct value v = var == NULL ? value_of(VALUE_UNSET) : ev->slots[var->slot].v;
    return v.kind == VALUE_UNSET ? jinja_global(ev, name) : v;
}

static struct value slice(struct jinja_eval *ev, struct value v, struct jinja_node step)
{
    uint32_t nodes[3] = { step.a, step.b, step.c };
    struct value part[3];
    for (size_t i = 0; i < 3; i++) {
        part[i] = nodes[i] == 0 ? value_of(VALUE_UNSET) : jinja_value(ev, nodes[i]);
    }
    v = value_open(ev, v);
    bool known = v.kind == VALUE_STRING || v.kind == VALUE_LIST;
    bool is_opaque = v.kind == VALUE_DATA || v.kind == VALUE_MIXED;
    if (is_opaque) {
        return v.kind == VALUE_DATA ? v : value_part(ev, v);
    }
    return known ? text_slice(ev, v, part) : value_mixed(HARMLESS_NOT);
}

static struct value follow(struct jinja_eval *ev, struct value v, uint32_t node)
{
    struct jinja_node step = node_at(ev, node);
    struct arguments args;
    bool called = node_at(ev, step.next).kind == NODE_CALL;
    struct value key = value_of(VALUE_DATA);
    if (step.kind == NODE_ITEM && step.a != 0) {
        key = jinja_value(ev, step.a);
    } else if (step.kind == NODE_ATTRIBUTE) {
        key = value_string(ev, jinja_text(ev->tree, &step));
    } else if (step.kind == NODE_SLICE) {
        return slice(ev, v, step);
    }
    if (step.kind == NODE_ITEM || step.kind == NODE_ATTRIBUTE) {
        ev->now = node;
        return reach(ev, v, key, called);
    }

    if (!read_arguments(ev, step.a, &args)) {
        return value_mixed(HARMLESS_NOT);
    }
    ev->now = node;
    if (step.kind == NODE_FILTER) {
        return jinja_filter_value(ev, jinja_text(ev->tree, &step), v, &args);
    }
    return step.kind == NODE_CALL ? call(ev, v, &args) : value_of(VALUE_NUMBER);
}

static struct value path(struct jinja_eval *ev, struct jinja_node n)
{
    struct value v = n.a == 0 ? value_of(VALUE_DATA) : jinja_value(ev, n.a);
    for (uint32_t step = n.b; step != 0 && jinja_step(ev, step); step = node_at(ev, step).next) {
        v = follow(ev, v, step);
    }
    return v;
}

static struct value evaluate(struct jinja_eval *ev, uint32_t node)
{
    struct jinja_node n = node_at(ev, node);
    switch (n.kind) {
    case NODE_NAME: return name_of(ev, jinja_text(ev->tree, &n));
    case NODE_STRING: return strings(ev, node);
    case NODE_INTEGER: return integer(jinja_text(ev->tree, &n));
    case NODE_LIST: return list_of(ev, n);
    case NODE_DICT: return dict_of(ev, n.a);
    case NODE_CHOICE: return choice(ev, n);
    case NODE_MATH: return chain(ev, n);
    case NODE_CONCAT: return concat(ev, n);
    case NODE_PATH: return path(ev, n);
    case NODE_TRUTH: return truth(ev, n);
    case NODE_NEGATE: {
        struct value v = jinja_value(ev, n.a);
        bool known = v.kind == VALUE_INT && bytes_eq(jinja_text(ev->tree, &n), BYTES("-"));
        return known && v.number != INT64_MIN ? value_int(-v.number) : value_of(VALUE_NUMBER);
    }
    case NODE_IF_ELSE: {
        (void)jinja_value(ev, n.a);
        struct value yes = jinja_value(ev, n.b);
        return n.c == 0 ? yes : value_merge(ev, yes, jinja_value(ev, n.c));
    }
    default: return value_of(VALUE_NUMBER);
    }
}

struct value jinja_value(struct jinja_eval *ev, uint32_t node)
{
    struct value out = value_mixed(HARMLESS_NOT);
    if (ev->depth >= 4 * BOUND_template_depth) {
        jinja_stop(ev, "nested too deep");
    }
    if (jinja_step(ev, node)) {
        ev->depth++;
        out = evaluate(ev, node);
        ev->depth--;
    }
    return ev->failed ? value_mixed(HARMLESS_NOT) : out;
}
