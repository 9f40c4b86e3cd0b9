/* load_match.c - reads the match object of a rule as nodes.
 *
 * {"fact": "call", CONDITION} where CONDITION is one of
 *     "all": [{CONDITION}...]   "any": [...]   "not": {CONDITION}
 *     FIELD: {OPERATOR: value, ...}            all of the operators hold
 *
 * Names and types of fields are those of facts.def.  callee (of call) and global (of import) are
 * module and name together; their operator is in_list, and "as" names another operation than the
 * fact's own. */
#include "build.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static bool parse_condition(struct loader *l, const cJSON *o, enum fact_kind kind, int depth,
                            uint32_t *out);

/* The kids of a node are adjacent: they are added when all of them are known. */
static bool add_branch(struct loader *l, enum node_op op, const struct vec *kids, uint32_t *out)
{
    struct node n = { .op = (uint32_t)op,
                      .first = (uint32_t)l->kids.num,
                      .count = (uint32_t)kids->num };
    for (size_t i = 0; i < kids->num; i++) {
        uint32_t *slot = vec_add(&l->kids, sizeof *slot);
        if (slot == NULL) {
            return load_nomem(l);
        }
        *slot = ((const uint32_t *)kids->p)[i];
    }

    return build_node(l, &n, out);
}

static bool add_kid(struct loader *l, struct vec *kids, uint32_t kid)
{
    uint32_t *slot = vec_add(kids, sizeof *slot);
    if (slot == NULL) {
        return load_nomem(l);
    }
    *slot = kid;
    return true;
}

static bool parse_leaf(struct loader *l, const cJSON *c, enum fact_kind kind, struct vec *kids)
{
    const struct fact_field *f = fact_field_find(kind, bytes_of(c->string));
    if (f == NULL) {
        return load_fail(l, "unknown field '%s'", c->string);
    }

    size_t mark = pointer_enter(l, c->string);
    if (!cJSON_IsObject(c) || c->child == NULL) {
        return load_fail(l, "an object with an operator is needed");
    }

    for (const cJSON *o = c->child; o != NULL; o = o->next) {
        uint32_t kid;
        if (!load_operator(l, o, f, &kid) || !add_kid(l, kids, kid)) {
            return false;
        }
    }

    pointer_leave(l, mark);
    return true;
}

static bool read_as(struct loader *l, const cJSON *as, uint32_t *out)
{
    if (as == NULL) {
        return true;
    }

    size_t mark = pointer_enter(l, "as");
    *out = cJSON_IsString(as) ? op_bit(bytes_of(as->valuestring)) : 0;
    if (*out == 0) {
        return load_fail(l, "import, call, new, build, method or argument is needed");
    }

    pointer_leave(l, mark);
    return true;
}

/* c is {"in_list": NAME}, and nothing else. */
static bool is_in_list(const cJSON *c)
{
    const cJSON *o = cJSON_IsObject(c) ? c->child : NULL;
    return o != NULL && o->next == NULL && strcmp(o->string, "in_list") == 0 && cJSON_IsString(o);
}

/* {"callee": {"in_list": "pickle/dangerous"}}: a family of lists, and the safety that is needed. */
static bool parse_safety(struct loader *l, const cJSON *c, const cJSON *as, struct vec *kids)
{
    struct node n = { .op = NODE_SAFETY };
    uint32_t kid;
    size_t mark = pointer_enter(l, c->string);
    if (!is_in_list(c)) {
        return load_fail(l, "in_list and nothing else is needed");
    }

    const char *name = c->child->valuestring;
    (void)pointer_enter(l, "in_list"); /* pointer_leave(mark) leaves both */
    const struct list *list = loader_list(l, name);
    if (list == NULL || list->kind == LIST_PLAIN) {
        return load_fail(l, "no list of modules and names '%s'", name);
    }
    if (!build_text(l, name, &n.text)) {
        return false;
    }

    n.text.len = (uint32_t)(strrchr(name, '/') - name);
    n.num = list->kind == LIST_ALLOWED ? SAFETY_INNOCUOUS : SAFETY_DANGEROUS;
    pointer_leave(l, mark);
    return read_as(l, as, &n.as) && build_node(l, &n, &kid) && add_kid(l, kids, kid);
}

static bool parse_many(struct loader *l, const cJSON *c, enum fact_kind kind, int depth,
                       struct vec *kids)
{
    size_t i = 0;
    if (!cJSON_IsArray(c) || c->child == NULL) {
        return load_fail(l, "an array with something in it is needed");
    }

    for (const cJSON *o = c->child; o != NULL; o = o->next, i++) {
        uint32_t kid;
        size_t mark = pointer_enter_index(l, i);
        if (!parse_condition(l, o, kind, depth + 1, &kid) || !add_kid(l, kids, kid)) {
            return false;
        }
        pointer_leave(l, mark);
    }

    return true;
}

/* NODE_ALL, NODE_ANY or NODE_NOT, or NODE_OPS for another word. */
static enum node_op branch_of(const char *word)
{
    if (strcmp(word, "all") == 0) {
        return NODE_ALL;
    }
    if (strcmp(word, "any") == 0) {
        return NODE_ANY;
    }
    return strcmp(word, "not") == 0 ? NODE_NOT : NODE_OPS;
}

static bool parse_not(struct loader *l, const cJSON *c, enum fact_kind kind, int depth,
                      struct vec *kids)
{
    uint32_t kid;
    return parse_condition(l, c, kind, depth + 1, &kid) && add_kid(l, kids, kid);
}

/* Reads the conditions of all, any or not. */
static bool parse_branch(struct loader *l, const cJSON *c, enum fact_kind kind, int depth,
                         struct vec *kids)
{
    size_t mark = pointer_enter(l, c->string);
    bool ok;
    if (branch_of(c->string) == NODE_NOT) {
        ok = parse_not(l, c, kind, depth, kids);
    } else {
        ok = parse_many(l, c, kind, depth, kids);
    }

    pointer_leave(l, mark);
    return ok;
}

/* The field is module and name together. */
static bool is_virtual(enum fact_kind kind, const char *name)
{
    return (kind == FACT_CALL && strcmp(name, "callee") == 0)
           || (kind == FACT_IMPORT && strcmp(name, "global") == 0);
}

/* The member of o that is the condition, beside "fact" (at the top) and "as"; NULL on an error. */
static const cJSON *find_condition(struct loader *l, const cJSON *o, enum fact_kind kind, int depth)
{
    const cJSON *found = NULL;
    const cJSON *as = cJSON_GetObjectItemCaseSensitive(o, "as");
    for (const cJSON *c = cJSON_IsObject(o) ? o->child : NULL; c != NULL; c = c->next) {
        bool is_fact = depth == 0 && strcmp(c->string, "fact") == 0;
        if (c == as || is_fact) {
            continue;
        }
        if (found != NULL) {
            load_fail(l, "'%s' beside '%s': join them with all or any", c->string, found->string);
            return NULL;
        }
        found = c;
    }

    if (found == NULL) {
        load_fail(l, "a condition is needed");
        return NULL;
    }
    if (as != NULL && !is_virtual(kind, found->string)) {
        load_fail(l, "'as' belongs to callee or global");
        return NULL;
    }

    return found;
}

/* Recursion is as deep as the rule, at most MAX_MATCH_DEPTH. */
static bool parse_condition(struct loader *l, const cJSON *o, enum fact_kind kind, int depth,
                            uint32_t *out)
{
    struct vec kids = { 0 };
    if (depth > MAX_MATCH_DEPTH) {
        return load_fail(l, "nested more than %d deep", MAX_MATCH_DEPTH);
    }
    const cJSON *c = find_condition(l, o, kind, depth);
    if (c == NULL) {
        return false;
    }

    bool ok;
    enum node_op op = branch_of(c->string);
    if (op != NODE_OPS) {
        ok = parse_branch(l, c, kind, depth, &kids);
    } else if (is_virtual(kind, c->string)) {
        ok = parse_safety(l, c, cJSON_GetObjectItemCaseSensitive(o, "as"), &kids);
    } else {
        ok = parse_leaf(l, c, kind, &kids);
    }

    ok = ok && add_branch(l, op != NODE_OPS ? op : NODE_ALL, &kids, out);
    free(kids.p);
    return ok;
}

bool load_match(struct loader *l, const cJSON *o, struct rule *r)
{
    const cJSON *fact = cJSON_GetObjectItemCaseSensitive(o, "fact");
    for (int k = 0; cJSON_IsString(fact) && k < FACT_KINDS; k++) {
        if (strcmp(fact_kind_name((enum fact_kind)k), fact->valuestring) == 0) {
            r->fact = (enum fact_kind)k;
            return parse_condition(l, o, r->fact, 0, &r->match);
        }
    }

    (void)pointer_enter(l, "fact"); /* the pointer stays there after an error */
    return load_fail(l, "a kind of fact is needed");
}
