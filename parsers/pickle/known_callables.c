/* known_callables.c - what the helpers of known_callables.def do with their arguments.
 *
 * They are reported like any other call, and then seen through, so that the real callee is named
 * as well. */
#include "call.h"

#include "../search/embedded_pickle.h"
#include "dtypes.h"

#include <string.h>

enum callable_effect {
    CALLABLE_NOTHING,
    CALLABLE_GETATTR,
    CALLABLE_IMPORT,
    CALLABLE_RESOLVE,
    CALLABLE_ATTRGETTER,
    CALLABLE_METHODCALLER,
    CALLABLE_PARTIAL,
    CALLABLE_APPLY,
    CALLABLE_CONSTRUCT,
    CALLABLE_APPLY_SECOND,
    CALLABLE_APPLY_ON,
    CALLABLE_NEW,
    CALLABLE_LOADS,
    CALLABLE_BASE64,
    CALLABLE_HEX,
    CALLABLE_ENCODE,
    CALLABLE_DTYPE,
    CALLABLE_FETCH,
    CALLABLE_REBUILD,
    CALLABLE_RESTORE
};
static const struct {
    const char *module, *name;
    enum callable_effect effect;
} known[] = {
#define CALLABLE(module, name, what) { module, name, CALLABLE_##what },
#include "known_callables.def"
#undef CALLABLE
};

static enum callable_effect callable_effect_of(const struct vm *m, struct val v)
{
    if (val_kind(v) != K_GLOBAL) {
        return CALLABLE_NOTHING;
    }
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (bytes_eq(global_name(m, val_payload(v)), bytes_of(known[i].name))
            && bytes_eq(global_module(m, val_payload(v)), bytes_of(known[i].module))) {
            return known[i].effect;
        }
    }
    /* what Cython makes for its classes: it makes an instance of the class it is handed */
    return bytes_start(global_name(m, val_payload(v)), BYTES("__pyx_unpickle_")) ? CALLABLE_NEW
                                                                                 : CALLABLE_NOTHING;
}

/* Those that reach what the file does not name as a global, or run what they are given. Numpy's
 * constructor of bit generators only calls a class, without arguments, and honest files hand it
 * around. */
static bool reaching(const struct vm *m, struct val v)
{
    switch (callable_effect_of(m, v)) {
    case CALLABLE_GETATTR:
    case CALLABLE_IMPORT:
    case CALLABLE_RESOLVE:
    case CALLABLE_FETCH:
    case CALLABLE_LOADS:
    case CALLABLE_ATTRGETTER:
    case CALLABLE_METHODCALLER:
    case CALLABLE_APPLY_SECOND:
    case CALLABLE_APPLY_ON:
    case CALLABLE_REBUILD:
    case CALLABLE_RESTORE:
    case CALLABLE_APPLY: return true;
    default: return false;
    }
}

static bool report_unknown(struct vm *m, const char *folded)
{
    return report_call(m, val_unknown(), (struct bytes){ NULL, 0 }, val_unknown(), "call", folded);
}

static bool import_module(struct vm *m, struct val name, bool resolve, struct val *out)
{
    struct text t;
    *out = val_unknown();
    if (!text_read(m, name, m->o->budget->max[LIMIT_pickle_text_bytes], &t)) {
        return m->o->budget->exceeded == NUM_LIMITS && report_unknown(m, "import_module");
    }
    struct bytes all = { t.p, t.n }, module = all, attr = { NULL, 0 };
    for (size_t i = 0; resolve && i < all.n; i++) {
        if (all.p[i] == ':') { /* pkgutil: "package.module:object" */
            module = bytes_sub(all, 0, i);
            attr = bytes_sub(all, i + 1, all.n);
            break;
        }
    }
    if (resolve && attr.n == 0) { /* "os.system": the last part as an attribute */
        for (size_t i = all.n; i-- > 0;) {
            if (all.p[i] == '.') {
                module = bytes_sub(all, 0, i);
                attr = bytes_sub(all, i + 1, all.n);
                break;
            }
        }
    }
    uint64_t g = 0;
    bool ok = report_import(m, module, attr, module, attr, "import_module", "plain")
              && global_intern(m, module, attr, &g);
    *out = val_of(attr.n > 0 ? K_GLOBAL : K_MODULE, g);
    text_done(m, &t);
    return ok;
}

/* A helper that imports its first argument and returns the attribute named by its second. The
 * import happens before the attribute is asked for: a name that is no text, or is computed, does
 * not undo it. */
static bool fetch(struct vm *m, struct val module, struct val name, struct val *out)
{
    struct text tm = { 0 }, tn = { 0 };
    uint64_t max = m->o->budget->max[LIMIT_pickle_text_bytes], g = 0;
    *out = val_unknown();
    if (!text_read(m, module, max, &tm)) {
        return m->o->budget->exceeded == NUM_LIMITS && report_unknown(m, "import_module");
    }
    bool named = text_read(m, name, max, &tn);
    if (!named && m->o->budget->exceeded != NUM_LIMITS) {
        text_done(m, &tm);
        return false;
    }
    struct bytes in = { tm.p, tm.n }, of = { tn.p, tn.n };
    bool ok =
        report_import(m, in, of, in, of, "import_module", "plain") && global_intern(m, in, of, &g);
    *out = named ? val_of(K_GLOBAL, g) : val_unknown();
    text_done(m, &tm);
    text_done(m, &tn);
    return ok;
}

/* Such a helper as an item, a value, a state: whoever holds it may call it, with arguments that
 * are not in sight. */
bool report_callable_value(struct vm *m, const struct val *items, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        if (val_kind(items[i]) != K_GLOBAL || !reaching(m, items[i])) {
            continue;
        }
        struct fact f = { .kind = FACT_CALL, .at = { m->at, 0 } };
        f.call.module = global_module(m, val_payload(items[i]));
        f.call.name = global_name(m, val_payload(items[i]));
        f.call.via = bytes_of(vm_via(m));
        f.call.op = BYTES("handed");
        f.call.index = num_of(i);
        if (!emit(m->o->sink, &f)) {
            return false;
        }
    }
    return true;
}

static bool new_fold(struct vm *m, enum wrapped_kind kind, struct val of, struct val *out)
{
    if (!budget_grow(m->o->budget, &m->wrapped, &m->wrapped_cap, m->num_wrapped + 1,
                     sizeof *m->wrapped)) {
        return false;
    }
    m->wrapped[m->num_wrapped] = (struct wrapped_callable){ kind, of };
    *out = val_of(K_WRAPPED, m->num_wrapped++);
    return true;
}

/* UTF-8 text as Latin-1 bytes: what `_codecs.encode(text, 'latin1')` makes of protocol 2 bytes. */
static void to_latin1(struct text *t)
{
    size_t o = 0;
    for (size_t i = 0; i < t->n; i++) {
        uint8_t c = t->p[i];
        bool two = (c & 0xFC) == 0xC0 && i + 1 < t->n;
        if (two) {
            c = (uint8_t)((c << 6) | (t->p[++i] & 0x3F));
        }
        t->p[o++] = c;
    }
    t->n = o;
}

static bool offer_text(struct vm *m, struct val v, bool latin1, struct inner *in)
{
    struct text t;
    if (!text_read(m, v, m->o->budget->max[LIMIT_heap_bytes] / 4, &t)) {
        return m->o->budget->exceeded == NUM_LIMITS && report_unknown(m, "loads");
    }
    if (latin1) {
        to_latin1(&t);
    }
    in->data = (struct bytes){ t.p == NULL ? (const uint8_t *)"" : t.p, t.n };
    bool ok = emit_inner(m->o->sink, in);
    text_done(m, &t);
    return ok;
}

/* Bytes below protocol 3 are Latin-1 text. Those that begin like an executable, an archive or a
 * pickle are an object of their own, as they would be if they stood in the file. */
static bool offer_encoded(struct vm *m, struct val v)
{
    static const char *const magics[] = { "\177ELF", "MZ", "PK\x03\x04", "\xcf\xfa\xed\xfe" };
    struct inner in = {
        .codec = CODEC_STORED, .label = BYTES("encoded bytes"), .code = true, .speculative = true
    };
    struct text look;
    if (!text_prefix(m, v, 64, &look)) {
        return m->o->budget->exceeded == NUM_LIMITS;
    }
    to_latin1(&look);
    struct bytes start = { look.p, look.n };
    bool offered = start.n >= 12 && embedded_pickle_possible(start, start.n < 32);
    for (size_t i = 0; i < sizeof magics / sizeof magics[0]; i++) {
        offered |= bytes_start(start, bytes_of(magics[i]));
    }
    text_done(m, &look);
    if (!offered) {
        return true;
    }

    struct text all;
    if (!budget_spend(m->o->budget, LIMIT_guesses, 1)
        || !text_prefix(m, v, m->o->budget->max[LIMIT_heap_bytes] / 4, &all)) {
        return false;
    }
    to_latin1(&all);
    in.data = (struct bytes){ all.p, all.n };
    bool ok = emit_inner(m->o->sink, &in);
    text_done(m, &all);
    return ok;
}

/* Bytes for an unpickler: an inner object.  Bytes that we cannot produce are an unknown call. */
static bool offer(struct vm *m, struct val callee, struct val v, struct val args)
{
    struct inner in = {
        .codec = CODEC_STORED, .label = BYTES("loads"), .code = true, .pickle = true
    };
    bool latin1 = false;
    while (val_kind(v) == K_WRAPPED && m->wrapped[val_payload(v)].kind >= WRAP_BASE64) {
        const struct wrapped_callable *f = &m->wrapped[val_payload(v)];
        latin1 = f->kind == WRAP_ENCODE;
        if (f->kind != WRAP_ENCODE) {
            in.codec = f->kind == WRAP_BASE64 ? CODEC_BASE64 : CODEC_HEX;
        }
        v = f->of;
    }
    if (!latin1 && text_range(m, v, &in.at)) {
        return emit_inner(m->o->sink, &in);
    }
    if (in.codec == CODEC_STORED && (val_kind(v) == K_TEXT || val_kind(v) == K_BYTES)) {
        return offer_text(m, v, latin1, &in);
    }
    (void)callee;
    return report_call(m, val_unknown(), (struct bytes){ NULL, 0 }, args, "call", "loads");
}

/* What a partial or another fold is of. */
static struct val unfolded(const struct vm *m, struct val v)
{
    for (int hops = 0; val_kind(v) == K_WRAPPED && hops < BOUND_pickle_partials; hops++) {
        v = m->wrapped[val_payload(v)].of;
    }
    return v;
}

/* Harmless only for who sees its arguments: it looks up, imports, calls or unpickles what they
 * say. */
static bool opaque(const struct vm *m, struct val v)
{
    switch (callable_effect_of(m, v)) {
    case CALLABLE_NOTHING:
    case CALLABLE_DTYPE:
    case CALLABLE_BASE64:
    case CALLABLE_HEX:
    case CALLABLE_ENCODE: return false;
    default: return true;
    }
}

/* A callable passed as a value; it may be called with unknown arguments. */
bool report_argument(struct vm *m, struct val v, struct bytes holder_module,
                     struct bytes holder_name, uint64_t i)
{
    struct fact f = { .kind = FACT_CALL, .at = { m->at, 0 } };
    v = unfolded(m, v);
    if (val_kind(v) != K_GLOBAL) {
        return true;
    }
    f.call.module = global_module(m, val_payload(v));
    f.call.name = global_name(m, val_payload(v));
    f.call.via = bytes_of(vm_via(m));
    f.call.op = BYTES("argument");
    f.call.holder_module = holder_module;
    f.call.holder_name = holder_name;
    f.call.index = num_of(i);
    return emit(m->o->sink, &f) && (!opaque(m, v) || report_unknown(m, "argument"));
}

bool report_items(struct vm *m, struct val args, struct bytes holder_module,
                  struct bytes holder_name)
{
    const struct tuple *t = tuple_get(m, args);
    for (size_t i = 0; t != NULL && i < t->n && i < BOUND_pickle_tuple_items; i++) {
        if (!report_argument(m, t->items[i], holder_module, holder_name, i)) {
            return false;
        }
        t = tuple_get(m, args);
    }
    return true;
}

static bool report_arguments(struct vm *m, struct val callee, struct val args)
{
    return report_items(m, args, global_module(m, val_payload(callee)),
                        global_name(m, val_payload(callee)));
}

/* A callable that the helper calls at once, with unknown arguments. */
bool callable_apply(struct vm *m, struct val callee, const char *folded)
{
    callee = unfolded(m, callee);
    switch (val_kind(callee)) {
    case K_GLOBAL:
        return report_call(m, callee, global_name(m, val_payload(callee)), val_unknown(), "call",
                           folded)
               && (!opaque(m, callee) || report_unknown(m, folded));
    case K_UNKNOWN:
    case K_EXT:
    case K_PERSID:
    case K_WRAPPED:
    case K_INSTANCE: return report_unknown(m, folded);
    default: return true; /* None, a string ...: nothing is called */
    }
}

static struct val instance_of(struct val v)
{
    return val_kind(v) == K_GLOBAL ? val_of(K_INSTANCE, val_payload(v)) : val_unknown();
}

/* numpy/random/_pickle.py: a bit generator, by its class or by its name, without arguments. */
static bool construct(struct vm *m, struct val class, struct val *out)
{
    struct val none;
    if (val_kind(class) == K_TEXT) {
        return true;
    }
    return tuple_new(m, NULL, 0, &none) && call(m, class, none, "call", out);
}

/* torch/_tensor.py: _rebuild_from_type_v2(func, type, args, state) calls func(*args), then
 * __setstate__ of the type with the state. One inside another is no tensor: it is not
 * followed, so that depth has a bound. */
static bool rebuild(struct vm *m, struct val args, struct val *out)
{
    struct val func = val_arg(m, args, 0), type = val_arg(m, args, 1), inner = unfolded(m, func),
               made;
    *out = instance_of(type);
    if (callable_effect_of(m, inner) == CALLABLE_REBUILD || val_kind(inner) == K_WRAPPED) {
        func = val_unknown();
    }
    if (!call(m, func, val_arg(m, args, 2), "call", &made)) {
        return false;
    }
    view_copy(made, out);
    if (!report_state(m, made, val_arg(m, args, 3))) {
        return false;
    }
    return val_kind(type) != K_GLOBAL
           || report_call(m, type, global_name(m, val_payload(type)), val_arg(m, args, 3), "build",
                          "rebuild");
}

/* jax/_src/array.py: _reconstruct_array(fun, args, state, aval) calls fun(*args), then __setstate__
 * of what that made.  One inside another is not followed. */
static bool restore(struct vm *m, struct val args)
{
    struct val fun = val_arg(m, args, 0);
    struct val inner = unfolded(m, fun);
    struct val made;
    if (callable_effect_of(m, inner) == CALLABLE_RESTORE || val_kind(inner) == K_WRAPPED) {
        fun = val_unknown();
    }
    return call(m, fun, val_arg(m, args, 1), "call", &made)
           && call_build(m, made, val_arg(m, args, 2));
}

/* _codecs.encode(text, 'latin1'), as pickle writes bytes below protocol 3. */
static bool is_latin1(struct vm *m, struct val args)
{
    struct text codec;
    const struct tuple *t = tuple_get(m, args);
    bool two = t != NULL && t->n == 2 && val_kind(t->items[0]) == K_TEXT;
    if (!two || !text_read(m, t->items[1], 16, &codec)) {
        return false;
    }
    struct bytes name = { codec.p, codec.n };
    bool latin1 = bytes_eq(name, BYTES("latin1")) || bytes_eq(name, BYTES("latin-1"));
    text_done(m, &codec);
    return latin1;
}

bool callable_call(struct vm *m, struct val callee, struct val args, struct val *out)
{
    struct val first = val_arg(m, args, 0), second = val_arg(m, args, 1);
    *out = instance_of(callee);
    switch (callable_effect_of(m, callee)) {
    case CALLABLE_GETATTR: return attribute_named(m, first, second, "getattr", out);
    case CALLABLE_IMPORT: return import_module(m, first, false, out);
    case CALLABLE_RESOLVE: return import_module(m, first, true, out);
    case CALLABLE_FETCH: return fetch(m, first, second, out);
    case CALLABLE_ATTRGETTER: return path_kept(m, args) && new_fold(m, WRAP_ATTRGETTER, first, out);
    case CALLABLE_METHODCALLER: return new_fold(m, WRAP_METHODCALLER, first, out);
    case CALLABLE_PARTIAL:
        return report_arguments(m, callee, args) && new_fold(m, WRAP_PARTIAL, first, out);
    case CALLABLE_BASE64: return new_fold(m, WRAP_BASE64, first, out);
    case CALLABLE_HEX: return new_fold(m, WRAP_HEX, first, out);
    case CALLABLE_ENCODE:
        return is_latin1(m, args) ? offer_encoded(m, first) && new_fold(m, WRAP_ENCODE, first, out)
                                  : report_unknown_value(m, "text encoded by another codec", out);
    case CALLABLE_CONSTRUCT: return construct(m, first, out);
    case CALLABLE_APPLY: /* a class by its name: what the callee makes of it */
        *out = val_kind(first) == K_TEXT ? *out : instance_of(first);
        return callable_apply(m, first, "apply");
    case CALLABLE_APPLY_SECOND: return callable_apply(m, second, "apply");
    case CALLABLE_APPLY_ON: { /* numpy's generators: second(first) */
        struct val one, made;
        return tuple_new(m, &first, 1, &one) && call(m, second, one, "call", &made);
    }
    case CALLABLE_LOADS: return offer(m, callee, first, args);
    case CALLABLE_REBUILD: return rebuild(m, args, out);
    case CALLABLE_RESTORE: return restore(m, args);
    case CALLABLE_NEW:
        *out = instance_of(first);
        return val_kind(first) == K_GLOBAL
                   ? report_call(m, first, global_name(m, val_payload(first)), args, "new",
                                 "reconstructor")
                   : report_call(m, val_unknown(), (struct bytes){ NULL, 0 }, args, "new",
                                 "reconstructor");
    case CALLABLE_DTYPE:
        if (!dtype_made(m, first, out)) {
            return false;
        }
        break;
    case CALLABLE_NOTHING: break;
    }
    return report_arguments(m, callee, args);
}
