/* vm.c - the opcode switch, and the opcodes that need no more than stack, marks and memo.
 * Opcodes: pickletools and CPython's Modules/_pickle.c. */
#include "stack.h"

#include "../codec/opcodes.h"
#include "dict_notes.h"

/* --- memo ------------------------------------------------------------------------ */

#define SMALL_MEMO_INDEX 65536u /* a megabyte of memo: no file is too small for it */

/* The C unpickler allocates a memo up to the largest index; picklers count from 0. */
static bool report_memo_index(struct vm *m, uint64_t key)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = { m->at, 0 } };
    f.anomaly.slug = BYTES("pickle-memo-index");
    f.anomaly.detail = BYTES("a memo index that is larger than the file");
    f.anomaly.declared = num_of(key);
    f.anomaly.limit = num_of(m->in->end);
    return emit(m->o->sink, &f);
}

static enum step put(struct vm *m, uint64_t key, const char **why)
{
    if (above_mark(m) == 0) {
        return underflow(why);
    }
    bool too_large = key > SMALL_MEMO_INDEX && key > m->in->end;
    bool counts = !m->speculative || m->executed;
    if (too_large && counts && !report_memo_index(m, key)) {
        return STEP_ABORT;
    }
    return memo_put(m, key, m->stack[m->depth - 1]) ? STEP_CONTINUE : STEP_ABORT;
}

static enum step get(struct vm *m, uint64_t key, const char **why)
{
    struct val v;
    if (!memo_get(m, key, &v)) {
        *why = "a memo entry that was never stored";
        return STEP_MALFORMED;
    }
    return push(m, v);
}

static enum step put_text(struct vm *m, const char **why)
{
    uint64_t key;
    enum step s = operand_index(m, &key, why);
    return s == STEP_CONTINUE ? put(m, key, why) : s;
}

static enum step get_text(struct vm *m, const char **why)
{
    uint64_t key;
    enum step s = operand_index(m, &key, why);
    return s == STEP_CONTINUE ? get(m, key, why) : s;
}

static enum step put_binary(struct vm *m, size_t width, const char **why)
{
    uint64_t key;
    return operand_le(m, width, &key) ? put(m, key, why) : truncated(m, why);
}

static enum step get_binary(struct vm *m, size_t width, const char **why)
{
    uint64_t key;
    return operand_le(m, width, &key) ? get(m, key, why) : truncated(m, why);
}

/* --- stack and marks ---------------------------------------------------------- */

static enum step push_mark(struct vm *m)
{
    struct budget *b = m->o->budget;
    if (!budget_fits(b, LIMIT_pickle_marks, m->num_marks + 1)
        || !budget_grow(b, &m->marks, &m->marks_cap, m->num_marks + 1, sizeof *m->marks)) {
        return STEP_ABORT;
    }
    m->marks[m->num_marks++] = m->depth;
    return STEP_CONTINUE;
}

static enum step op_pop(struct vm *m, const char **why)
{
    struct val *items, v;
    size_t n;
    if (above_mark(m) > 0) {
        return pop(m, &v) ? STEP_CONTINUE : STEP_MALFORMED;
    }
    return m->num_marks > 0 && pop_mark(m, &items, &n) ? STEP_CONTINUE : underflow(why);
}

static enum step op_dup(struct vm *m, const char **why)
{
    return above_mark(m) > 0 ? push(m, m->stack[m->depth - 1]) : underflow(why);
}

static enum step op_proto(struct vm *m, const char **why)
{
    uint64_t version;
    if (!operand_le(m, 1, &version)) {
        return truncated(m, why);
    }
    m->protocol = (unsigned)version;
    if (version > MAX_PROTOCOL) {
        *why = "a protocol that does not exist";
        return STEP_MALFORMED;
    }
    return STEP_CONTINUE;
}

static enum step op_pop_mark(struct vm *m, const char **why)
{
    struct val *items;
    size_t n;
    return pop_mark(m, &items, &n) ? STEP_CONTINUE : no_mark(why);
}

/* One opcode; what follows it in the file is read by the functions of operand.c. */
static enum step execute(struct vm *m, uint8_t op, const char **why)
{
    m->op = op;
    switch ((enum opcode)op) {
    case OP_MARK: return push_mark(m);
    case OP_STOP: return pop(m, &m->result) ? STEP_STOP : underflow(why);
    case OP_POP: return op_pop(m, why);
    case OP_POP_MARK: return op_pop_mark(m, why);
    case OP_DUP: return op_dup(m, why);
    case OP_FLOAT:
    case OP_INT:
    case OP_LONG: return operand_line(m, K_NUMBER, why);
    case OP_BININT:
    case OP_BININT1:
    case OP_BININT2:
    case OP_BINFLOAT: return operand_fixed(m, opcode_rows[op].argument, K_NUMBER, why);
    case OP_LONG1:
    case OP_LONG4: return operand_counted(m, opcode_length_bytes(op), K_NUMBER, why);
    case OP_NONE: return push(m, val_of(K_NONE, 0));
    case OP_NEWTRUE:
    case OP_NEWFALSE: return push(m, val_of(K_BOOL, 0));
    case OP_STRING:
    case OP_UNICODE: return operand_line(m, K_TEXT, why);
    case OP_BINSTRING:
    case OP_SHORT_BINSTRING:
    case OP_BINUNICODE:
    case OP_SHORT_BINUNICODE:
    case OP_BINUNICODE8: return operand_counted(m, opcode_length_bytes(op), K_TEXT, why);
    case OP_SHORT_BINBYTES:
    case OP_BINBYTES:
    case OP_BINBYTES8:
    case OP_BYTEARRAY8: return operand_counted(m, opcode_length_bytes(op), K_BYTES, why);
    case OP_NEXT_BUFFER: return push(m, val_of(K_BYTEARRAY, 0)); /* a buffer of the caller */
    case OP_READONLY_BUFFER: return above_mark(m) > 0 ? STEP_CONTINUE : underflow(why);
    case OP_EMPTY_LIST: return push(m, val_of(K_LIST, 0));
    case OP_EMPTY_DICT: return push(m, val_of(K_DICT, ++m->num_dicts));
    case OP_EMPTY_SET: return push(m, val_of(K_SET, 0));
    case OP_EMPTY_TUPLE: return op_tuple(m, 0, why);
    case OP_TUPLE1: return op_tuple(m, 1, why);
    case OP_TUPLE2: return op_tuple(m, 2, why);
    case OP_TUPLE3: return op_tuple(m, 3, why);
    case OP_TUPLE: return op_marked_tuple(m, why);
    case OP_LIST: return op_marked(m, K_LIST, why);
    case OP_DICT: return op_marked_dict(m, why);
    case OP_FROZENSET: return op_marked(m, K_FROZENSET, why);
    case OP_APPEND: return op_extend_one(m, 1, "append", why);
    case OP_SETITEM: return op_extend_one(m, 2, "__setitem__", why);
    case OP_APPENDS: return op_extend(m, "extend", false, why);
    case OP_SETITEMS: return op_extend(m, "__setitem__", true, why);
    case OP_ADDITEMS: return op_extend(m, "add", false, why);
    case OP_PUT: return put_text(m, why);
    case OP_GET: return get_text(m, why);
    case OP_BINPUT:
    case OP_LONG_BINPUT: return put_binary(m, opcode_rows[op].argument, why);
    case OP_BINGET:
    case OP_LONG_BINGET: return get_binary(m, opcode_rows[op].argument, why);
    case OP_MEMOIZE: return put(m, m->memo.count, why);
    case OP_GLOBAL: return op_global(m, why);
    case OP_STACK_GLOBAL: return op_stack_global(m, why);
    case OP_REDUCE: return op_call(m, 0, "call", why);
    case OP_NEWOBJ: return op_call(m, 0, "new", why);
    case OP_NEWOBJ_EX: return op_call(m, 1, "new", why);
    case OP_INST: return op_inst(m, why);
    case OP_OBJ: return op_obj(m, why);
    case OP_BUILD: return op_build(m, why);
    case OP_PERSID: return op_persid(m, false, why);
    case OP_BINPERSID: return op_persid(m, true, why);
    case OP_EXT1:
    case OP_EXT2:
    case OP_EXT4: return op_ext(m, opcode_rows[op].argument, why);
    case OP_PROTO: return op_proto(m, why);
    case OP_FRAME: return operand_frame(m, why);
    default: *why = "no opcode has this byte"; return STEP_MALFORMED;
    }
}

enum step vm_step(struct vm *m, const char **why)
{
    uint8_t op;
    m->at = m->in->pos;
    if (!stream_u8(m->in, &op)) {
        *why = "the file ends before STOP";
        return halt_or(m, STEP_TRUNCATED);
    }
    enum step s = execute(m, op, why);
    if (m->framed && m->in->pos >= m->frame_end && s != STEP_STOP) {
        m->framed = false;
    }
    /* what could not be kept must not look unknown */
    return m->o->budget->out_of_memory ? STEP_ABORT : s;
}

enum step vm_run(struct vm *m, const char **why)
{
    enum step s;
    do {
        s = vm_step(m, why);
    } while (s == STEP_CONTINUE);
    return s;
}

const char *vm_via(const struct vm *m)
{
    const char *name = opcode_rows[m->op].name;
    return name != NULL ? name : "";
}

bool vm_init(struct vm *m, struct object *o, struct stream *in)
{
    *m = (struct vm){ .o = o, .in = in, .no_joblib = o->no_joblib };
    return true;
}

void vm_reset(struct vm *m)
{
    m->depth = 0;
    m->loader_fails = NULL;
    m->num_marks = 0;
    m->protocol = 0;
    m->framed = false;
    m->frame_overrun = false;
    m->num_relocated = 0;
    memo_clear(m);
    dict_notes_clear(m);
    m->num_dtypes = 0;
    /* there the names come before the storages, in a pickle of their own */
    if (!m->legacy.active) {
        views_clear(m);
    }
}

void vm_done(struct vm *m)
{
    struct budget *b = m->o->budget;
    dict_notes_clear(m);
    budget_free(b, m->dtypes, m->dtypes_cap * sizeof *m->dtypes);
    memo_clear(m);
    legacy_done(m);
    views_done(m);
    budget_free(b, m->stack, m->stack_cap * sizeof *m->stack);
    budget_free(b, m->marks, m->marks_cap * sizeof *m->marks);
    budget_free(b, m->tuples.ring, m->tuples.ring_cap * sizeof *m->tuples.ring);
    budget_free(b, m->tuples.kept, m->tuples.kept_cap * sizeof *m->tuples.kept);
    budget_free(b, m->globals.items, m->globals.cap * sizeof *m->globals.items);
    budget_free(b, m->globals.text, m->globals.text_cap);
    hash_index_done(&m->globals.index, b);
    budget_free(b, m->formula.computed_keys, m->formula.computed_keys_cap);
    budget_free(b, m->wrapped, m->wrapped_cap * sizeof *m->wrapped);
}
