/* containers.c - opcodes that make containers, or put items into them. */
#include "stack.h"

enum step op_tuple(struct vm *m, size_t n, const char **why)
{
    struct val t;
    if (above_mark(m) < n) {
        return underflow(why);
    }
    m->depth -= n;
    if (!report_callable_value(m, items_from(m, m->depth), n)
        || !tuple_new(m, items_from(m, m->depth), n, &t)) {
        return STEP_ABORT;
    }
    return push(m, t);
}

enum step op_marked_tuple(struct vm *m, const char **why)
{
    struct val *items, t;
    size_t n;
    if (!pop_mark(m, &items, &n)) {
        return no_mark(why);
    }
    return report_callable_value(m, items, n) && tuple_new(m, items, n, &t) ? push(m, t)
                                                                            : STEP_ABORT;
}

/* LIST, DICT, FROZENSET: the items are dropped; what they are was reported when they were made. */
enum step op_marked(struct vm *m, enum kind k, const char **why)
{
    struct val *items;
    size_t n;
    if (!pop_mark(m, &items, &n)) {
        return no_mark(why);
    }
    return report_callable_value(m, items, n) ? push(m, val_of(k, 0)) : STEP_ABORT;
}

/* Names that a state may not carry: they change what later code calls. */
static bool dunder(struct vm *m, struct val v)
{
    static const char *const names[] = { "__builtins__",  "__setstate__", "__reduce__",
                                         "__reduce_ex__", "__class__",    "__globals__",
                                         "__code__",      "__getattr__",  "__getattribute__",
                                         "__call__",      "__init__",     "__del__" };
    struct text t;
    if (!text_read(m, v, 200, &t)) { /* decoded: a line may have escapes */
        return false;
    }
    struct bytes key = { t.p, t.n };
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        found |= bytes_eq(key, bytes_of(names[i]));
    }
    text_done(m, &t);
    return found;
}

/* A value that changes nothing under such a name: a vocabulary counts the words "__init__" and
 * "__class__", too. numpy's scalar() is what counters are restored with. */
static bool harmless(const struct vm *m, struct val v)
{
    switch (val_kind(v)) {
    case K_NONE:
    case K_BOOL:
    case K_NUMBER:
    case K_TEXT:
    case K_BYTES: return true;
    case K_INSTANCE: return bytes_eq(global_name(m, val_payload(v)), BYTES("scalar"));
    default: return false;
    }
}

static enum step check_keys(struct vm *m, struct val on, const struct val *items, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        if (!formula_note(m, on, items[i], items[i + 1])
            || !view_named(m, on, items[i], items[i + 1])) {
            return STEP_ABORT;
        }
        if (val_kind(items[i]) != K_TEXT || (val_payload(items[i]) & TEXT_KEY) == 0) {
            continue;
        }
        if (val_kind(on) == K_DICT && !joblib_note(m, on, items[i], items[i + 1])) {
            return STEP_ABORT;
        }
        if (!harmless(m, items[i + 1]) && dunder(m, items[i])
            && !emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-dunder-state",
                             "a dictionary has a key that changes how objects behave")) {
            return STEP_ABORT;
        }
    }
    return STEP_CONTINUE;
}

enum step op_marked_dict(struct vm *m, const char **why)
{
    struct val *items, dict = val_of(K_DICT, ++m->num_dicts);
    size_t n;
    if (!pop_mark(m, &items, &n)) {
        return no_mark(why);
    }
    enum step s = report_callable_value(m, items, n) ? check_keys(m, dict, items, n) : STEP_ABORT;
    return s == STEP_CONTINUE ? push(m, dict) : s;
}

/* APPENDS, SETITEMS, ADDITEMS: onto what lies under the mark. */
enum step op_extend(struct vm *m, const char *method, bool keys, const char **why)
{
    struct val *items;
    size_t n;
    if (!pop_mark(m, &items, &n)) {
        return no_mark(why);
    }
    if (above_mark(m) == 0) {
        return underflow(why);
    }
    struct val on = m->stack[m->depth - 1];
    if (!report_callable_value(m, items, n)) {
        return STEP_ABORT;
    }
    if (keys && check_keys(m, on, items, n) != STEP_CONTINUE) {
        return STEP_ABORT;
    }
    for (size_t i = 0; m->legacy.active && i < n; i++) {
        if (!legacy_key(m, on, items[i])) {
            return STEP_ABORT;
        }
    }
    return val_builtin(on) || n == 0 || call_method(m, on, method, "method") ? STEP_CONTINUE
                                                                             : STEP_ABORT;
}

enum step op_extend_one(struct vm *m, size_t n, const char *method, const char **why)
{
    if (above_mark(m) < n + 1) {
        return underflow(why);
    }
    m->depth -= n;
    struct val on = m->stack[m->depth - 1];
    if (!report_callable_value(m, m->stack + m->depth, n)) {
        return STEP_ABORT;
    }
    if (n == 2 && check_keys(m, on, m->stack + m->depth, 2) != STEP_CONTINUE) {
        return STEP_ABORT;
    }
    if (n == 1 && !legacy_key(m, on, m->stack[m->depth])) {
        return STEP_ABORT;
    }
    return val_builtin(on) || call_method(m, on, method, "method") ? STEP_CONTINUE : STEP_ABORT;
}
