/* vm.c - the opcode switch, and the opcodes that need no more than stack, marks and memo.
 * Opcodes: pickletools and CPython's Modules/_pickle.c. */
#include "stack.h"

/* --- memo ------------------------------------------------------------------------ */

static enum step put(struct vm *m, uint64_t key, const char **why)
{
    if (above_mark(m) == 0) {
        return underflow(why);
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
    *why = "a protocol that does not exist";
    return version <= 5 ? STEP_CONTINUE : STEP_MALFORMED;
}

static enum step op_pop_mark(struct vm *m, const char **why)
{
    struct val *items;
    size_t n;
    return pop_mark(m, &items, &n) ? STEP_CONTINUE : no_mark(why);
}

#define OP(name) m->via = name
static enum step execute(struct vm *m, uint8_t op, const char **why)
{
    uint64_t key;
    struct val v;
    enum step s;
    switch (op) {
    case '(': return push_mark(m);
    case '.': return pop(m, &m->result) ? STEP_STOP : underflow(why);
    case '0': return op_pop(m, why);
    case '1': return op_pop_mark(m, why);
    case '2': return op_dup(m, why);
    case 'F':
    case 'I':
    case 'L': return operand_line(m, K_NUMBER, why);
    case 'J': return operand_fixed(m, 4, K_NUMBER, why);
    case 'K': return operand_fixed(m, 1, K_NUMBER, why);
    case 'M': return operand_fixed(m, 2, K_NUMBER, why);
    case 'G': return operand_fixed(m, 8, K_NUMBER, why);
    case 0x8a: return operand_counted(m, 1, K_NUMBER, why); /* LONG1 */
    case 0x8b: return operand_counted(m, 4, K_NUMBER, why); /* LONG4 */
    case 'N': return push(m, val_of(K_NONE, 0));
    case 0x88:
    case 0x89: return push(m, val_of(K_BOOL, 0));
    case 'S':
    case 'V': return operand_line(m, K_TEXT, why);
    case 'T':
    case 'X': return operand_counted(m, 4, K_TEXT, why);
    case 'U':
    case 0x8c: return operand_counted(m, 1, K_TEXT, why);
    case 0x8d: return operand_counted(m, 8, K_TEXT, why);
    case 'C': return operand_counted(m, 1, K_BYTES, why);
    case 'B': return operand_counted(m, 4, K_BYTES, why);
    case 0x8e: return operand_counted(m, 8, K_BYTES, why);
    case 0x96: return operand_counted(m, 8, K_BYTES, why); /* BYTEARRAY8 */
    case 0x97: return push(m, val_of(K_BYTEARRAY, 0)); /* NEXT_BUFFER: the caller's bytes */
    case 0x98: return above_mark(m) > 0 ? STEP_CONTINUE : underflow(why); /* READONLY_BUFFER */
    case ']': return push(m, val_of(K_LIST, 0));
    case '}': return push(m, val_of(K_DICT, ++m->num_dicts));
    case 0x8f: return push(m, val_of(K_SET, 0));
    case ')': return op_tuple(m, 0, why);
    case 0x85: return op_tuple(m, 1, why);
    case 0x86: return op_tuple(m, 2, why);
    case 0x87: return op_tuple(m, 3, why);
    case 't': return op_marked_tuple(m, why);
    case 'l': return op_marked(m, K_LIST, why);
    case 'd': return op_marked_dict(m, why);
    case 0x91: return op_marked(m, K_FROZENSET, why);
    case 'a': OP("APPEND"); return op_extend_one(m, 1, "append", why);
    case 's': OP("SETITEM"); return op_extend_one(m, 2, "__setitem__", why);
    case 'e': OP("APPENDS"); return op_extend(m, "extend", false, why);
    case 'u': OP("SETITEMS"); return op_extend(m, "__setitem__", true, why);
    case 0x90: OP("ADDITEMS"); return op_extend(m, "add", false, why);
    case 'p': s = operand_index(m, &key, why); return s == STEP_CONTINUE ? put(m, key, why) : s;
    case 'g': s = operand_index(m, &key, why); return s == STEP_CONTINUE ? get(m, key, why) : s;
    case 'q': return put_binary(m, 1, why);
    case 'r': return put_binary(m, 4, why);
    case 'h': return get_binary(m, 1, why);
    case 'j': return get_binary(m, 4, why);
    case 0x94: return put(m, m->memo.count, why); /* MEMOIZE */
    case 'c':
        OP("GLOBAL");
        s = op_global(m, &v, why);
        return s == STEP_CONTINUE ? push(m, v) : s;
    case 0x93: OP("STACK_GLOBAL"); return op_stack_global(m, why);
    case 'R': OP("REDUCE"); return op_call(m, 0, "call", why);
    case 0x81: OP("NEWOBJ"); return op_call(m, 0, "new", why);
    case 0x92: OP("NEWOBJ_EX"); return op_call(m, 1, "new", why);
    case 'i': OP("INST"); return op_inst(m, why);
    case 'o': OP("OBJ"); return op_obj(m, why);
    case 'b': OP("BUILD"); return op_build(m, why);
    case 'P': OP("PERSID"); return op_persid(m, false, why);
    case 'Q': OP("BINPERSID"); return op_persid(m, true, why);
    case 0x82: OP("EXT1"); return op_ext(m, 1, why);
    case 0x83: OP("EXT2"); return op_ext(m, 2, why);
    case 0x84: OP("EXT4"); return op_ext(m, 4, why);
    case 0x80: return op_proto(m, why);
    case 0x95: return operand_frame(m, why);
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

bool vm_init(struct vm *m, struct object *o, struct stream *in)
{
    *m = (struct vm){ .o = o, .in = in, .via = "", .no_joblib = o->no_joblib };
    return true;
}

void vm_reset(struct vm *m)
{
    m->depth = 0;
    m->num_marks = 0;
    m->protocol = 0;
    m->framed = false;
    m->frame_overrun = false;
    m->num_relocated = 0;
    memo_clear(m);
    /* there the names come before the storages, in a pickle of their own */
    if (!m->legacy.active) {
        views_clear(m);
    }
}

void vm_done(struct vm *m)
{
    struct budget *b = m->o->budget;
    memo_clear(m);
    legacy_done(m);
    views_done(m);
    budget_free(b, m->stack, m->stack_cap * sizeof *m->stack);
    budget_free(b, m->marks, m->marks_cap * sizeof *m->marks);
    budget_free(b, m->tuples.ring, m->tuples.readahead_reserve * sizeof *m->tuples.ring);
    budget_free(b, m->tuples.kept, m->tuples.kept_cap * sizeof *m->tuples.kept);
    budget_free(b, m->globals.items, m->globals.cap * sizeof *m->globals.items);
    budget_free(b, m->globals.text, m->globals.text_cap);
    budget_free(b, m->globals.slots, m->globals.num_slots * sizeof *m->globals.slots);
    budget_free(b, m->formula.computed_keys, m->formula.computed_keys_cap);
    budget_free(b, m->wrapped, m->wrapped_cap * sizeof *m->wrapped);
}
