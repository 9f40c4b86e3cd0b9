/* stack.h - what the files with opcodes share: the stack and its marks, and the opcodes that
 * vm.c calls. */
#ifndef MA_PICKLE_STACK_H
#define MA_PICKLE_STACK_H
#include "call.h"

/* What lies above the last mark; an opcode may not reach below it. */
static inline size_t above_mark(const struct vm *m)
{
    return m->depth - (m->num_marks > 0 ? (size_t)m->marks[m->num_marks - 1] : 0);
}

static inline bool pop(struct vm *m, struct val *out)
{
    if (above_mark(m) == 0) {
        return false;
    }
    *out = m->stack[--m->depth];
    return true;
}

/* The stack from there on; NULL where nothing was ever pushed. */
static inline struct val *items_from(const struct vm *m, size_t at)
{
    return m->stack != NULL ? m->stack + at : NULL;
}

/* Takes the last mark and the items above it, which stay valid until the next push. */
static inline bool pop_mark(struct vm *m, struct val **items, size_t *n)
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

static inline enum step underflow(const char **why)
{
    *why = "the stack is empty";
    return STEP_MALFORMED;
}

static inline enum step no_mark(const char **why)
{
    *why = "there is no mark";
    return STEP_MALFORMED;
}

static inline bool val_builtin(struct val v)
{
    enum kind k = val_kind(v);
    return k == K_LIST || k == K_DICT || k == K_SET || k == K_BYTEARRAY;
}

/* containers.c: containers, and what is put into them. */
enum step op_tuple(struct vm *m, size_t n, const char **why);
enum step op_marked_tuple(struct vm *m, const char **why);
enum step op_marked(struct vm *m, enum kind k, const char **why);
enum step op_marked_dict(struct vm *m, const char **why);
enum step op_extend(struct vm *m, const char *method, bool keys, const char **why);
enum step op_extend_one(struct vm *m, size_t n, const char *method, const char **why);

/* call_opcodes.c: globals, and what is called. */
enum step op_global(struct vm *m, const char **why);
enum step op_stack_global(struct vm *m, const char **why);
enum step op_call(struct vm *m, size_t extra, const char *op, const char **why);
enum step op_inst(struct vm *m, const char **why);
enum step op_obj(struct vm *m, const char **why);
enum step op_build(struct vm *m, const char **why);
enum step op_ext(struct vm *m, size_t width, const char **why);
enum step op_persid(struct vm *m, bool binary, const char **why);
#endif
