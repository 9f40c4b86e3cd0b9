/* call_opcodes.c - opcodes that import, call, or get an object from the loader. */
#include "stack.h"

#include <stdio.h>
#include <string.h>

static enum step read_names(struct vm *m, struct text *module, struct text *name, const char **why)
{
    *name = (struct text){ 0 };
    enum step s = operand_name(m, module, why);
    return s == STEP_CONTINUE ? operand_name(m, name, why) : s;
}

static enum step read_global(struct vm *m, struct val *out, const char **why)
{
    struct text module, name;
    enum step s = read_names(m, &module, &name, why);
    if (s == STEP_CONTINUE
        && !push_global(m, (struct bytes){ module.p, module.n }, (struct bytes){ name.p, name.n },
                        out)) {
        s = STEP_ABORT;
    }
    text_done(m, &module);
    text_done(m, &name);
    return s;
}

enum step op_global(struct vm *m, const char **why)
{
    struct val out;
    enum step s = read_global(m, &out, why);
    return s == STEP_CONTINUE ? push(m, out) : s;
}

static bool stack_global(struct vm *m, struct val module, struct val name, struct val *out)
{
    struct text a, b = { 0 };
    uint64_t max = m->o->budget->max[LIMIT_pickle_text_bytes];
    bool ok = text_read(m, module, max, &a) && text_read(m, name, max, &b);
    if (ok) {
        ok = push_global(m, (struct bytes){ a.p, a.n }, (struct bytes){ b.p, b.n }, out);
    } else { /* names that were computed: anything could be meant */
        struct val ignored;
        *out = val_of(K_UNKNOWN, 0);
        ok = halt_or(m, STEP_CONTINUE) == STEP_CONTINUE
             && call(m, *out, val_of(K_NONE, 0), "call", &ignored);
    }
    text_done(m, &a);
    text_done(m, &b);
    return ok;
}

static bool may_be_text(struct val v)
{
    switch (val_kind(v)) {
    case K_NONE:
    case K_BOOL:
    case K_NUMBER:
    case K_BYTES:
    case K_TUPLE:
    case K_DTYPE: return false;
    default: return !val_builtin(v);
    }
}

enum step op_stack_global(struct vm *m, const char **why)
{
    struct val module, name, out;
    if (!pop(m, &name) || !pop(m, &module)) {
        return underflow(why);
    }
    if (!may_be_text(module) || !may_be_text(name)) {
        *why = "STACK_GLOBAL takes two texts";
        return STEP_MALFORMED;
    }
    return stack_global(m, module, name, &out) ? push(m, out) : STEP_ABORT;
}

enum step op_call(struct vm *m, size_t extra, const char *op, const char **why)
{
    struct val callee, args, more, out;
    if ((extra > 0 && !pop(m, &more)) || !pop(m, &args) || !pop(m, &callee)) {
        return underflow(why);
    }
    /* NEWOBJ_EX: keywords, which partial and others make attributes of */
    if (extra > 0 && !report_state(m, callee, more)) {
        return STEP_ABORT;
    }
    if (!call(m, callee, args, op, &out)) {
        return STEP_ABORT;
    }
    if (m->loader_fails != NULL) {
        *why = m->loader_fails;
        return STEP_MALFORMED;
    }
    bool is_new =
        strcmp(op, "new") == 0 && val_kind(callee) == K_GLOBAL && val_kind(out) != K_WRAPPED;
    return push(m, is_new ? val_of(K_INSTANCE, val_payload(callee)) : out);
}

enum step op_inst(struct vm *m, const char **why)
{
    struct val callee, args, out, *items;
    size_t n;
    enum step s = read_global(m, &callee, why);
    if (s != STEP_CONTINUE) {
        return s;
    }
    if (!pop_mark(m, &items, &n)) {
        return no_mark(why);
    }
    return report_callable_value(m, items, n) && tuple_new(m, items, n, &args)
                   && call(m, callee, args, "call", &out)
               ? push(m, out)
               : STEP_ABORT;
}

enum step op_obj(struct vm *m, const char **why)
{
    struct val callee, args, out, *items;
    size_t n;
    if (!pop_mark(m, &items, &n)) {
        return no_mark(why);
    }
    if (n == 0) {
        return underflow(why);
    }
    callee = items[0];
    return report_callable_value(m, items + 1, n - 1) && tuple_new(m, items + 1, n - 1, &args)
                   && call(m, callee, args, "call", &out)
               ? push(m, out)
               : STEP_ABORT;
}

enum step op_build(struct vm *m, const char **why)
{
    struct val state;
    if (above_mark(m) < 2) {
        return underflow(why);
    }
    state = m->stack[--m->depth];
    if (!report_callable_value(m, &state, 1) || !call_build(m, m->stack[m->depth - 1], state)) {
        return STEP_ABORT;
    }
    view_restored(state, &m->stack[m->depth - 1]);
    return joblib_built(m, state, why);
}

enum step op_ext(struct vm *m, size_t width, const char **why)
{
    uint64_t code;
    struct val ignored;
    char name[48];
    if (!operand_le(m, width, &code)) {
        return truncated(m, why);
    }
    snprintf(name, sizeof name, "extension_registry.code_%llu", (unsigned long long)code);
    return push_global(m, BYTES("copyreg"), bytes_of(name), &ignored) ? push(m, val_of(K_EXT, 0))
                                                                      : STEP_ABORT;
}

/* load_persid: "persistent IDs in protocol 0 must be ASCII strings".  So a zip,
 * whose P is PERSID, is refused right there. */
static bool ascii_line(struct vm *m, uint64_t from, uint64_t to)
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

enum step op_persid(struct vm *m, bool binary, const char **why)
{
    struct val id = val_of(K_NONE, 0), out;
    if (binary ? !pop(m, &id) : false) {
        return underflow(why);
    }
    if (!binary) {
        enum step s = operand_line(m, K_BYTES, why);
        if (s != STEP_CONTINUE) {
            return s;
        }
        m->depth--;
        if (!ascii_line(m, m->at + 1, m->in->pos)) {
            *why = "a persistent id that is not ASCII";
            return halt_or(m, STEP_MALFORMED);
        }
    }
    return call_persid(m, id, &out) && legacy_persid(m, id, &out) ? push(m, out) : STEP_ABORT;
}
