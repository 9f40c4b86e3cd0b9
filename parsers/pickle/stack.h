/* stack.h - what the files with opcodes share: the stack and its marks, and the opcodes that
 * vm.c calls. */
#ifndef MA_PICKLE_STACK_H
#define MA_PICKLE_STACK_H
#include "call.h"

/* What lies above the last mark; an opcode may not reach below it. */
static inline size_t above_mark(const struct machine *m)
{
    return m->depth - (m->num_marks > 0 ? (size_t)m->marks[m->num_marks - 1] : 0);
}

static inline bool pop(struct machine *m, struct val *out)
{
    if (above_mark(m) == 0) {
        return false;
    }
    *out = m->stack[--m->depth];
    return true;
}

/* The stack from there on; NULL where nothing was ever pushed. */
static inline struct val *items_from(const struct machine *m, size_t at)
{
    return m->stack != NULL ? m->stack + at : NULL;
}

/* The items since the last mark, and the mark gone.  Valid until the next push. */
static inline bool pop_mark(struct machine *m, struct val **items, size_t *n)
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
    return STEP_BAD;
}

static inline enum step unmarked(const char **why)
{
    *why = "there is no mark";
    return STEP_BAD;
}

static inline bool val_builtin(struct val v)
{
    enum kind k = val_kind(v);
    return k == K_LIST || k == K_DICT || k == K_SET || k == K_BYTEARRAY;
}

/* containers.c: containers, and what is put into them. */
enum step op_tuple(struct machine *m, size_t n, const char **why);
enum step op_marked_tuple(struct machine *m, const char **why);
enum step op_marked(struct machine *m, enum kind k, const char **why);
enum step op_marked_dict(struct machine *m, const char **why);
enum step op_extend(struct machine *m, const char *method, bool keys, const char **why);
enum step op_extend_one(struct machine *m, size_t n, const char *method, const char **why);

/* call_opcodes.c: globals, and what is called. */
enum step op_global(struct machine *m, struct val *out, const char **why);
enum step op_stack_global(struct machine *m, const char **why);
enum step op_call(struct machine *m, size_t extra, const char *op, const char **why);
enum step op_inst(struct machine *m, const char **why);
enum step op_obj(struct machine *m, const char **why);
enum step op_build(struct machine *m, const char **why);
enum step op_ext(struct machine *m, size_t width, const char **why);
enum step op_persid(struct machine *m, bool binary, const char **why);
#endif
