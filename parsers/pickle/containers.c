/* containers.c - opcodes that make containers, or put items into them. */
#include "stack.h"

#include "dict_notes.h"
#include "dtypes.h"

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
    unsigned log2 = 0;
    if (k == K_FROZENSET && !values_size(m, items, n, &log2)) {
        return STEP_ABORT;
    }
    return report_callable_value(m, items, n) ? push(m, val_of(k, log2)) : STEP_ABORT;
}

/* Names of attributes that change what later code calls. */
static uint64_t watched_of(struct vm *m, struct val key)
{
    struct text t;
    bool marked = val_kind(key) == K_TEXT && (val_payload(key) & TEXT_KEY) != 0;
    if (!marked || !text_read(m, key, KEY_BYTES, &t)) {
        return 0;
    }
    uint64_t keys = watched_key((struct bytes){ t.p, t.n });
    text_done(m, &t);
    return keys;
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

/* A key of a dictionary that became the state of an object before: an attribute store. */
static bool report_late_key(struct vm *m, struct val dict, struct val key, uint64_t watched)
{
    const struct dict_note *note = dict_note_find(m, dict);
    if (note == NULL || note->owner == 0) {
        return true;
    }
    struct val owner = val_of(K_INSTANCE, note->owner - 1);
    if (!key_is_constant(key)) {
        return emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-state-untold",
                            "attributes are set under computed names");
    }
    return watched == 0
           || report_call(m, owner, global_name(m, val_payload(owner)), dict, "build", NULL);
}

static bool note_key(struct vm *m, struct val on, struct val key, struct val value)
{
    uint64_t watched = watched_of(m, key);
    if (watched != 0 && val_kind(on) == K_DICT) {
        struct dict_note *note = dict_note_add(m, on);
        if (note == NULL) {
            return false;
        }
        note->keys |= watched;
    }
    if (!report_late_key(m, on, key, watched)) {
        return false;
    }
    return watched_is_safe(watched) || harmless(m, value)
           || emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-dunder-state",
                           "a dictionary has a key that changes how objects behave");
}

/* Mappings of Python, whose keys are never attributes. */
static bool is_plain_mapping(const struct vm *m, struct val v)
{
    struct bytes module = global_module(m, val_payload(v));
    return bytes_eq(module, BYTES("collections")) || bytes_eq(module, BYTES("builtins"));
}

/* An instance that is its own __dict__ takes keys for attributes. */
static bool report_computed_key(struct vm *m, struct val on, struct val key)
{
    bool instance = val_kind(on) == K_INSTANCE && !is_plain_mapping(m, on);
    return !instance || key_is_constant(key)
           || emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-state-untold",
                           "attributes are set under computed names");
}

/* Most items end at the first conditions: no watched key, and no dictionary that has a note. */
static bool check_item(struct vm *m, struct val on, struct val key, struct val value)
{
    bool marked = val_kind(key) == K_TEXT && (val_payload(key) & TEXT_KEY) != 0;
    bool noted = m->dict_notes.n > 0;
    if ((marked || noted) && !note_key(m, on, key, value)) {
        return false;
    }
    if ((noted || val_kind(value) == K_TUPLE) && !dtype_note_item(m, on, value)) {
        return false;
    }
    if (val_kind(on) != K_DICT) {
        return report_computed_key(m, on, key);
    }
    return !marked || joblib_note(m, key, value);
}

static enum step check_keys(struct vm *m, struct val on, const struct val *items, size_t n)
{
    if (val_kind(on) == K_DICT) {
        joblib_count(m, on, n / 2);
    }
    for (size_t i = 0; i + 1 < n; i += 2) {
        struct val key = items[i], value = items[i + 1];
        if (!formula_note(m, on, key, value) || !view_named(m, on, key, value)
            || !check_item(m, on, key, value)) {
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
