/* load_operator.c - reads the operators of a match object and their values. */
#include "build.h"

#include <cjson/cJSON.h>
#include <string.h>

#define MAX_EXACT 9007199254740992.0 /* 2^53, up to which a double holds every integer */

bool build_node(struct loader *l, const struct node *n, uint32_t *out)
{
    struct node *slot = vec_add(&l->nodes, sizeof *slot);
    if (slot == NULL) {
        return load_nomem(l);
    }
    *slot = *n;
    *out = (uint32_t)(l->nodes.num - 1);
    return true;
}

static bool read_number(struct loader *l, const cJSON *c, uint64_t *out)
{
    bool in_range = cJSON_IsNumber(c) && c->valuedouble >= 0 && c->valuedouble <= MAX_EXACT;
    if (!in_range || (double)(uint64_t)c->valuedouble < c->valuedouble) {
        return load_fail(l, "a whole number from 0 to 2^53 is needed");
    }
    *out = (uint64_t)c->valuedouble;
    return true;
}

static bool read_text(struct loader *l, const cJSON *c, struct pool_text *out)
{
    if (!cJSON_IsString(c)) {
        return load_fail(l, "text is needed");
    }
    return build_text(l, c->valuestring, out);
}

static bool add_value(struct loader *l, const cJSON *c, const struct fact_field *f, struct node *n)
{
    struct value v = { { 0, 0 }, 0 };
    if (f->type == FIELD_NUM && !read_number(l, c, &v.num)) {
        return false;
    }
    if (f->type != FIELD_NUM && !read_text(l, c, &v.text)) {
        return false;
    }

    struct value *slot = vec_add(&l->values, sizeof *slot);
    if (slot == NULL) {
        return load_nomem(l);
    }

    *slot = v;
    n->count++;
    return true;
}

static bool read_eq(struct loader *l, const cJSON *c, const struct fact_field *f, struct node *n)
{
    n->first = (uint32_t)l->values.num;
    return add_value(l, c, f, n);
}

static bool read_in(struct loader *l, const cJSON *c, const struct fact_field *f, struct node *n)
{
    size_t i = 0;
    n->first = (uint32_t)l->values.num;
    if (!cJSON_IsArray(c) || c->child == NULL) {
        return load_fail(l, "an array with something in it is needed");
    }

    for (const cJSON *v = c->child; v != NULL; v = v->next, i++) {
        size_t mark = pointer_enter_index(l, i);
        if (!add_value(l, v, f, n)) {
            return false;
        }
        pointer_leave(l, mark);
    }

    return true;
}

static bool read_in_list(struct loader *l, const cJSON *c, const struct fact_field *f,
                         struct node *n)
{
    (void)f; /* one signature for all operators */
    if (!read_text(l, c, &n->text)) {
        return false;
    }

    const struct list *list = loader_list(l, c->valuestring);
    if (list == NULL || list->kind != LIST_PLAIN) {
        return load_fail(l, "no plain list '%s'", c->valuestring);
    }

    return true;
}

static bool read_re(struct loader *l, const cJSON *c, const struct fact_field *f, struct node *n)
{
    char reason[256];
    struct pool_text text;
    (void)f; /* one signature for all operators */
    if (!read_text(l, c, &text)) {
        return false;
    }
    if (!pattern_check(c->valuestring, reason, sizeof reason)) {
        return load_fail(l, "bad pattern: %s", reason);
    }

    struct pool_text *slot = vec_add(&l->patterns, sizeof *slot);
    if (slot == NULL) {
        return load_nomem(l);
    }

    *slot = text;
    n->first = (uint32_t)(l->patterns.num - 1);
    return true;
}

static bool read_prefix(struct loader *l, const cJSON *c, const struct fact_field *f,
                        struct node *n)
{
    (void)f; /* one signature for all operators */
    return read_text(l, c, &n->text);
}

static bool read_bound(struct loader *l, const cJSON *c, const struct fact_field *f, struct node *n)
{
    (void)f; /* one signature for all operators */
    return read_number(l, c, &n->num);
}

static bool read_field(struct loader *l, const cJSON *c, const struct fact_field *f, struct node *n)
{
    const struct fact_field *other = NULL;
    if (cJSON_IsString(c)) {
        other = fact_field_find(f->kind, bytes_of(c->valuestring));
    }
    if (other == NULL || other->type != FIELD_NUM) {
        return load_fail(l, "a number field of the same fact is needed");
    }

    n->num = (uint64_t)(other - fact_fields);
    return true;
}

enum { FOR_TEXT = 1, FOR_NUM = 2 };

static const struct operator_row {
    const char *name;
    unsigned types; /* FOR_* bits of the fields that it is for */
    enum node_op op;
    bool (*read)(struct loader *, const cJSON *, const struct fact_field *, struct node *);
} operators[] = {
    { "eq", FOR_TEXT | FOR_NUM, NODE_EQ, read_eq },
    { "in", FOR_TEXT | FOR_NUM, NODE_IN, read_in },
    { "in_list", FOR_TEXT, NODE_IN_LIST, read_in_list },
    { "re", FOR_TEXT, NODE_RE, read_re },
    { "prefix", FOR_TEXT, NODE_PREFIX, read_prefix },
    { "gt", FOR_NUM, NODE_GT, read_bound },
    { "ge", FOR_NUM, NODE_GE, read_bound },
    { "lt", FOR_NUM, NODE_LT, read_bound },
    { "gt_field", FOR_NUM, NODE_GT_FIELD, read_field },
};

static const struct operator_row *find_operator(const char *name)
{
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (strcmp(operators[i].name, name) == 0) {
            return &operators[i];
        }
    }
    return NULL;
}

bool load_operator(struct loader *l, const cJSON *c, const struct fact_field *f, uint32_t *out)
{
    const struct operator_row *op = find_operator(c->string);
    if (op == NULL) {
        return load_fail(l, "unknown operator '%s'", c->string);
    }

    size_t mark = pointer_enter(l, c->string);
    bool is_num = f->type == FIELD_NUM;
    if ((op->types & (is_num ? FOR_NUM : FOR_TEXT)) == 0) {
        return load_fail(l, "'%s' is a %s field", f->name, is_num ? "number" : "text");
    }

    struct node n = { .op = (uint32_t)op->op, .field = (uint32_t)(f - fact_fields) };
    if (!op->read(l, c, f, &n) || !build_node(l, &n, out)) {
        return false;
    }

    pointer_leave(l, mark);
    return true;
}
