/* call.h - what the files about calls share: emit_calls.c says what happens, known_callables.c
 * what helpers do, call.c what is called. */
#ifndef MA_PICKLE_CALL_H
#define MA_PICKLE_CALL_H
#include "vm.h"

static inline struct val val_unknown(void) { return val_of(K_UNKNOWN, 0); }
/* Argument i; None beyond the last, unknown where the tuple is out of sight. */
static inline struct val val_arg(const struct vm *m, struct val args, uint64_t i)
{
    const struct tuple *t = tuple_get(m, args);
    if (t != NULL && i >= t->n) {
        return val_of(K_NONE, 0);
    }
    return t != NULL && i < BOUND_pickle_tuple_items ? t->items[i] : val_unknown();
}

/* emit_calls.c: all return false when the sink said stop, or memory is out. */
MUST_CHECK bool report_call(struct vm *m, struct val callee, struct bytes name, struct val args,
                            const char *op, const char *folded);
/* report_unknown_value() reports that the opcode at hand makes a value of which nothing is
 * known, and sets *out to it: no unknown value exists without this finding. */
MUST_CHECK bool report_unknown_value(struct vm *m, const char *what, struct val *out);
MUST_CHECK bool report_import(struct vm *m, struct bytes module, struct bytes name,
                              struct bytes raw_module, struct bytes raw_name, const char *via,
                              const char *reading);
/* "Class.attr": an attribute of a global, of an instance or of a module; unknown of anything
 * else. */
MUST_CHECK bool attribute(struct vm *m, struct val of, struct bytes attr, const char *via,
                          struct val *out);
/* The same, with the name in a string constant. */
MUST_CHECK bool attribute_named(struct vm *m, struct val of, struct val name, const char *via,
                                struct val *out);

/* known_callables.c */
/* A global that was called: what it returns, and what else is called by it. */
MUST_CHECK bool callable_call(struct vm *m, struct val callee, struct val args, struct val *out);
/* call.c: reports a state that sets attributes under computed names. */
MUST_CHECK bool report_state(struct vm *m, struct val on, struct val state);
/* A callable that is called at once, with unknown arguments. */
MUST_CHECK bool callable_apply(struct vm *m, struct val callee, const char *folded);
/* Callables that are passed as values, and may be called with unknown arguments. */
MUST_CHECK bool report_argument(struct vm *m, struct val v, struct bytes holder_module,
                                struct bytes holder_name, uint64_t i);
MUST_CHECK bool report_items(struct vm *m, struct val args, struct bytes holder_module,
                             struct bytes holder_name);
#endif
