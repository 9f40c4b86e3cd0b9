/* joblib.c - arrays that lie between the opcodes, as joblib.dump writes them.
 *
 *   ... NumpyArrayWrapper, its state, BUILD [n, n bytes of padding] array bytes, opcodes go on ...
 *
 * joblib's unpickler (CPython's Python one, with BUILD replaced) reads the array right
 * there, so we skip exactly as many bytes; an array of objects is a pickle of its own
 * there, read by pickle.load.  A plain pickle.load takes the same bytes for opcodes:
 * that reading is offered to the scanner as an object of its own.
 * Reference: joblib numpy_pickle.py, numpy_pickle_compat.py (0.8 to 1.4). */
#include "vm.h"

#include "dtypes.h"

static enum step unclear(struct vm *m, const char **why)
{
    *why = "an array whose type or shape cannot be determined";
    return emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "joblib-array-unclear", *why)
               ? STEP_MALFORMED
               : STEP_ABORT;
}

/* --- what the wrapper's state says ------------------------------------------------- */

static const struct {
    const char *name;
    enum wrapper_key key;
} keys[] = { { "subclass", WRAPPER_SUBCLASS },
             { "order", WRAPPER_ORDER },
             { "allow_mmap", WRAPPER_ALLOW_MMAP },
             { "shape", WRAPPER_SHAPE },
             { "dtype", WRAPPER_DTYPE },
             { "filename", WRAPPER_FILENAME },
             { "numpy_array_alignment_bytes", WRAPPER_ALIGNMENT },
             /* an attribute hides the method of its name: its value is called by the unpickler */
             { "read", WRAPPER_METHOD },
             { "read_array", WRAPPER_METHOD },
             { "read_mmap", WRAPPER_METHOD },
             { "safely_preserve_array_alignment", WRAPPER_METHOD } };

/* A key of a wrapper's state.  Asked for every short text constant: by length first. */
bool joblib_key(struct bytes b)
{
    switch (b.n) {
    case 4: return bytes_eq(b, BYTES("read"));
    case 5:
        return bytes_eq(b, BYTES("shape")) || bytes_eq(b, BYTES("dtype"))
               || bytes_eq(b, BYTES("order"));
    case 8: return bytes_eq(b, BYTES("filename")) || bytes_eq(b, BYTES("subclass"));
    case 9: return bytes_eq(b, BYTES("read_mmap"));
    case 10: return bytes_eq(b, BYTES("read_array")) || bytes_eq(b, BYTES("allow_mmap"));
    case 27: return bytes_eq(b, BYTES("numpy_array_alignment_bytes"));
    case 31: return bytes_eq(b, BYTES("safely_preserve_array_alignment"));
    default: return false;
    }
}

static void note_key(struct wrapper *w, struct bytes name, struct val value)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (bytes_eq(name, bytes_of(keys[i].name))) {
            w->is[keys[i].key] = value;
            w->seen |= 1u << keys[i].key;
            w->num_seen++;
        }
    }
}

/* Only the dictionary that got keys last is remembered. */
void joblib_count(struct vm *m, struct val dict, uint64_t n)
{
    struct wrapper *w = &m->wrapper;
    if (w->dict != val_payload(dict)) {
        w->dict = val_payload(dict);
        w->num_items = 0;
        w->seen = w->num_seen = 0;
    }
    w->num_items += n;
}

bool joblib_note(struct vm *m, struct val key, struct val value)
{
    struct text t;
    if (!text_read(m, key, KEY_BYTES, &t)) {
        return m->o->budget->exceeded == NUM_LIMITS;
    }
    note_key(&m->wrapper, (struct bytes){ t.p, t.n }, value);
    text_done(m, &t);
    return true;
}

/* Product of the shape; an empty one is a scalar's. */
bool shape_items(struct vm *m, struct val shape, uint64_t *out)
{
    const struct tuple *t = tuple_get(m, shape);
    uint64_t n;
    *out = 1;
    for (uint64_t i = 0; t != NULL && i < t->n; i++) {
        if (i >= BOUND_pickle_tuple_items || !number_read(m, t->items[i], &n)
            || !mul_u64(*out, n, out)) {
            return false;
        }
    }
    return t != NULL;
}

/* --- what follows in the file ---------------------------------------------------------- */

/* One byte says how many bytes of padding come after it; wrappers of joblib < 1.1 have none. */
static bool skip_padding(struct vm *m)
{
    const struct wrapper *w = &m->wrapper;
    bool none =
        (w->seen & 1u << WRAPPER_ALIGNMENT) == 0 || val_kind(w->is[WRAPPER_ALIGNMENT]) == K_NONE;
    uint8_t n;
    return none || (stream_u8(m->in, &n) && stream_skip(m->in, n));
}

static enum step too_long(struct vm *m, uint64_t declared, const char **why)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = { m->at, 0 } };
    f.anomaly.slug = BYTES("length-past-end");
    f.anomaly.detail = BYTES("an array declares more bytes than the file has");
    f.anomaly.declared = num_of(declared);
    f.anomaly.actual = num_of(stream_left(m->in));
    *why = "an array reaches past the end";
    return emit(m->o->sink, &f) ? STEP_TRUNCATED : STEP_ABORT;
}

static enum step plain_array(struct vm *m, uint64_t array_bytes, const char **why)
{
    struct fact f = { .kind = FACT_TENSOR };
    if (!skip_padding(m)) {
        *why = "the file ends in an array's padding";
        return STEP_TRUNCATED;
    }
    f.at = (struct range){ m->in->pos, array_bytes };
    f.tensor.name = BYTES("array");
    f.tensor.declared_bytes = num_of(array_bytes);
    f.tensor.actual_bytes =
        num_of(array_bytes < stream_left(m->in) ? array_bytes : stream_left(m->in));
    if (!stream_skip(m->in, array_bytes)) {
        return too_long(m, array_bytes, why);
    }
    return emit(m->o->sink, &f) ? STEP_CONTINUE : STEP_ABORT;
}

/* The objects of an array: a whole pickle, with a stack and memo of its own. */
static enum step object_array(struct vm *m, const char **why)
{
    struct vm inner;
    enum step s;
    if (!vm_init(&inner, m->o, m->in)) {
        return STEP_ABORT;
    }
    inner.no_joblib = true; /* pickle.load knows no wrappers */
    do {
        s = vm_step(&inner, why);
    } while (s == STEP_CONTINUE);
    m->executed |= inner.executed;
    vm_done(&inner);
    return s == STEP_STOP ? STEP_CONTINUE : s;
}

/* A plain pickle.load of this file: the same bytes, without the skipping. */
static bool offer_plain(struct vm *m)
{
    struct inner in = { .at = { 0, m->o->src->size },
                        .label = BYTES("as a plain pickle"),
                        .code = true,
                        .pickle = true,
                        .no_joblib = true,
                        .speculative = true,
                        .suppress_before = m->at };
    if (m->retried_no_joblib) {
        return true;
    }
    m->retried_no_joblib = true;
    return emit_format(m->o->sink, "joblib") && emit_inner(m->o->sink, &in);
}

/* Whether the state is a dictionary that has just been filled, with nothing but constant keys of a
 * wrapper, each of them once, and none of them in the place of a method. */
static bool plain_state(const struct vm *m, struct val state)
{
    const struct wrapper *w = &m->wrapper;
    unsigned num_keys = (unsigned)__builtin_popcount(w->seen);
    bool whole = w->num_items == w->num_seen && w->num_seen == num_keys;
    return val_kind(state) == K_DICT && state_key_is_known(m, state)
           && w->dict == val_payload(state) && whole && (w->seen & 1u << WRAPPER_METHOD) == 0;
}

static bool is_clear_dtype(const struct vm *m, struct val v)
{
    const struct dtype_row *d = dtype_row(m, v);
    return d != NULL && d->kind != DTYPE_UNCLEAR;
}

static enum step inline_array(struct vm *m, struct val state, const char **why)
{
    const struct wrapper *w = &m->wrapper;
    unsigned wanted = 1u << WRAPPER_SHAPE | 1u << WRAPPER_DTYPE | 1u << WRAPPER_ORDER
                      | 1u << WRAPPER_SUBCLASS | 1u << WRAPPER_ALLOW_MMAP;
    bool in_frame =
        m->framed
        && m->in->pos
               < m->frame_end; /* the array would lie behind the frame: not written by joblib */
    uint64_t items, array_bytes;
    if (!offer_plain(m)) {
        return STEP_ABORT;
    }
    if (!plain_state(m, state) || (w->seen & wanted) != wanted || in_frame) {
        return unclear(m, why);
    }
    if (!is_clear_dtype(m, w->is[WRAPPER_DTYPE]) || !shape_items(m, w->is[WRAPPER_SHAPE], &items)) {
        return unclear(m, why);
    }
    const struct dtype_row *d = dtype_row(m, w->is[WRAPPER_DTYPE]);
    if (d->kind == DTYPE_OBJECT) {
        return object_array(m, why);
    }
    return mul_u64(items, d->item_bytes, &array_bytes) ? plain_array(m, array_bytes, why)
                                                       : unclear(m, why);
}

/* joblib < 0.10: the array is a file beside this one, read by numpy.load(allow_pickle=True). */
static enum step array_file(struct vm *m, struct val state, const char **why)
{
    const struct wrapper *w = &m->wrapper;
    struct fact f = { .kind = FACT_EXTERN, .at = { m->at, 0 } };
    struct text t;
    if (!plain_state(m, state) || (w->seen & 1u << WRAPPER_FILENAME) == 0
        || !text_read(m, w->is[WRAPPER_FILENAME], 4096, &t)) {
        return unclear(m, why);
    }
    f.external.path = (struct bytes){ t.p, t.n };
    f.external.role = BYTES("array");
    f.external.key = BYTES("filename");
    bool ok = emit_format(m->o->sink, "joblib") && emit(m->o->sink, &f);
    text_done(m, &t);
    return ok ? STEP_CONTINUE : STEP_ABORT;
}

/* --- the hook ----------------------------------------------------------------------------- */

enum array_wrapper joblib_wrapper(struct bytes module, struct bytes name)
{
    static const char *const modules[] = { "joblib.numpy_pickle", "joblib.numpy_pickle_compat",
                                           "sklearn.externals.joblib.numpy_pickle",
                                           "sklearn.externals.joblib.numpy_pickle_compat" };
    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        if (!bytes_eq(module, bytes_of(modules[i]))) {
            continue;
        }
        if (bytes_eq(name, BYTES("NumpyArrayWrapper"))) {
            return ARRAY_INLINE;
        }
        bool in_file =
            bytes_eq(name, BYTES("NDArrayWrapper")) || bytes_eq(name, BYTES("ZNDArrayWrapper"));
        return in_file ? ARRAY_FILE : ARRAY_NONE;
    }
    return ARRAY_NONE;
}

enum step joblib_built(struct vm *m, struct val state, const char **why)
{
    struct val *top = &m->stack[m->depth - 1];
    if (m->no_joblib || val_kind(*top) != K_INSTANCE) {
        return STEP_CONTINUE;
    }
    enum array_wrapper kind =
        joblib_wrapper(global_module(m, val_payload(*top)), global_name(m, val_payload(*top)));
    if (kind == ARRAY_NONE) {
        return STEP_CONTINUE;
    }
    enum step s = kind == ARRAY_INLINE ? inline_array(m, state, why) : array_file(m, state, why);
    uint64_t g;
    if (s == STEP_CONTINUE && !global_intern(m, BYTES("numpy"), BYTES("ndarray"), &g)) {
        return STEP_ABORT;
    }
    if (s == STEP_CONTINUE) {
        m->stack[m->depth - 1] = val_of(K_INSTANCE, g); /* the array takes the wrapper's place */
    }
    return s;
}
