/* jinja_statements.c - the statements of a Jinja template: {% if %}, {% for %}, {% set %} ...
 *
 * Those of jinja2/parser.py, of its extensions do and loopcontrols, and {% generation %} of
 * transformers. */
#include "jinja_parser.h"

static const char bad_syntax[] = "the syntax is not Jinja's";

static bool parse_body(struct jinja_parser *p, uint32_t *out);

static bool at_block_end(struct jinja_parser *p)
{
    return p->token.kind == TOKEN_BLOCK_END || jinja_refuse(p, bad_syntax);
}

static bool end_block(struct jinja_parser *p)
{
    if (!at_block_end(p)) {
        return false;
    }
    jinja_advance(p);
    return true;
}

/* {% WORD ... %}, of which the name of a block may follow. */
static bool end_tag(struct jinja_parser *p, const char *word)
{
    if (!jinja_accept_word(p, word)) {
        return jinja_refuse(p, bad_syntax);
    }
    if (p->token.kind == TOKEN_NAME) {
        jinja_advance(p);
    }
    return end_block(p);
}

/* The body behind the tag at hand, and the tag that ends it. */
static bool body_until(struct jinja_parser *p, const char *word, uint32_t *out)
{
    return end_block(p) && parse_body(p, out) && end_tag(p, word);
}

/* a | a, b | (a, b) | ns.a */
static bool parse_target(struct jinja_parser *p, uint32_t *out)
{
    struct jinja_list names = { 0, 0 };
    bool in_brackets = jinja_accept(p, "(");
    do {
        uint32_t name = jinja_node(p, NODE_NAME);
        uint32_t attribute = 0;
        if (name == 0 || p->token.kind != TOKEN_NAME) {
            return jinja_refuse(p, bad_syntax);
        }
        jinja_advance(p);
        if (jinja_accept(p, ".")) {
            attribute = jinja_node(p, NODE_ATTRIBUTE);
            jinja_advance(p);
        }
        jinja_at(p, name)->a = attribute;
        jinja_append(p, &names, name);
    } while (jinja_accept(p, ",") && p->token.kind == TOKEN_NAME);

    *out = names.first;
    return !in_brackets || jinja_expect(p, ")");
}

/* `if TEST` and `elif TEST`, or `else`: the part up to the next of these. */
static bool parse_branch(struct jinja_parser *p, bool has_test, uint32_t *out)
{
    uint32_t test = 0, body = 0;
    *out = jinja_node(p, NODE_BRANCH);
    jinja_advance(p);
    if (*out == 0 || (has_test && !jinja_tuple(p, &test))) {
        return false;
    }
    if (!end_block(p) || !parse_body(p, &body)) {
        return false;
    }
    jinja_at(p, *out)->a = test;
    jinja_at(p, *out)->b = body;
    return true;
}

static bool parse_if(struct jinja_parser *p, uint32_t node)
{
    struct jinja_list branches = { 0, 0 };
    uint32_t branch;
    bool has_test = true;
    while (has_test || jinja_at_word(p, "else")) {
        has_test = !jinja_at_word(p, "else");
        if (!parse_branch(p, has_test, &branch)) {
            return false;
        }
        jinja_append(p, &branches, branch);
        has_test = jinja_at_word(p, "elif");
    }
    jinja_at(p, node)->a = branches.first;
    return end_tag(p, "endif");
}

/* Behind the iterable: the condition, the body, what stands for no rounds. */
static bool parse_round(struct jinja_parser *p, uint32_t *out)
{
    uint32_t test = 0, body = 0, other = 0;
    *out = jinja_node(p, NODE_ROUND);
    if (*out == 0 || (jinja_accept_word(p, "if") && !jinja_expression(p, true, &test))) {
        return false;
    }
    (void)jinja_accept_word(p, "recursive");
    if (!end_block(p) || !parse_body(p, &body)) {
        return false;
    }
    if (jinja_accept_word(p, "else") && (!end_block(p) || !parse_body(p, &other))) {
        return false;
    }
    jinja_at(p, *out)->a = test;
    jinja_at(p, *out)->b = body;
    jinja_at(p, *out)->c = other;
    return end_tag(p, "endfor");
}

/* for TARGET in VALUE [if TEST] [recursive] */
static bool parse_for(struct jinja_parser *p, uint32_t node)
{
    uint32_t target, iterable, round;
    bool outer_jumped = p->jumped;
    p->jumped = false;
    jinja_advance(p);
    if (!parse_target(p, &target) || !jinja_accept_word(p, "in")) {
        return jinja_refuse(p, bad_syntax);
    }
    if (!jinja_expression(p, false, &iterable)) {
        return false;
    }
    if (jinja_at_op(p, ",")) {
        return jinja_refuse(p, "a loop over values without brackets");
    }
    if (!parse_round(p, &round)) {
        return false;
    }

    jinja_at(p, node)->a = target;
    jinja_at(p, node)->b = iterable;
    jinja_at(p, node)->c = round;
    jinja_at(p, node)->flag = p->jumped;
    p->jumped = outer_jumped;
    return true;
}

/* | FILTER | FILTER */
static bool parse_filters(struct jinja_parser *p, uint32_t *out)
{
    struct jinja_list filters = { 0, 0 };
    uint32_t filter;
    while (jinja_accept(p, "|")) {
        if (!jinja_filter(p, &filter)) {
            return false;
        }
        jinja_append(p, &filters, filter);
    }
    *out = filters.first;
    return true;
}

static bool parse_set(struct jinja_parser *p, uint32_t node)
{
    uint32_t target = 0, value = 0, body = 0;
    jinja_advance(p);
    if (!parse_target(p, &target)) {
        return false;
    }

    bool is_block = !jinja_accept(p, "=");
    if (is_block) {
        if (!parse_filters(p, &value) || !body_until(p, "endset", &body)) {
            return false;
        }
    } else if (!jinja_tuple(p, &value) || !end_block(p)) {
        return false;
    }

    struct jinja_node *n = jinja_at(p, node);
    n->kind = is_block ? NODE_SET_BLOCK : NODE_SET;
    n->a = target;
    n->b = value;
    n->c = body;
    return true;
}

/* (a, b=1): NODE_ARGUMENT with the name as text */
static bool parse_parameters(struct jinja_parser *p, uint32_t *out)
{
    struct jinja_list items = { 0, 0 };
    *out = 0;
    if (!jinja_accept(p, "(")) {
        return true;
    }
    while (!jinja_at_op(p, ")")) {
        uint32_t item = jinja_node(p, NODE_ARGUMENT);
        uint32_t value = 0;
        if (item == 0 || p->token.kind != TOKEN_NAME) {
            return jinja_refuse(p, bad_syntax);
        }
        jinja_advance(p);
        if (jinja_accept(p, "=") && !jinja_expression(p, true, &value)) {
            return false;
        }
        jinja_at(p, item)->a = value;
        jinja_append(p, &items, item);
        if (!jinja_accept(p, ",")) {
            break;
        }
    }
    *out = items.first;
    return jinja_expect(p, ")");
}

static bool parse_macro(struct jinja_parser *p, uint32_t node)
{
    uint32_t parameters, body;
    jinja_advance(p);
    struct jinja_token name = p->token;
    if (name.kind != TOKEN_NAME) {
        return jinja_refuse(p, bad_syntax);
    }
    jinja_advance(p);
    if (!parse_parameters(p, &parameters) || !body_until(p, "endmacro", &body)) {
        return false;
    }

    struct jinja_node *n = jinja_at(p, node);
    n->text_at = (uint32_t)name.at;
    n->text_n = (uint32_t)name.text.n;
    n->a = parameters;
    n->b = body;
    return true;
}

static bool parse_call_block(struct jinja_parser *p, uint32_t node)
{
    uint32_t parameters, call, body;
    jinja_advance(p);
    if (!parse_parameters(p, &parameters) || !jinja_expression(p, true, &call)
        || !body_until(p, "endcall", &body)) {
        return false;
    }
    struct jinja_node *n = jinja_at(p, node);
    n->a = parameters;
    n->b = call;
    n->c = body;
    return true;
}

static bool parse_filter_block(struct jinja_parser *p, uint32_t node)
{
    uint32_t first, more, body;
    jinja_advance(p);
    if (!jinja_filter(p, &first) || !parse_filters(p, &more)
        || !body_until(p, "endfilter", &body)) {
        return false;
    }
    jinja_at(p, first)->next = more;
    jinja_at(p, node)->b = first;
    jinja_at(p, node)->c = body;
    return true;
}

/* with a = 1, b = 2 */
static bool parse_with(struct jinja_parser *p, uint32_t node)
{
    struct jinja_list sets = { 0, 0 };
    uint32_t body;
    jinja_advance(p);
    while (p->token.kind == TOKEN_NAME || jinja_accept(p, ",")) {
        uint32_t set = jinja_node(p, NODE_SET);
        uint32_t target = jinja_node(p, NODE_NAME);
        uint32_t value;
        if (set == 0 || target == 0) {
            return false;
        }
        jinja_advance(p);
        if (!jinja_expect(p, "=") || !jinja_expression(p, true, &value)) {
            return false;
        }
        jinja_at(p, set)->a = target;
        jinja_at(p, set)->b = value;
        jinja_append(p, &sets, set);
    }
    if (!body_until(p, "endwith", &body)) {
        return false;
    }
    jinja_at(p, node)->a = sets.first;
    jinja_at(p, node)->b = body;
    return true;
}

/* Blocks whose body is only put in its place: what stands in the tag is of no effect here. */
static bool parse_plain(struct jinja_parser *p, uint32_t node, const char *end)
{
    uint32_t body;
    jinja_advance(p);
    while (p->token.kind == TOKEN_NAME) { /* a block's name; true or false of autoescape */
        jinja_advance(p);
    }
    if (!body_until(p, end, &body)) {
        return false;
    }
    jinja_at(p, node)->kind = NODE_WITH;
    jinja_at(p, node)->b = body;
    return true;
}

/* include, import, from, extends: what is loaded is not followed, and neither are its names. */
static bool parse_load(struct jinja_parser *p, uint32_t node)
{
    uint32_t name;
    jinja_advance(p);
    if (!jinja_expression(p, true, &name)) {
        return false;
    }
    while (p->token.kind == TOKEN_NAME || jinja_at_op(p, ",")) {
        jinja_advance(p);
    }
    jinja_at(p, node)->a = name;
    return end_block(p);
}

static bool parse_do(struct jinja_parser *p, uint32_t node)
{
    uint32_t value;
    jinja_advance(p);
    if (!jinja_tuple(p, &value)) {
        return false;
    }
    jinja_at(p, node)->a = value;
    return end_block(p);
}

static bool parse_jump(struct jinja_parser *p, uint32_t node)
{
    (void)node; /* remains without effect */
    p->jumped = true;
    jinja_advance(p);
    return end_block(p);
}

static bool parse_raw(struct jinja_parser *p, uint32_t node)
{
    struct jinja_token raw;
    jinja_advance(p);
    if (!at_block_end(p) || !jinja_raw(&p->lexer, &raw)) {
        return jinja_refuse(p, bad_syntax);
    }
    jinja_at(p, node)->text_at = (uint32_t)raw.at;
    jinja_at(p, node)->text_n = (uint32_t)raw.text.n;
    jinja_advance(p);
    return true;
}

static const struct {
    const char *word;
    enum jinja_kind kind;
    bool (*parse)(struct jinja_parser *p, uint32_t node);
} statements[] = { { "if", NODE_IF, parse_if },
                   { "for", NODE_FOR, parse_for },
                   { "set", NODE_SET, parse_set },
                   { "macro", NODE_MACRO, parse_macro },
                   { "call", NODE_CALL_BLOCK, parse_call_block },
                   { "filter", NODE_FILTER_BLOCK, parse_filter_block },
                   { "with", NODE_WITH, parse_with },
                   { "include", NODE_LOAD, parse_load },
                   { "import", NODE_LOAD, parse_load },
                   { "from", NODE_LOAD, parse_load },
                   { "extends", NODE_LOAD, parse_load },
                   { "do", NODE_DO, parse_do },
                   { "break", NODE_NONE, parse_jump },
                   { "continue", NODE_NONE, parse_jump },
                   { "raw", NODE_TEXT, parse_raw } };

static const struct {
    const char *word;
    const char *end;
} plain_blocks[] = { { "generation", "endgeneration" },
                     { "block", "endblock" },
                     { "autoescape", "endautoescape" } };

/* Words that end the body around them. */
static bool at_end_word(const struct jinja_parser *p)
{
    struct bytes word = p->token.text;
    bool is_other = jinja_at_word(p, "else") || jinja_at_word(p, "elif");
    return is_other || (p->token.kind == TOKEN_NAME && bytes_start(word, BYTES("end")));
}

static bool parse_statement(struct jinja_parser *p, uint32_t *out)
{
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        if (jinja_at_word(p, statements[i].word)) {
            *out = jinja_node(p, statements[i].kind);
            return *out != 0 && statements[i].parse(p, *out);
        }
    }
    for (size_t i = 0; i < sizeof plain_blocks / sizeof plain_blocks[0]; i++) {
        if (jinja_at_word(p, plain_blocks[i].word)) {
            *out = jinja_node(p, NODE_WITH);
            return *out != 0 && parse_plain(p, *out, plain_blocks[i].end);
        }
    }
    return jinja_refuse(p, "a statement that is not known");
}

static bool parse_output(struct jinja_parser *p, uint32_t *out)
{
    uint32_t value;
    *out = jinja_node(p, NODE_OUTPUT);
    jinja_advance(p);
    if (*out == 0 || !jinja_tuple(p, &value)) {
        return false;
    }
    if (p->token.kind != TOKEN_PRINT_END) {
        return jinja_refuse(p, bad_syntax);
    }
    jinja_at(p, *out)->a = value;
    jinja_advance(p);
    return true;
}

/* One statement, text or value.  *out is 0 before a word that ends the body, and at the end. */
static bool parse_one(struct jinja_parser *p, uint32_t *out)
{
    *out = 0;
    switch (p->token.kind) {
    case TOKEN_END: return true;
    case TOKEN_PRINT: return parse_output(p, out);
    case TOKEN_TEXT:
        *out = jinja_node(p, NODE_TEXT);
        jinja_advance(p);
        return *out != 0;
    case TOKEN_BLOCK: jinja_advance(p); return at_end_word(p) || parse_statement(p, out);
    default: return jinja_refuse(p, bad_syntax);
    }
}

static bool parse_body(struct jinja_parser *p, uint32_t *out)
{
    struct jinja_list list = { 0, 0 };
    uint32_t node;
    if (p->depth >= BOUND_template_depth) {
        return jinja_refuse(p, "nested too deep");
    }
    p->depth++;
    do {
        if (!parse_one(p, &node)) {
            return false;
        }
        if (node != 0) {
            jinja_append(p, &list, node);
        }
    } while (node != 0);
    p->depth--;
    *out = list.first;
    return true;
}

bool jinja_parse(struct jinja_tree *t)
{
    struct jinja_parser p = { .tree = t, .lexer = { .text = t->text } };
    if (!budget_grow(t->budget, &t->nodes, &t->cap, 1, sizeof *t->nodes)) {
        t->stopped = true;
        return false;
    }
    t->num_nodes = 1;
    jinja_next(&p.lexer, &p.token);
    bool ok = parse_body(&p, &t->root);
    return ok && (p.token.kind == TOKEN_END || jinja_refuse(&p, bad_syntax));
}

void jinja_tree_done(struct jinja_tree *t)
{
    budget_free(t->budget, t->nodes, t->cap * sizeof *t->nodes);
}
