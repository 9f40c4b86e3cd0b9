/* machine.c - stack, marks and the opcode switch.  Opcodes: pickletools and CPython's Modules/_pickle.c. */
#include "call.h"

#include <stdio.h>
#include <string.h>

/* --- stack and marks ---------------------------------------------------------- */

/* What lies above the last mark; an opcode may not reach below it. */
static size_t above_mark(const struct machine *m)
{
    return m->depth - (m->num_marks > 0 ? (size_t)m->marks[m->num_marks - 1] : 0);
}

static bool pop(struct machine *m, struct val *out)
{
    if (above_mark(m) == 0) {
        return false;
    }
    *out = m->stack[--m->depth];
    return true;
}

static enum step push_mark(struct machine *m)
{
    struct budget *b = m->o->budget;
    if (!budget_fits(b, LIMIT_pickle_marks, m->num_marks + 1)
        || !budget_grow(b, &m->marks, &m->marks_room, m->num_marks + 1, sizeof *m->marks)) {
        return STEP_HALT;
    }
    m->marks[m->num_marks++] = m->depth;
    return STEP_ON;
}

/* The stack from there on; NULL where nothing was ever pushed. */
static struct val *items_from(const struct machine *m, size_t at)
{
    return m->stack != NULL ? m->stack + at : NULL;
}

/* The items since the last mark, and the mark gone.  Valid until the next push. */
static bool pop_mark(struct machine *m, struct val **items, size_t *n)
{
    if (m->num_marks == 0) {
        return false;
    }
    size_t at = (size_t)m->marks[--m->num_marks];
    *n = m->depth - at;
    *items = items_from(m, at);
    m->depth = at;
    return true;
}

static enum step underflow(const char **why)
{
    *why = "the stack is empty";
    return STEP_BAD;
}

static enum step unmarked(const char **why)
{
    *why = "there is no mark";
    return STEP_BAD;
}

/* --- memo ------------------------------------------------------------------------ */

static enum step put(struct machine *m, uint64_t key, const char **why)
{
    if (above_mark(m) == 0) {
        return underflow(why);
    }
    return memo_put(m, key, m->stack[m->depth - 1]) ? STEP_ON : STEP_HALT;
}

static enum step get(struct machine *m, uint64_t key, const char **why)
{
    struct val v;
    if (!memo_get(m, key, &v)) {
        *why = "a memo entry that was never stored";
        return STEP_BAD;
    }
    return push(m, v);
}

static enum step put_binary(struct machine *m, size_t width, const char **why)
{
    uint64_t key;
    return operand_le(m, width, &key) ? put(m, key, why) : cut(m, why);
}

static enum step get_binary(struct machine *m, size_t width, const char **why)
{
    uint64_t key;
    return operand_le(m, width, &key) ? get(m, key, why) : cut(m, why);
}

/* --- containers -------------------------------------------------------------------- */

static enum step make_tuple(struct machine *m, size_t n, const char **why)
{
    struct val t;
    if (above_mark(m) < n) {
        return underflow(why);
    }
    m->depth -= n;
    if (!report_handed(m, items_from(m, m->depth), n) || !tuple_new(m, items_from(m, m->depth), n, &t)) {
        return STEP_HALT;
    }
    return push(m, t);
}

static enum step marked_tuple(struct machine *m, const char **why)
{
    struct val *items, t;
    size_t n;
    if (!pop_mark(m, &items, &n)) {
        return unmarked(why);
    }
    return report_handed(m, items, n) && tuple_new(m, items, n, &t) ? push(m, t) : STEP_HALT;
}

/* LIST, DICT, FROZENSET: the items are dropped; what they are was reported when they were made. */
static enum step marked(struct machine *m, enum kind k, const char **why)
{
    struct val *items;
    size_t n;
    if (!pop_mark(m, &items, &n)) {
        return unmarked(why);
    }
    return report_handed(m, items, n) ? push(m, val_of(k, 0)) : STEP_HALT;
}

static bool builtin(struct val v)
{
    enum kind k = val_kind(v);
    return k == K_LIST || k == K_DICT || k == K_SET || k == K_BYTEARRAY;
}

/* Names that a state may not carry: they change what later code calls. */
static bool dunder(struct machine *m, struct val v)
{
    static const char *const names[] = { "__builtins__", "__setstate__", "__reduce__", "__reduce_ex__", "__class__",
        "__globals__", "__code__", "__getattr__", "__getattribute__", "__call__", "__init__", "__del__" };
    struct text t;
    if (!text_read(m, v, 200, &t)) {                   /* decoded: a line may have escapes */
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

/* A value that changes nothing under such a name: a vocabulary counts the words "__init__" and "__class__", too.
 * numpy's scalar() is what counters are restored with. */
static bool harmless(const struct machine *m, struct val v)
{
    switch (val_kind(v)) {
    case K_NONE: case K_BOOL: case K_NUMBER: case K_TEXT: case K_BYTES:
        return true;
    case K_INSTANCE:
        return bytes_eq(global_name(m, val_payload(v)), BYTES("scalar"));
    default:
        return false;
    }
}

static enum step check_keys(struct machine *m, struct val on, const struct val *items, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        if (!formula_note(m, on, items[i], items[i + 1]) || !view_named(m, on, items[i], items[i + 1])) {
            return STEP_HALT;
        }
        if (val_kind(items[i]) != K_TEXT || (val_payload(items[i]) & TEXT_KEY) == 0) {
            continue;
        }
        if (val_kind(on) == K_DICT && !joblib_note(m, on, items[i], items[i + 1])) {
            return STEP_HALT;
        }
        if (!harmless(m, items[i + 1]) && dunder(m, items[i])
            && !emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-dunder-state",
                             "a dictionary has a key that changes how objects behave")) {
            return STEP_HALT;
        }
    }
    return STEP_ON;
}

static enum step marked_dict(struct machine *m, const char **why)
{
    struct val *items, dict = val_of(K_DICT, ++m->num_dicts);
    size_t n;
    if (!pop_mark(m, &items, &n)) {
        return unmarked(why);
    }
    enum step s = report_handed(m, items, n) ? check_keys(m, dict, items, n) : STEP_HALT;
    return s == STEP_ON ? push(m, dict) : s;
}

/* APPENDS, SETITEMS, ADDITEMS: onto what lies under the mark. */
static enum step extend(struct machine *m, const char *method, bool keys, const char **why)
{
    struct val *items;
    size_t n;
    if (!pop_mark(m, &items, &n)) {
        return unmarked(why);
    }
    if (above_mark(m) == 0) {
        return underflow(why);
    }
    struct val on = m->stack[m->depth - 1];
    if (!report_handed(m, items, n)) {
        return STEP_HALT;
    }
    if (keys && check_keys(m, on, items, n) != STEP_ON) {
        return STEP_HALT;
    }
    for (size_t i = 0; m->legacy.active && i < n; i++) {
        if (!legacy_key(m, on, items[i])) {
            return STEP_HALT;
        }
    }
    return builtin(on) || n == 0 || call_method(m, on, method, "method") ? STEP_ON : STEP_HALT;
}

static enum step extend_one(struct machine *m, size_t n, const char *method, const char **why)
{
    if (above_mark(m) < n + 1) {
        return underflow(why);
    }
    m->depth -= n;
    struct val on = m->stack[m->depth - 1];
    if (!report_handed(m, m->stack + m->depth, n)) {
        return STEP_HALT;
    }
    if (n == 2 && check_keys(m, on, m->stack + m->depth, 2) != STEP_ON) {
        return STEP_HALT;
    }
    if (n == 1 && !legacy_key(m, on, m->stack[m->depth])) {
        return STEP_HALT;
    }
    return builtin(on) || call_method(m, on, method, "method") ? STEP_ON : STEP_HALT;
}

/* --- globals and calls ------------------------------------------------------------------ */

static enum step read_names(struct machine *m, struct text *module, struct text *name, const char **why)
{
    *name = (struct text){ 0 };
    enum step s = operand_name(m, module, why);
    return s == STEP_ON ? operand_name(m, name, why) : s;
}

static enum step op_global(struct machine *m, struct val *out, const char **why)
{
    struct text module, name;
    enum step s = read_names(m, &module, &name, why);
    if (s == STEP_ON && !push_global(m, (struct bytes){ module.p, module.n }, (struct bytes){ name.p, name.n }, out)) {
        s = STEP_HALT;
    }
    text_done(m, &module);
    text_done(m, &name);
    return s;
}

static bool stack_global(struct machine *m, struct val module, struct val name, struct val *out)
{
    struct text a, b = { 0 };
    uint64_t max = m->o->budget->max[LIMIT_pickle_text_bytes];
    bool ok = text_read(m, module, max, &a) && text_read(m, name, max, &b);
    if (ok) {
        ok = push_global(m, (struct bytes){ a.p, a.n }, (struct bytes){ b.p, b.n }, out);
    } else {                                       /* names that were computed: anything could be meant */
        struct val ignored;
        *out = val_of(K_UNKNOWN, 0);
        ok = halt_or(m, STEP_ON) == STEP_ON && call(m, *out, val_of(K_NONE, 0), "call", &ignored);
    }
    text_done(m, &a);
    text_done(m, &b);
    return ok;
}

static bool may_be_text(struct val v)
{
    enum kind k = val_kind(v);
    return k != K_NONE && k != K_BOOL && k != K_NUMBER && k != K_BYTES && k != K_TUPLE && k != K_DTYPE && !builtin(v);
}

static enum step op_stack_global(struct machine *m, const char **why)
{
    struct val module, name, out;
    if (!pop(m, &name) || !pop(m, &module)) {
        return underflow(why);
    }
    if (!may_be_text(module) || !may_be_text(name)) {
        *why = "STACK_GLOBAL takes two texts";
        return STEP_BAD;
    }
    return stack_global(m, module, name, &out) ? push(m, out) : STEP_HALT;
}

static enum step op_call(struct machine *m, size_t extra, const char *op, const char **why)
{
    struct val callee, args, more, out;
    if ((extra > 0 && !pop(m, &more)) || !pop(m, &args) || !pop(m, &callee)) {
        return underflow(why);
    }
    if (extra > 0 && !report_state(m, callee, more)) {     /* NEWOBJ_EX: keywords, which partial and others make attributes of */
        return STEP_HALT;
    }
    if (!call(m, callee, args, op, &out)) {
        return STEP_HALT;
    }
    bool is_new = strcmp(op, "new") == 0 && val_kind(callee) == K_GLOBAL && val_kind(out) != K_FOLD;
    return push(m, is_new ? val_of(K_INSTANCE, val_payload(callee)) : out);
}

static enum step op_inst(struct machine *m, const char **why)
{
    struct val callee, args, out, *items;
    size_t n;
    enum step s = op_global(m, &callee, why);
    if (s != STEP_ON) {
        return s;
    }
    if (!pop_mark(m, &items, &n)) {
        return unmarked(why);
    }
    return report_handed(m, items, n) && tuple_new(m, items, n, &args) && call(m, callee, args, "call", &out) ? push(m, out) : STEP_HALT;
}

static enum step op_obj(struct machine *m, const char **why)
{
    struct val callee, args, out, *items;
    size_t n;
    if (!pop_mark(m, &items, &n)) {
        return unmarked(why);
    }
    if (n == 0) {
        return underflow(why);
    }
    callee = items[0];
    return report_handed(m, items + 1, n - 1) && tuple_new(m, items + 1, n - 1, &args) && call(m, callee, args, "call", &out) ? push(m, out) : STEP_HALT;
}

static enum step op_build(struct machine *m, const char **why)
{
    struct val state;
    if (above_mark(m) < 2) {
        return underflow(why);
    }
    state = m->stack[--m->depth];
    if (!report_handed(m, &state, 1) || !call_build(m, m->stack[m->depth - 1], state)) {
        return STEP_HALT;
    }
    view_restored(state, &m->stack[m->depth - 1]);
    return joblib_built(m, state, why);
}

static enum step op_ext(struct machine *m, size_t width, const char **why)
{
    uint64_t code;
    struct val ignored;
    char name[48];
    if (!operand_le(m, width, &code)) {
        return cut(m, why);
    }
    snprintf(name, sizeof name, "extension_registry.code_%llu", (unsigned long long)code);
    return push_global(m, BYTES("copyreg"), bytes_of(name), &ignored) ? push(m, val_of(K_EXT, 0)) : STEP_HALT;
}

/* load_persid: "persistent IDs in protocol 0 must be ASCII strings".  So a zip,
 * whose P is PERSID, is refused right there. */
static bool ascii_line(struct machine *m, uint64_t from, uint64_t to)
{
    uint8_t piece[1024];
    while (from < to) {
        size_t n = to - from < sizeof piece ? (size_t)(to - from) : sizeof piece;
        if (!source_read(m->in->src, from, piece, n)) {
            return false;
        }
        for (size_t i = 0; i < n; i++) {
            if (piece[i] >= 0x80) {
                return false;
            }
        }
        from += n;
    }
    return true;
}

static enum step op_persid(struct machine *m, bool binary, const char **why)
{
    struct val id = val_of(K_NONE, 0), out;
    if (binary ? !pop(m, &id) : false) {
        return underflow(why);
    }
    if (!binary) {
        enum step s = operand_line(m, K_BYTES, why);
        if (s != STEP_ON) {
            return s;
        }
        m->depth--;
        if (!ascii_line(m, m->at + 1, m->in->pos)) {
            *why = "a persistent id that is not ASCII";
            return halt_or(m, STEP_BAD);
        }
    }
    return call_persid(m, id, &out) && legacy_persid(m, id, &out) ? push(m, out) : STEP_HALT;
}

static enum step op_pop(struct machine *m, const char **why)
{
    struct val *items, v;
    size_t n;
    if (above_mark(m) > 0) {
        return pop(m, &v) ? STEP_ON : STEP_BAD;
    }
    return m->num_marks > 0 && pop_mark(m, &items, &n) ? STEP_ON : underflow(why);
}

static enum step op_dup(struct machine *m, const char **why)
{
    return above_mark(m) > 0 ? push(m, m->stack[m->depth - 1]) : underflow(why);
}

static enum step op_proto(struct machine *m, const char **why)
{
    uint64_t version;
    if (!operand_le(m, 1, &version)) {
        return cut(m, why);
    }
    m->protocol = (unsigned)version;
    *why = "a protocol that does not exist";
    return version <= 5 ? STEP_ON : STEP_BAD;
}

static enum step op_pop_mark(struct machine *m, const char **why)
{
    struct val *items;
    size_t n;
    return pop_mark(m, &items, &n) ? STEP_ON : unmarked(why);
}

#define OP(name) m->via = name
static enum step execute(struct machine *m, uint8_t op, const char **why)
{
    uint64_t key;
    struct val v;
    enum step s;
    switch (op) {
    case '(':  return push_mark(m);
    case '.':  return pop(m, &m->result) ? STEP_STOP : underflow(why);
    case '0':  return op_pop(m, why);
    case '1':  return op_pop_mark(m, why);
    case '2':  return op_dup(m, why);
    case 'F': case 'I': case 'L': return operand_line(m, K_NUMBER, why);
    case 'J':  return operand_fixed(m, 4, K_NUMBER, why);
    case 'K':  return operand_fixed(m, 1, K_NUMBER, why);
    case 'M':  return operand_fixed(m, 2, K_NUMBER, why);
    case 'G':  return operand_fixed(m, 8, K_NUMBER, why);
    case 0x8a: return operand_counted(m, 1, K_NUMBER, why);                            /* LONG1 */
    case 0x8b: return operand_counted(m, 4, K_NUMBER, why);                            /* LONG4 */
    case 'N':  return push(m, val_of(K_NONE, 0));
    case 0x88: case 0x89: return push(m, val_of(K_BOOL, 0));
    case 'S':  case 'V':  return operand_line(m, K_TEXT, why);
    case 'T':  case 'X':  return operand_counted(m, 4, K_TEXT, why);
    case 'U':  case 0x8c: return operand_counted(m, 1, K_TEXT, why);
    case 0x8d: return operand_counted(m, 8, K_TEXT, why);
    case 'C':  return operand_counted(m, 1, K_BYTES, why);
    case 'B':  return operand_counted(m, 4, K_BYTES, why);
    case 0x8e: return operand_counted(m, 8, K_BYTES, why);
    case 0x96: return operand_counted(m, 8, K_BYTES, why);                             /* BYTEARRAY8 */
    case 0x97: return push(m, val_of(K_BYTEARRAY, 0));                         /* NEXT_BUFFER: the caller's bytes */
    case 0x98: return above_mark(m) > 0 ? STEP_ON : underflow(why);            /* READONLY_BUFFER */
    case ']':  return push(m, val_of(K_LIST, 0));
    case '}':  return push(m, val_of(K_DICT, ++m->num_dicts));
    case 0x8f: return push(m, val_of(K_SET, 0));
    case ')':  return make_tuple(m, 0, why);
    case 0x85: return make_tuple(m, 1, why);
    case 0x86: return make_tuple(m, 2, why);
    case 0x87: return make_tuple(m, 3, why);
    case 't':  return marked_tuple(m, why);
    case 'l':  return marked(m, K_LIST, why);
    case 'd':  return marked_dict(m, why);
    case 0x91: return marked(m, K_FROZENSET, why);
    case 'a':  OP("APPEND");   return extend_one(m, 1, "append", why);
    case 's':  OP("SETITEM");  return extend_one(m, 2, "__setitem__", why);
    case 'e':  OP("APPENDS");  return extend(m, "extend", false, why);
    case 'u':  OP("SETITEMS"); return extend(m, "__setitem__", true, why);
    case 0x90: OP("ADDITEMS"); return extend(m, "add", false, why);
    case 'p':  s = operand_index(m, &key, why); return s == STEP_ON ? put(m, key, why) : s;
    case 'g':  s = operand_index(m, &key, why); return s == STEP_ON ? get(m, key, why) : s;
    case 'q':  return put_binary(m, 1, why);
    case 'r':  return put_binary(m, 4, why);
    case 'h':  return get_binary(m, 1, why);
    case 'j':  return get_binary(m, 4, why);
    case 0x94: return put(m, m->memo.count, why);                              /* MEMOIZE */
    case 'c':  OP("GLOBAL"); s = op_global(m, &v, why); return s == STEP_ON ? push(m, v) : s;
    case 0x93: OP("STACK_GLOBAL"); return op_stack_global(m, why);
    case 'R':  OP("REDUCE"); return op_call(m, 0, "call", why);
    case 0x81: OP("NEWOBJ"); return op_call(m, 0, "new", why);
    case 0x92: OP("NEWOBJ_EX"); return op_call(m, 1, "new", why);
    case 'i':  OP("INST"); return op_inst(m, why);
    case 'o':  OP("OBJ"); return op_obj(m, why);
    case 'b':  OP("BUILD"); return op_build(m, why);
    case 'P':  OP("PERSID"); return op_persid(m, false, why);
    case 'Q':  OP("BINPERSID"); return op_persid(m, true, why);
    case 0x82: OP("EXT1"); return op_ext(m, 1, why);
    case 0x83: OP("EXT2"); return op_ext(m, 2, why);
    case 0x84: OP("EXT4"); return op_ext(m, 4, why);
    case 0x80: return op_proto(m, why);
    case 0x95: return operand_frame(m, why);
    default:   *why = "no opcode has this byte"; return STEP_BAD;
    }
}

enum step machine_step(struct machine *m, const char **why)
{
    uint8_t op;
    m->at = m->in->pos;
    if (!stream_u8(m->in, &op)) {
        *why = "the file ends before STOP";
        return halt_or(m, STEP_CUT);
    }
    enum step s = execute(m, op, why);
    if (m->framed && m->in->pos >= m->frame_end && s != STEP_STOP) {
        m->framed = false;
    }
    return m->o->budget->out_of_memory ? STEP_HALT : s;    /* what could not be kept must not look unknown */
}

enum step machine_run(struct machine *m, const char **why)
{
    enum step s;
    do {
        s = machine_step(m, why);
    } while (s == STEP_ON);
    return s;
}

bool machine_init(struct machine *m, struct object *o, struct stream *in)
{
    *m = (struct machine){ .o = o, .in = in, .via = "", .plain = o->plain };
    return true;
}

void machine_reset(struct machine *m)
{
    m->depth = 0;
    m->num_marks = 0;
    m->protocol = 0;
    m->framed = false;
    m->crossed = false;
    m->num_displaced = 0;
    memo_clear(m);
    if (!m->legacy.active) {          /* there the names come before the storages, in a pickle of their own */
        views_clear(m);
    }
}

void machine_done(struct machine *m)
{
    struct budget *b = m->o->budget;
    memo_clear(m);
    legacy_done(m);
    views_done(m);
    (void)budget_resize(b, m->stack, m->stack_room * sizeof *m->stack, 0);
    (void)budget_resize(b, m->marks, m->marks_room * sizeof *m->marks, 0);
    (void)budget_resize(b, m->tuples.ring, m->tuples.ring_room * sizeof *m->tuples.ring, 0);
    (void)budget_resize(b, m->tuples.kept, m->tuples.kept_room * sizeof *m->tuples.kept, 0);
    (void)budget_resize(b, m->globals.items, m->globals.room * sizeof *m->globals.items, 0);
    (void)budget_resize(b, m->globals.text, m->globals.text_room, 0);
    (void)budget_resize(b, m->globals.slots, m->globals.num_slots * sizeof *m->globals.slots, 0);
    (void)budget_resize(b, m->formula.untold, m->formula.untold_room, 0);
    (void)budget_resize(b, m->folds, m->folds_room * sizeof *m->folds, 0);
}
