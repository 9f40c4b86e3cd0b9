/* jinja_parser.h - what the two halves of the Jinja parser share. */
#ifndef MA_MODEL_CONFIG_JINJA_PARSER_H
#define MA_MODEL_CONFIG_JINJA_PARSER_H
#include "jinja_tree.h"

struct jinja_parser {
    struct jinja_tree *tree;
    struct jinja_lexer lexer;
    struct jinja_token token; /* the current one */
    unsigned depth; /* expressions and blocks that are open */
    bool jumped; /* break or continue in the innermost loop */
};

/* A list under construction. */
struct jinja_list {
    uint32_t first; /* 0: empty */
    uint32_t last;
};

/* jinja_refuse() remembers why the template cannot be followed, and where.  Returns false. */
bool jinja_refuse(struct jinja_parser *p, const char *why);
void jinja_advance(struct jinja_parser *p);
bool jinja_at_op(const struct jinja_parser *p, const char *op);
bool jinja_at_word(const struct jinja_parser *p, const char *word);
/* jinja_accept() and jinja_accept_word() move behind the current token if it is this one. */
bool jinja_accept(struct jinja_parser *p, const char *op);
bool jinja_accept_word(struct jinja_parser *p, const char *word);
MUST_CHECK bool jinja_expect(struct jinja_parser *p, const char *op);

/* jinja_node() appends a node with the text and the place of the current token.  Returns 0 without
 * memory. */
MUST_CHECK uint32_t jinja_node(struct jinja_parser *p, enum jinja_kind kind);
/* jinja_at() returns a node, until the next one is made. */
struct jinja_node *jinja_at(struct jinja_parser *p, uint32_t node);
void jinja_append(struct jinja_parser *p, struct jinja_list *list, uint32_t node);

/* The parts of statements; each reads from the current token on and returns false where the
 * template cannot be followed.  jinja_tuple() reads `a`, or `a, b` as a NODE_LIST; jinja_filter()
 * reads a filter behind its bar; jinja_arguments() the arguments of a call, with parentheses. */
MUST_CHECK bool jinja_expression(struct jinja_parser *p, bool with_condition, uint32_t *out);
MUST_CHECK bool jinja_tuple(struct jinja_parser *p, uint32_t *out);
MUST_CHECK bool jinja_filter(struct jinja_parser *p, uint32_t *out);
MUST_CHECK bool jinja_arguments(struct jinja_parser *p, uint32_t *out);
#endif
