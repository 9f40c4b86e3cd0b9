/* jinja_parser.c - the expressions of a Jinja template, as jinja2/parser.py reads them. */
#include "jinja_parser.h"

#include <string.h>

bool jinja_refuse(struct jinja_parser *p, const char *why)
{
    if (p->tree->why == NULL) {
        p->tree->why = why;
        p->tree->why_at = p->token.at;
    }
    return false;
}

void jinja_advance(struct jinja_parser *p)
{
    if (p->token.kind != TOKEN_END && p->token.kind != TOKEN_BAD) {
        jinja_next(&p->lexer, &p->token);
    }
}

static bool at(const struct jinja_parser *p, enum jinja_token_kind kind, const char *text)
{
    return p->token.kind == kind && bytes_eq(p->token.text, bytes_of(text));
}

bool jinja_at_op(const struct jinja_parser *p, const char *op) { return at(p, TOKEN_OPERATOR, op); }

bool jinja_at_word(const struct jinja_parser *p, const char *word)
{
    return at(p, TOKEN_NAME, word);
}

bool jinja_accept(struct jinja_parser *p, const char *op)
{
    if (!jinja_at_op(p, op)) {
        return false;
    }
    jinja_advance(p);
    return true;
}

bool jinja_accept_word(struct jinja_parser *p, const char *word)
{
    if (!jinja_at_word(p, word)) {
        return false;
    }
    jinja_advance(p);
    return true;
}

bool jinja_expect(struct jinja_parser *p, const char *op)
{
    return jinja_accept(p, op) || jinja_refuse(p, "the syntax is not Jinja's");
}

/* A node whose text and place are those of the current token; 0 without memory. */
uint32_t jinja_node(struct jinja_parser *p, enum jinja_kind kind)
{
    struct jinja_tree *t = p->tree;
    if (!budget_grow(t->budget, &t->nodes, &t->cap, t->num_nodes + 1, sizeof *t->nodes)) {
        t->stopped = true;
        return 0;
    }

    size_t text_at = p->token.text.p == NULL ? 0 : p->token.at;
    t->nodes[t->num_nodes] = (struct jinja_node){ .kind = (uint8_t)kind,
                                                  .at = (uint32_t)p->token.at,
                                                  .text_at = (uint32_t)text_at,
                                                  .text_n = (uint32_t)p->token.text.n };
    return (uint32_t)t->num_nodes++;
}

struct jinja_node *jinja_at(struct jinja_parser *p, uint32_t node) { return &p->tree->nodes[node]; }

void jinja_append(struct jinja_parser *p, struct jinja_list *list, uint32_t node)
{
    if (list->last == 0) {
        list->first = node;
    } else {
        jinja_at(p, list->last)->next = node;
    }
    list->last = node;
}

/* Makes a node and moves behind its token. */
static bool take(struct jinja_parser *p, enum jinja_kind kind, uint32_t *out)
{
    *out = jinja_node(p, kind);
    jinja_advance(p);
    return *out != 0;
}

static bool parse_condition(struct jinja_parser *p, bool with_condition, uint32_t *out);

bool jinja_expression(struct jinja_parser *p, bool with_condition, uint32_t *out)
{
    if (p->depth >= BOUND_template_depth) {
        return jinja_refuse(p, "nested too deep");
    }
    p->depth++;
    bool ok = parse_condition(p, with_condition, out);
    p->depth--;
    return ok;
}

static bool parse_value(struct jinja_parser *p, uint32_t *out)
{
    return jinja_expression(p, true, out);
}

/* --- primary values -------------------------------------------------------------------------- */

static bool ends_tuple(const struct jinja_parser *p)
{
    return p->token.kind == TOKEN_BLOCK_END || p->token.kind == TOKEN_PRINT_END
           || jinja_at_op(p, ")") || jinja_at_word(p, "in") || jinja_at_op(p, "=");
}

bool jinja_tuple(struct jinja_parser *p, uint32_t *out)
{
    struct jinja_list items = { 0, 0 };
    uint32_t item;
    if (!ends_tuple(p)) {
        if (!parse_value(p, out)) {
            return false;
        }
        if (!jinja_at_op(p, ",")) {
            return true;
        }
        jinja_append(p, &items, *out);
    }

    while (jinja_accept(p, ",") && !ends_tuple(p)) {
        if (!parse_value(p, &item)) {
            return false;
        }
        jinja_append(p, &items, item);
    }

    *out = jinja_node(p, NODE_LIST);
    jinja_at(p, *out)->a = items.first;
    jinja_at(p, *out)->flag = 1;
    return *out != 0;
}

static bool parse_list(struct jinja_parser *p, uint32_t *out)
{
    struct jinja_list items = { 0, 0 };
    uint32_t item;
    if (!take(p, NODE_LIST, out)) {
        return false;
    }

    while (!jinja_at_op(p, "]")) {
        if (!parse_value(p, &item)) {
            return false;
        }
        jinja_append(p, &items, item);
        if (!jinja_accept(p, ",")) {
            break;
        }
    }
    jinja_at(p, *out)->a = items.first;
    return jinja_expect(p, "]");
}

static bool parse_pair(struct jinja_parser *p, uint32_t *out)
{
    uint32_t key = 0, value = 0;
    *out = jinja_node(p, NODE_PAIR);
    if (*out == 0 || !parse_value(p, &key) || !jinja_expect(p, ":") || !parse_value(p, &value)) {
        return false;
    }
    jinja_at(p, *out)->a = key;
    jinja_at(p, *out)->b = value;
    return true;
}

static bool parse_dict(struct jinja_parser *p, uint32_t *out)
{
    struct jinja_list items = { 0, 0 };
    uint32_t item;
    if (!take(p, NODE_DICT, out)) {
        return false;
    }

    while (!jinja_at_op(p, "}")) {
        if (!parse_pair(p, &item)) {
            return false;
        }
        jinja_append(p, &items, item);
        if (!jinja_accept(p, ",")) {
            break;
        }
    }
    jinja_at(p, *out)->a = items.first;
    return jinja_expect(p, "}");
}

/* Literals that follow each other are one string. */
static bool parse_strings(struct jinja_parser *p, uint32_t *out)
{
    uint32_t last, more;
    if (!take(p, NODE_STRING, out)) {
        return false;
    }
    for (last = *out; p->token.kind == TOKEN_STRING; last = more) {
        if (!take(p, NODE_STRING, &more)) {
            return false;
        }
        jinja_at(p, last)->a = more;
    }
    return true;
}

static bool parse_name(struct jinja_parser *p, uint32_t *out)
{
    static const char *const constants[] = { "true", "false", "none", "True", "False", "None" };
    enum jinja_kind kind = NODE_NAME;
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        if (jinja_at_word(p, constants[i])) {
            kind = NODE_CONSTANT;
        }
    }
    return take(p, kind, out);
}

static bool parse_primary(struct jinja_parser *p, uint32_t *out)
{
    switch (p->token.kind) {
    case TOKEN_NAME: return parse_name(p, out);
    case TOKEN_STRING: return parse_strings(p, out);
    case TOKEN_INTEGER: return take(p, NODE_INTEGER, out);
    case TOKEN_FLOAT: return take(p, NODE_NUMBER, out);
    default: break;
    }

    if (jinja_at_op(p, "[")) {
        return parse_list(p, out);
    }
    if (jinja_at_op(p, "{")) {
        return parse_dict(p, out);
    }
    if (!jinja_expect(p, "(")) {
        return false;
    }
    return jinja_tuple(p, out) && jinja_expect(p, ")");
}

/* --- what follows a value -------------------------------------------------------------------- */

/* [i], [a:b:c], [a, b] */
static bool parse_subscript(struct jinja_parser *p, uint32_t *out)
{
    uint32_t part[3] = { 0 };
    size_t n = 0;
    bool is_slice = false;
    if (!take(p, NODE_ITEM, out)) {
        return false;
    }

    while (!jinja_at_op(p, "]")) {
        if (jinja_at_op(p, ":") || jinja_at_op(p, ",")) {
            is_slice |= jinja_at_op(p, ":");
            jinja_advance(p);
            n += n < 2;
            continue;
        }
        if (!parse_value(p, &part[n])) {
            return false;
        }
    }

    struct jinja_node *node = jinja_at(p, *out);
    node->kind = is_slice ? NODE_SLICE : NODE_ITEM;
    node->a = part[0];
    node->b = part[1];
    node->c = part[2];
    return jinja_expect(p, "]");
}

static bool parse_argument(struct jinja_parser *p, uint32_t *out)
{
    uint32_t value;
    *out = jinja_node(p, NODE_ARGUMENT);
    if (*out == 0) {
        return false;
    }

    bool starred = jinja_accept(p, "**") || jinja_accept(p, "*");
    jinja_at(p, *out)->flag = starred;
    struct jinja_lexer ahead = p->lexer;
    struct jinja_token next;
    jinja_next(&ahead, &next);
    bool is_assign = next.kind == TOKEN_OPERATOR && bytes_eq(next.text, BYTES("="));
    if (p->token.kind == TOKEN_NAME && is_assign && !starred) {
        jinja_advance(p);
        jinja_advance(p);
    } else {
        jinja_at(p, *out)->text_n = 0;
    }

    if (!parse_value(p, &value)) {
        return false;
    }
    jinja_at(p, *out)->a = value;
    return true;
}

bool jinja_arguments(struct jinja_parser *p, uint32_t *out)
{
    struct jinja_list items = { 0, 0 };
    uint32_t item;
    if (!jinja_expect(p, "(")) {
        return false;
    }
    while (!jinja_at_op(p, ")")) {
        if (!parse_argument(p, &item)) {
            return false;
        }
        jinja_append(p, &items, item);
        if (!jinja_accept(p, ",")) {
            break;
        }
    }
    *out = items.first;
    return jinja_expect(p, ")");
}

/* The dotted name of a filter or test; the node keeps its last part. */
static bool parse_dotted(struct jinja_parser *p, enum jinja_kind kind, uint32_t *out)
{
    do {
        if (p->token.kind != TOKEN_NAME) {
            return jinja_refuse(p, "the syntax is not Jinja's");
        }
        if (!take(p, kind, out)) {
            return false;
        }
    } while (jinja_accept(p, "."));
    return true;
}

bool jinja_filter(struct jinja_parser *p, uint32_t *out)
{
    uint32_t arguments = 0;
    if (!parse_dotted(p, NODE_FILTER, out)) {
        return false;
    }
    if (jinja_at_op(p, "(") && !jinja_arguments(p, &arguments)) {
        return false;
    }
    jinja_at(p, *out)->a = arguments;
    return true;
}

static bool begins_test_argument(const struct jinja_parser *p)
{
    bool is_word =
        p->token.kind == TOKEN_NAME && !jinja_at_word(p, "else") && !jinja_at_word(p, "or");
    is_word = is_word && !jinja_at_word(p, "and") && !jinja_at_word(p, "is");
    is_word = is_word && !jinja_at_word(p, "if") && !jinja_at_word(p, "in");
    is_word = is_word && !jinja_at_word(p, "not");
    bool is_literal = p->token.kind == TOKEN_STRING || p->token.kind == TOKEN_INTEGER
                      || p->token.kind == TOKEN_FLOAT;
    return is_word || is_literal || jinja_at_op(p, "[") || jinja_at_op(p, "{");
}

static bool parse_steps(struct jinja_parser *p, bool filters, uint32_t *out);

static bool parse_test(struct jinja_parser *p, uint32_t *out)
{
    uint32_t argument = 0;
    jinja_advance(p);
    (void)jinja_accept_word(p, "not"); /* either way it is a truth value */
    if (!parse_dotted(p, NODE_TEST, out)) {
        return false;
    }
    if (jinja_at_op(p, "(")) {
        bool ok = jinja_arguments(p, &argument);
        jinja_at(p, *out)->a = argument;
        return ok;
    }
    if (!begins_test_argument(p)) {
        return true;
    }

    uint32_t node = jinja_node(p, NODE_ARGUMENT);
    if (node == 0 || !parse_primary(p, &argument) || !parse_steps(p, false, &argument)) {
        return false;
    }
    jinja_at(p, node)->text_n = 0;
    jinja_at(p, node)->a = argument;
    jinja_at(p, *out)->a = node;
    return true;
}

static bool parse_attribute(struct jinja_parser *p, uint32_t *out)
{
    jinja_advance(p);
    if (p->token.kind == TOKEN_NAME) {
        return take(p, NODE_ATTRIBUTE, out);
    }
    if (p->token.kind != TOKEN_INTEGER) {
        return jinja_refuse(p, "the syntax is not Jinja's");
    }

    uint32_t index; /* x.0 is x[0] */
    *out = jinja_node(p, NODE_ITEM);
    if (*out == 0 || !take(p, NODE_INTEGER, &index)) {
        return false;
    }
    jinja_at(p, *out)->a = index;
    return true;
}

static bool parse_call(struct jinja_parser *p, uint32_t *out)
{
    uint32_t arguments = 0;
    *out = jinja_node(p, NODE_CALL);
    if (*out == 0 || !jinja_arguments(p, &arguments)) {
        return false;
    }
    jinja_at(p, *out)->a = arguments;
    return true;
}

static bool parse_step(struct jinja_parser *p, bool filters, uint32_t *step)
{
    *step = 0;
    if (jinja_at_op(p, ".")) {
        return parse_attribute(p, step);
    }
    if (jinja_at_op(p, "[")) {
        return parse_subscript(p, step);
    }
    if (jinja_at_op(p, "(")) {
        return parse_call(p, step);
    }
    if (filters && jinja_accept(p, "|")) {
        return jinja_filter(p, step);
    }
    return !filters || !jinja_at_word(p, "is") || parse_test(p, step);
}

/* Replaces *out by the path that begins with it, if steps follow. */
static bool parse_steps(struct jinja_parser *p, bool filters, uint32_t *out)
{
    struct jinja_list steps = { 0, 0 };
    uint32_t step;
    uint32_t path = jinja_node(p, NODE_PATH);
    do {
        if (path == 0 || !parse_step(p, filters, &step)) {
            return false;
        }
        if (step != 0) {
            jinja_append(p, &steps, step);
        }
    } while (step != 0);

    if (steps.first != 0) {
        jinja_at(p, path)->a = *out;
        jinja_at(p, path)->b = steps.first;
        *out = path;
    }
    return true;
}

static bool parse_unary(struct jinja_parser *p, uint32_t *out)
{
    uint32_t node = 0;
    while (jinja_at_op(p, "-") || jinja_at_op(p, "+")) {
        if (!take(p, NODE_NEGATE, &node)) {
            return false;
        }
    }
    if (!parse_primary(p, out) || !parse_steps(p, true, out)) {
        return false;
    }
    if (node != 0) {
        jinja_at(p, node)->a = *out;
        *out = node;
    }
    return true;
}

/* --- operators ------------------------------------------------------------------------------- */

/* The operators of one level, from the one that binds least. */
static const struct {
    const char *ops[8];
    enum jinja_kind kind;
} levels[] = { { { "or" }, NODE_CHOICE },
               { { "and" }, NODE_CHOICE },
               { { "==", "!=", ">", ">=", "<", "<=", "in" }, NODE_TRUTH },
               { { "+", "-" }, NODE_MATH },
               { { "~" }, NODE_CONCAT },
               { { "*", "//", "/", "%" }, NODE_MATH },
               { { "**" }, NODE_MATH } };
enum { NUM_LEVELS = sizeof levels / sizeof levels[0], LEVEL_COMPARE = 2 };

/* `not in`, of which `not` is dropped. */
static void skip_not(struct jinja_parser *p)
{
    struct jinja_lexer ahead = p->lexer;
    struct jinja_token next;
    jinja_next(&ahead, &next);
    bool is_in = next.kind == TOKEN_NAME && bytes_eq(next.text, BYTES("in"));
    if (jinja_at_word(p, "not") && is_in) {
        jinja_advance(p);
    }
}

static bool at_level(struct jinja_parser *p, unsigned level)
{
    if (level == LEVEL_COMPARE) {
        skip_not(p);
    }
    for (size_t i = 0; i < 8 && levels[level].ops[i] != NULL; i++) {
        if (jinja_at_op(p, levels[level].ops[i]) || jinja_at_word(p, levels[level].ops[i])) {
            return true;
        }
    }
    return false;
}

static bool parse_level(struct jinja_parser *p, unsigned level, uint32_t *out);

/* Behind an operator: the operand, with the operator where it matters. */
static bool parse_operand(struct jinja_parser *p, unsigned level, uint32_t *out)
{
    uint32_t value;
    if (levels[level].kind != NODE_MATH) {
        jinja_advance(p);
        return parse_level(p, level + 1, out);
    }
    if (!take(p, NODE_OPERAND, out) || !parse_level(p, level + 1, &value)) {
        return false;
    }
    jinja_at(p, *out)->a = value;
    return true;
}

static bool parse_chain(struct jinja_parser *p, unsigned level, uint32_t *out)
{
    uint32_t node = jinja_node(p, levels[level].kind);
    bool is_math = levels[level].kind == NODE_MATH;
    struct jinja_list operands = { 0, 0 };
    uint32_t operand;
    if (!is_math) {
        jinja_append(p, &operands, *out);
    }

    while (at_level(p, level)) {
        if (node == 0 || !parse_operand(p, level, &operand)) {
            return false;
        }
        jinja_append(p, &operands, operand);
    }
    jinja_at(p, node)->a = is_math ? *out : operands.first;
    jinja_at(p, node)->b = is_math ? operands.first : 0;
    *out = node;
    return node != 0;
}

/* `not` binds less than comparisons. */
static bool parse_not(struct jinja_parser *p, uint32_t *out)
{
    uint32_t node, value;
    if (!take(p, NODE_TRUTH, &node)) {
        return false;
    }
    while (jinja_accept_word(p, "not")) {
    }
    if (!parse_level(p, LEVEL_COMPARE, &value)) {
        return false;
    }
    jinja_at(p, node)->a = value;
    *out = node;
    return true;
}

static bool parse_level(struct jinja_parser *p, unsigned level, uint32_t *out)
{
    if (level == NUM_LEVELS) {
        return parse_unary(p, out);
    }
    if (level == LEVEL_COMPARE && jinja_at_word(p, "not")) {
        return parse_not(p, out);
    }
    return parse_level(p, level + 1, out) && (!at_level(p, level) || parse_chain(p, level, out));
}

/* VALUE if TEST else VALUE, as one chain. */
static bool parse_condition(struct jinja_parser *p, bool with_condition, uint32_t *out)
{
    if (!parse_level(p, 0, out)) {
        return false;
    }
    while (with_condition && jinja_accept_word(p, "if")) {
        uint32_t node = jinja_node(p, NODE_IF_ELSE);
        uint32_t test;
        uint32_t other = 0;
        if (node == 0 || !parse_level(p, 0, &test)) {
            return false;
        }
        if (jinja_accept_word(p, "else") && !parse_value(p, &other)) {
            return false;
        }
        jinja_at(p, node)->a = test;
        jinja_at(p, node)->b = *out;
        jinja_at(p, node)->c = other;
        *out = node;
    }
    return true;
}
