/* jinja_tree.h - a Jinja template as tokens and as a tree. */
#ifndef MA_MODEL_CONFIG_JINJA_TREE_H
#define MA_MODEL_CONFIG_JINJA_TREE_H
#include "../base/budget.h"

enum jinja_token_kind {
    TOKEN_TEXT, /* what is written as it is */
    TOKEN_BLOCK, /* {% */
    TOKEN_BLOCK_END,
    TOKEN_PRINT, /* {{ */
    TOKEN_PRINT_END,
    TOKEN_NAME,
    TOKEN_STRING, /* with its quotes */
    TOKEN_INTEGER,
    TOKEN_FLOAT,
    TOKEN_OPERATOR,
    TOKEN_END,
    TOKEN_BAD /* Jinja refuses the text here */
};

struct jinja_token {
    enum jinja_token_kind kind;
    struct bytes text; /* borrowed from the template */
    size_t at; /* offset in the template */
};

struct jinja_lexer {
    struct bytes text;
    size_t pos; /* of the next token */
    enum { LEX_TEXT, LEX_BLOCK, LEX_PRINT } mode;
    unsigned brackets; /* that are open in this tag */
};

/* jinja_next() reads the next token into *out.  After TOKEN_END and TOKEN_BAD each call returns the
 * same kind again. */
void jinja_next(struct jinja_lexer *lx, struct jinja_token *out);

/* jinja_raw() moves behind {% endraw %} and sets *out to what stands before it.  Returns false
 * without one.  The lexer has just read the end of {% raw %}. */
bool jinja_raw(struct jinja_lexer *lx, struct jinja_token *out);

/* Kinds of nodes, with the children that they have.  A list is chained by `next`. */
enum jinja_kind {
    NODE_NONE,
    /* expressions */
    NODE_NAME, /* text */
    NODE_STRING, /* text: with quotes; a: the literal behind it, which is appended */
    NODE_INTEGER, /* text */
    NODE_NUMBER, /* a float */
    NODE_CONSTANT, /* true, false, none */
    NODE_LIST, /* a: items; flag: a tuple */
    NODE_DICT, /* a: list of pairs */
    NODE_PAIR, /* a: key, b: value */
    NODE_IF_ELSE, /* a: test, b: value, c: value otherwise or 0 */
    NODE_CHOICE, /* and, or; a: operands */
    NODE_TRUTH, /* not, comparisons; a: operands */
    NODE_NEGATE, /* a */
    NODE_MATH, /* a: first operand, b: list of NODE_OPERAND */
    NODE_OPERAND, /* text: operator, a: operand */
    NODE_CONCAT, /* a: operands of ~ */
    NODE_PATH, /* a: value, b: list of the steps that follow */
    NODE_ATTRIBUTE, /* step .text */
    NODE_ITEM, /* step [a] */
    NODE_SLICE, /* step [a:b:c] */
    NODE_CALL, /* step (a: arguments) */
    NODE_FILTER, /* step |text(a: arguments) */
    NODE_TEST, /* step `is text a`, arguments in a */
    NODE_ARGUMENT, /* text: keyword, or none; a: value; flag: after * or ** */
    /* statements */
    NODE_TEXT, /* text */
    NODE_OUTPUT, /* a */
    NODE_IF, /* a: list of NODE_BRANCH */
    NODE_BRANCH, /* a: test, 0 for else; b: body */
    NODE_FOR, /* a: target, b: iterable, c: NODE_ROUND; flag: break or continue inside */
    NODE_ROUND, /* a: condition or 0, b: body, c: body of else */
    NODE_SET, /* a: target, b: value */
    NODE_SET_BLOCK, /* a: target, b: filters, c: body */
    NODE_MACRO, /* text: name, a: parameters (NODE_ARGUMENT), b: body */
    NODE_CALL_BLOCK, /* a: parameters, b: call, c: body */
    NODE_FILTER_BLOCK, /* b: filters, c: body */
    NODE_WITH, /* a: list of NODE_SET, b: body; other blocks, too */
    NODE_LOAD, /* include, import, from, extends: a: name of the template */
    NODE_DO /* a */
};

struct jinja_node {
    uint8_t kind; /* enum jinja_kind */
    uint8_t flag; /* see the kinds */
    uint8_t noted; /* anomalies that were reported here; a set of bits */
    uint32_t a; /* this and the next two: children; 0: none */
    uint32_t b;
    uint32_t c;
    uint32_t next; /* in the list that it is part of; 0: the last */
    uint32_t at; /* offset in the template */
    uint32_t text_at; /* the text of the node, in the template */
    uint32_t text_n;
};

struct jinja_tree {
    struct bytes text; /* the template; borrowed */
    struct budget *budget;
    struct jinja_node *nodes; /* nodes[0] is NODE_NONE */
    size_t num_nodes;
    size_t cap;
    uint32_t root; /* the first statement */
    const char *why; /* static text: what could not be followed; NULL: nothing */
    size_t why_at; /* where, in the template */
    bool stopped; /* the budget or the memory did not suffice */
};

/* jinja_parse() makes the tree of t->text, which is shorter than 4 GiB; the rest of *t is zero
 * except budget.  Returns false, with `why` or `stopped` set, for what Jinja refuses and beyond
 * limits.  jinja_tree_done() frees the tree in either case. */
MUST_CHECK bool jinja_parse(struct jinja_tree *t);
void jinja_tree_done(struct jinja_tree *t);

static inline struct bytes jinja_text(const struct jinja_tree *t, const struct jinja_node *n)
{
    return bytes_sub(t->text, n->text_at, n->text_n);
}
#endif
