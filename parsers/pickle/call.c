/* call.c - what is called with what, and what comes back. */
#include "call.h"

#include "dict_notes.h"
#include "dtypes.h"

#include <string.h>

/* Is not callable, has no __setstate__, and none of the methods that opcodes call. */
static bool constant(struct val v)
{
    switch (val_kind(v)) {
    case K_NUMBER:
    case K_BOOL:
    case K_TEXT:
    case K_BYTES:
    case K_TUPLE:
    case K_LIST:
    case K_DICT:
    case K_SET:
    case K_FROZENSET:
    case K_BYTEARRAY: return true;
    default: return false;
    }
}

static bool call_fold(struct vm *m, struct val callee, struct val args, const char *op,
                      struct val *out)
{
    struct val target = callee, reached;
    for (int hops = 0;
         val_kind(target) == K_WRAPPED && m->wrapped[val_payload(target)].kind == WRAP_PARTIAL;
         hops++) {
        target = hops < BOUND_pickle_partials ? m->wrapped[val_payload(target)].of : val_unknown();
    }
    if (val_kind(target) != K_WRAPPED) { /* the arguments bound before are not repeated */
        return call(m, target, args, op, out);
    }
    const struct wrapped_callable f = m->wrapped[val_payload(target)];
    if (f.kind != WRAP_ATTRGETTER && f.kind != WRAP_METHODCALLER) {
        *out = val_unknown();
        return report_call(m, val_unknown(), (struct bytes){ NULL, 0 }, args, op, NULL);
    }
    if (val_kind(f.of) != K_TEXT) {
        *out = val_unknown();
        return report_call(m, val_unknown(), (struct bytes){ NULL, 0 }, args, op, NULL);
    }
    if (!attribute_named(m, val_arg(m, args, 0), f.of,
                         f.kind == WRAP_ATTRGETTER ? "attrgetter" : "methodcaller", &reached)) {
        return false;
    }
    *out = reached;
    return f.kind == WRAP_ATTRGETTER || call(m, reached, args, op, out);
}

/* Read as a plain pickle, the opcodes of an array of objects find joblib's wrappers in the memo
 * where they mean callables of their own. */
static bool is_joblib_wrapper(const struct vm *m, struct val v)
{
    return joblib_wrapper(global_module(m, val_payload(v)), global_name(m, val_payload(v)))
           != ARRAY_NONE;
}

bool call(struct vm *m, struct val callee, struct val args, const char *op, struct val *out)
{
    struct bytes none = { NULL, 0 };
    *out = val_unknown();
    switch (val_kind(callee)) {
    case K_GLOBAL:
        return report_call(m, callee, global_name(m, val_payload(callee)), args, op, NULL)
               && callable_call(m, callee, args, out) && view_made(m, callee, args, out);
    case K_WRAPPED: return call_fold(m, callee, args, op, out);
    case K_INSTANCE:
        if (is_joblib_wrapper(m, callee)) {
            m->loader_fails = "an object is called that cannot be called";
            return true;
        }
        return attribute(m, callee, BYTES("__call__"), "call", out)
               && report_call(m, *out, global_name(m, val_payload(*out)), args, op, NULL);
    case K_MODULE:
        return attribute(m, callee, BYTES("__call__"), "call", out)
               && report_call(m, *out, global_name(m, val_payload(*out)), args, op, NULL);
    default:
        return constant(callee) || val_kind(callee) == K_NONE
               || report_call(m, val_unknown(), none, args, op, NULL);
    }
}

/* APPENDS, SETITEMS ... on an object: Class.append, Class.__setitem__. */
bool call_method(struct vm *m, struct val on, const char *method, const char *op)
{
    struct val reached;
    if (constant(on)) {
        return true; /* has no such method: the loader fails here */
    }
    if (val_kind(on) != K_INSTANCE && val_kind(on) != K_GLOBAL) {
        return report_call(m, val_unknown(), (struct bytes){ NULL, 0 }, val_of(K_LIST, 0), op,
                           method);
    }
    char name[512];
    struct bytes base = global_name(m, val_payload(on));
    size_t cap = sizeof name - strlen(method) - 2, n = base.n < cap ? base.n : cap;
    memcpy(name, base.p, n);
    name[n] = '.';
    strcpy(name + n + 1, method);
    reached = on;
    return report_call(m, reached, bytes_of(name), val_of(K_LIST, 0), op, NULL);
}

bool call_persid(struct vm *m, struct val id, struct val *out)
{
    *out = view_persid(m, id);
    if (!storage_declared(m, id)) {
        return false;
    }
    return report_call(m, val_unknown(), (struct bytes){ NULL, 0 }, id, "persid", NULL);
}

/* A global that has been reported already. */
static bool push_named(struct vm *m, struct bytes module, struct bytes name, struct val *out)
{
    uint64_t g = 0;
    bool ok = global_intern(m, module, name, &g);
    *out = val_of(K_GLOBAL, g);
    return ok;
}

/* Also for what the loader or a rebuild function calls __setstate__ of. */
bool report_state(struct vm *m, struct val on, struct val state)
{
    return constant(on) || state_is_known(m, on, state)
           || emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-state-untold",
                           "attributes are set under computed names");
}

/* A dictionary that is the state of an object: items that it gets later are its attributes, too. */
static bool watch(struct vm *m, struct val on, struct val dict)
{
    bool owned = val_kind(on) == K_INSTANCE || val_kind(on) == K_GLOBAL;
    if (val_kind(dict) != K_DICT || !owned) {
        return true;
    }
    struct dict_note *note = dict_note_add(m, dict);
    if (note == NULL) {
        return false;
    }
    note->owner = (uint32_t)val_payload(on) + 1;
    return true;
}

static bool watch_state(struct vm *m, struct val on, struct val state)
{
    const struct tuple *t = tuple_get(m, state);
    if (t == NULL) {
        return watch(m, on, state);
    }
    struct tuple items = *t;
    for (uint64_t i = 0; i < items.n && i < BOUND_pickle_tuple_items; i++) {
        if (!watch(m, on, items.items[i])) {
            return false;
        }
    }
    return true;
}

bool call_build(struct vm *m, struct val on, struct val state)
{
    if (!report_state(m, on, state) || !watch_state(m, on, state)) {
        return false;
    }
    switch (val_kind(on)) {
    case K_INSTANCE:
        return report_call(m, on, global_name(m, val_payload(on)), state, "build", NULL);
    case K_WRAPPED: /* functools.partial's state: (func, args, kwargs, dict) */
        if (m->wrapped[val_payload(on)].kind == WRAP_PARTIAL && tuple_get(m, state) != NULL) {
            struct val func = val_arg(m, state, 0);
            m->wrapped[val_payload(on)].of = func;
            return (val_kind(func) == K_WRAPPED || val_kind(func) == K_GLOBAL
                    || callable_apply(m, func, "partial"))
                   && report_argument(m, func, BYTES("functools"), BYTES("partial"), 0)
                   && report_items(m, val_arg(m, state, 1), BYTES("functools"), BYTES("partial"));
        }
        return report_call(m, val_unknown(), (struct bytes){ NULL, 0 }, state, "build", NULL);
    case K_DTYPE: {
        struct val dtype;
        return push_named(m, BYTES("numpy"), BYTES("dtype"), &dtype) && dtype_build(m, on, state)
               && report_call(m, dtype, BYTES("dtype"), state, "build", NULL);
    }
    case K_GLOBAL:
    case K_MODULE: /* state set on a class, a function or a module itself */
        return call_method(m, on, "__dict__", "build");
    case K_PERSID: return true; /* the loader made it: a storage, a tensor */
    default: /* None: C's unpickler and Python's differ */
        return constant(on)
               || report_call(m, val_unknown(), (struct bytes){ NULL, 0 }, state, "build", NULL);
    }
}
