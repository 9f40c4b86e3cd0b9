/* jinja_eval.h - the abstract evaluator of Jinja templates: what a template can reach.
 *
 * Values are known as far as the template alone says them; the rest is one of three unknowns.  Both
 * branches of a condition that is not known are followed, and what they leave is merged. */
#ifndef MA_MODEL_CONFIG_JINJA_EVAL_H
#define MA_MODEL_CONFIG_JINJA_EVAL_H
#include "../base/parser.h"
#include "jinja_tree.h"

enum value_kind {
    VALUE_UNSET,
    VALUE_DATA, /* what the caller passes in, or a part of it */
    VALUE_MIXED, /* made of unknown parts by the template, which may choose it */
    VALUE_NUMBER, /* an unknown number or truth value */
    VALUE_INT, /* number */
    VALUE_STRING, /* text[a, a + n) */
    VALUE_LIST, /* items[a, a + n) */
    VALUE_DICT, /* n pairs of key and value in items from a on */
    VALUE_RANGE, /* number: how many */
    VALUE_BOX, /* the list, dict or namespace in slots[a] */
    VALUE_METHOD, /* items[a]: of what, items[a + 1]: its name */
    VALUE_MACRO, /* a: its node */
    VALUE_GLOBAL /* a: enum global */
};

enum global { GLOBAL_RANGE, GLOBAL_DICT, GLOBAL_NAMESPACE, GLOBAL_LOOP };

/* What may be put together from a value. */
enum harmless {
    HARMLESS_NOT, /* names of Python's internals */
    HARMLESS_WHOLE, /* not as long as it stays whole; its parts may be underscores */
    HARMLESS_PARTS /* not from its parts, either */
};

struct value {
    uint8_t kind; /* enum value_kind */
    uint8_t harmless; /* VALUE_MIXED: enum harmless */
    uint32_t a, n; /* see the kinds */
    int64_t number;
};

/* Anomalies, each a bit of jinja_node.noted. */
enum jinja_note {
    NOTE_INTERNAL = 1, /* an attribute that leads to Python's internals */
    NOTE_PRIVATE = 2, /* an attribute that begins with an underscore */
    NOTE_UNKNOWN = 4, /* an attribute by a name that cannot be computed */
    NOTE_GLOBAL = 8, /* a global of Jinja that leads to Python's internals */
    NOTE_ENVIRONMENT = 16, /* a global of a web server, or the template itself */
    NOTE_NAME = 32, /* the name of such an internal, put together from parts */
    NOTE_BOMB = 64, /* loops or texts that explode */
    NOTE_LOAD = 128 /* another template */
};

struct slot {
    struct value v;
    uint32_t stamp; /* of the branch that was joined last */
};
struct variable {
    struct bytes name;
    uint32_t slot;
};
struct undo {
    uint32_t slot;
    struct value old;
};
struct join {
    uint32_t slot;
    uint32_t num; /* branches that set it */
    struct value v;
};

struct jinja_eval {
    struct object *o;
    struct jinja_tree *tree;
    uint8_t *text; /* the strings */
    size_t num_text, text_cap;
    struct value *items;
    size_t num_items, items_cap;
    struct slot *slots; /* slots[0] is not used */
    size_t num_slots, slots_cap;
    struct variable *vars;
    size_t num_vars, vars_cap;
    size_t scope; /* the first variable of the innermost scope */
    struct undo *trail; /* what the open branches have changed */
    size_t num_trail, trail_cap;
    struct join *joins;
    size_t num_joins, joins_cap;
    unsigned num_forks; /* branches that are open */
    uint32_t stamp;
    uint64_t rounds; /* product of the constant loops around */
    uint64_t steps;
    unsigned depth;
    unsigned num_macros; /* that are being expanded */
    uint32_t capture; /* slot that output is appended to; 0: none */
    uint32_t now; /* the node at hand */
    const char *why; /* static text: what could not be followed */
    bool changed; /* a slot was set to another value */
    bool failed; /* nothing is evaluated any more: why, or a limit, or the sink */
};

/* --- jinja_value.c -------------------------------------------------------------------------- */

static inline struct value value_of(enum value_kind kind)
{
    return (struct value){ .kind = (uint8_t)kind };
}
struct value value_int(int64_t n);
struct value value_mixed(enum harmless harmless);
/* value_string() copies text, which is not in ev->text. */
struct value value_string(struct jinja_eval *ev, struct bytes text);
/* value_text() is the text of a VALUE_STRING, until the next string is made. */
struct bytes value_text(const struct jinja_eval *ev, struct value v);
bool value_is(const struct jinja_eval *ev, struct value v, const char *text);
/* value_open() looks into a box. */
struct value value_open(const struct jinja_eval *ev, struct value v);
struct value value_box(struct jinja_eval *ev, struct value inside);
/* value_reserve() appends n items; *first is the index of the first. */
bool value_reserve(struct jinja_eval *ev, size_t n, uint32_t *first);
enum harmless value_harmless(const struct jinja_eval *ev, struct value v);
/* value_part() is an unknown part of a value. */
struct value value_part(const struct jinja_eval *ev, struct value v);
bool value_equal(const struct jinja_eval *ev, struct value a, struct value b);
struct value value_merge(struct jinja_eval *ev, struct value a, struct value b);
struct value value_concat(struct jinja_eval *ev, struct value a, struct value b);
/* value_each() returns the items of a list, the keys of a dict or the characters of a string as a
 * VALUE_LIST; any other kind as it is. */
struct value value_each(struct jinja_eval *ev, struct value v);
/* value_finish() makes the text that was appended since `from` a string, and notes names of
 * Python's internals in it. */
struct value value_finish(struct jinja_eval *ev, size_t from);
/* value_append() appends text[at, at + n) of the strings to them. */
void value_append(struct jinja_eval *ev, size_t at, size_t n);
void value_append_byte(struct jinja_eval *ev, uint8_t byte);
/* value_append_text() appends the text of a constant.  Returns false for other values. */
bool value_append_text(struct jinja_eval *ev, struct value v);
uint32_t slot_new(struct jinja_eval *ev, struct value v);
void slot_set(struct jinja_eval *ev, uint32_t slot, struct value v);

/* Branches: fork_begin() before the first, fork_branch() behind each, fork_end() behind the last;
 * num: all branches, also those that change nothing. */
struct fork {
    size_t trail, joins;
    size_t slots; /* there were before it */
};
struct fork fork_begin(struct jinja_eval *ev);
void fork_branch(struct jinja_eval *ev, const struct fork *f);
void fork_end(struct jinja_eval *ev, const struct fork *f, uint32_t num);

/* --- jinja_names.c -------------------------------------------------------------------------- */

void jinja_note(struct jinja_eval *ev, enum jinja_note what, struct bytes name);
/* jinja_reach() notes what the attribute or item `key` of a value leads to; dotted: the key is a
 * path, as the filters take it. */
void jinja_reach(struct jinja_eval *ev, struct value key, bool dotted);
/* jinja_check_text() notes names of Python's internals in a text that was computed. */
void jinja_check_text(struct jinja_eval *ev, struct bytes text);
/* jinja_check_fields() notes attributes in the fields of str.format: {0.__class__}. */
void jinja_check_fields(struct jinja_eval *ev, struct value format);
/* jinja_global() is a name that the template does not set. */
struct value jinja_global(struct jinja_eval *ev, struct bytes name);

/* --- jinja_text.c, jinja_filters.c ----------------------------------------------------------- */

struct arguments {
    uint32_t first; /* index of the first value in ev->items */
    uint32_t n;
    uint32_t node; /* the first NODE_ARGUMENT; 0: none */
};
/* argument() is the value of argument i, VALUE_UNSET without it; keyword() by name. */
struct value argument(const struct jinja_eval *ev, const struct arguments *args, uint32_t i);
struct value keyword(const struct jinja_eval *ev, const struct arguments *args, const char *name);

struct value text_literal(struct jinja_eval *ev, struct bytes quoted);
struct value text_slice(struct jinja_eval *ev, struct value v, const struct value part[3]);
struct value text_percent(struct jinja_eval *ev, struct value format, struct value values);
struct value text_format(struct jinja_eval *ev, struct value format, const struct arguments *args);
struct value text_repeat(struct jinja_eval *ev, struct value v, int64_t times);
/* text_function() is a method or filter of a constant string.  Returns false for one that is not
 * computed. */
bool text_function(struct jinja_eval *ev, struct bytes name, struct value v,
                   const struct arguments *args, struct value *out);
struct value text_join(struct jinja_eval *ev, struct value list, struct value separator);

struct value jinja_filter_value(struct jinja_eval *ev, struct bytes name, struct value v,
                                const struct arguments *args);
struct value jinja_method(struct jinja_eval *ev, struct value receiver, struct value name,
                          const struct arguments *args);

/* --- jinja_eval.c, jinja_run.c --------------------------------------------------------------- */

struct value jinja_value(struct jinja_eval *ev, uint32_t node);
struct value jinja_item(struct jinja_eval *ev, struct value base, struct value key);
struct value jinja_expand(struct jinja_eval *ev, uint32_t macro, const struct arguments *args);
/* jinja_stop() ends the evaluation: the template cannot be followed. */
void jinja_stop(struct jinja_eval *ev, const char *why);
bool jinja_step(struct jinja_eval *ev, uint32_t node);
struct variable *jinja_find(struct jinja_eval *ev, struct bytes name);
void jinja_run(struct jinja_eval *ev, uint32_t body);

/* jinja_evaluate() reads the template in the bytes of o and emits anomalies for what it reaches.
 * Returns how the parse ended. */
enum parse_end jinja_evaluate(struct object *o);
#endif
