/* loadmatch.c - the match object of a rule, as nodes.
 *
 * {"fact": "call", CONDITION} where CONDITION is one of
 *     "all": [{CONDITION}...]   "any": [...]   "not": {CONDITION}
 *     FIELD: {OPERATOR: value, ...}            all of the operators hold
 * Field names and types are those of facts.def.  callee (of call) and global
 * (of import) stand for module and name together; they take in_list only, with
 * "as" beside them for another operation than the fact's own. */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include "build.h"

static bool parse_condition(struct loader *l, const cJSON *o, enum fact_kind kind, int depth,
                            uint32_t *out);

/* kids of one node lie together: they are added once all of them are there. */
static bool add_branch(struct loader *l, enum node_op op, const struct vec *kids, uint32_t *out)
{
    struct node n = { .op = (uint32_t)op,
                      .first = (uint32_t)l->kids.num,
                      .count = (uint32_t)kids->num };
    for (size_t i = 0; i < kids->num; i++) {
        uint32_t *slot = vec_add(&l->kids, sizeof *slot);
        if (!slot) {
            return load_nomem(l);
        }
        *slot = ((const uint32_t *)kids->p)[i];
    }
    return build_node(l, &n, out);
}

static bool add_kid(struct loader *l, struct vec *kids, uint32_t kid)
{
    uint32_t *slot = vec_add(kids, sizeof *slot);
    if (!slot) {
        return load_nomem(l);
    }
    *slot = kid;
    return true;
}

static bool parse_leaf(struct loader *l, const cJSON *c, enum fact_kind kind, struct vec *kids)
{
    const struct fact_field *f = fact_field_find(kind, bytes_of(c->string));
    if (!f) {
        return load_fail(l, "unknown field '%s'", c->string);
    }
    size_t mark = at_name(l, c->string);
    if (!cJSON_IsObject(c) || !c->child) {
        return load_fail(l, "an object with an operator is needed");
    }
    for (const cJSON *o = c->child; o; o = o->next) {
        uint32_t kid;
        if (!load_operator(l, o, f, &kid) || !add_kid(l, kids, kid)) {
            return false;
        }
    }
    at_back(l, mark);
    return true;
}

static bool read_as(struct loader *l, const cJSON *as, uint32_t *out)
{
    if (!as) {
        return true;
    }
    size_t mark = at_name(l, "as");
    *out = cJSON_IsString(as) ? op_bit(bytes_of(as->valuestring)) : 0;
    if (!*out) {
        return load_fail(l, "import, call, new, build, method or argument is needed");
    }
    at_back(l, mark);
    return true;
}

/* {"callee": {"in_list": "pickle/dangerous"}}: the family, and the safety wanted. */
static bool parse_safety(struct loader *l, const cJSON *c, const cJSON *as, struct vec *kids)
{
    struct node n = { .op = NODE_SAFETY };
    uint32_t kid;
    size_t mark = at_name(l, c->string);
    const cJSON *o = cJSON_IsObject(c) ? c->child : NULL;
    if (!o || o->next || strcmp(o->string, "in_list") != 0 || !cJSON_IsString(o)) {
        return load_fail(l, "in_list and nothing else is needed");
    }
    (void)at_name(l, "in_list"); /* at_back(mark) goes up both */
    const struct list *list = loader_list(l, o->valuestring);
    if (!list || list->kind == LIST_PLAIN) {
        return load_fail(l, "no list of modules and names '%s'", o->valuestring);
    }
    if (!build_text(l, o->valuestring, &n.text)) {
        return false;
    }
    n.text.len = (uint32_t)(strrchr(o->valuestring, '/') - o->valuestring);
    n.num = list->kind == LIST_ALLOWED ? SAFETY_INNOCUOUS : SAFETY_DANGEROUS;
    at_back(l, mark);
    return read_as(l, as, &n.as) && build_node(l, &n, &kid) && add_kid(l, kids, kid);
}

static bool parse_many(struct loader *l, const cJSON *c, enum fact_kind kind, int depth,
                       struct vec *kids)
{
    size_t i = 0;
    if (!cJSON_IsArray(c) || !c->child) {
        return load_fail(l, "an array with something in it is needed");
    }
    for (const cJSON *o = c->child; o; o = o->next, i++) {
        uint32_t kid;
        size_t mark = at_index(l, i);
        if (!parse_condition(l, o, kind, depth + 1, &kid) || !add_kid(l, kids, kid)) {
            return false;
        }
        at_back(l, mark);
    }
    return true;
}

/* all, any, not; *op stays NODE_OPS for another word. */
static bool parse_branch(struct loader *l, const cJSON *c, enum fact_kind kind, int depth,
                         struct vec *kids, enum node_op *op)
{
    size_t mark = at_name(l, c->string);
    bool ok = true;
    if (strcmp(c->string, "all") == 0 || strcmp(c->string, "any") == 0) {
        *op = c->string[1] == 'l' ? NODE_ALL : NODE_ANY;
        ok = parse_many(l, c, kind, depth, kids);
    } else if (strcmp(c->string, "not") == 0) {
        uint32_t kid;
        *op = NODE_NOT;
        ok = parse_condition(l, c, kind, depth + 1, &kid) && add_kid(l, kids, kid);
    }
    at_back(l, mark);
    return ok;
}

static bool is_virtual(enum fact_kind kind, const char *name)
{
    return (kind == FACT_CALL && strcmp(name, "callee") == 0)
           || (kind == FACT_IMPORT && strcmp(name, "global") == 0);
}

/* The one member of o that is the condition, besides "fact" (at the top) and "as". */
static const cJSON *the_condition(struct loader *l, const cJSON *o, enum fact_kind kind, int depth)
{
    const cJSON *found = NULL;
    const cJSON *as = cJSON_GetObjectItemCaseSensitive(o, "as");
    for (const cJSON *c = cJSON_IsObject(o) ? o->child : NULL; c; c = c->next) {
        if (c == as || (depth == 0 && strcmp(c->string, "fact") == 0)) {
            continue;
        }
        if (found) {
            (void)load_fail(l, "'%s' beside '%s': join them with all or any", c->string,
                            found->string);
            return NULL; /* tells the caller */
        }
        found = c;
    }
    if (!found || (as && !is_virtual(kind, found->string))) {
        (void)load_fail(l, found ? "'as' belongs to callee or global" : "a condition is needed");
        return NULL; /* tells the caller */
    }
    return found;
}

/* Recursion as deep as the rule: MAX_MATCH_DEPTH. */
static bool parse_condition(struct loader *l, const cJSON *o, enum fact_kind kind, int depth,
                            uint32_t *out)
{
    if (depth > MAX_MATCH_DEPTH) {
        return load_fail(l, "nested more than %d deep", MAX_MATCH_DEPTH);
    }
    const cJSON *c = the_condition(l, o, kind, depth);
    struct vec kids = { 0 };
    enum node_op op = NODE_OPS;
    bool ok = c && parse_branch(l, c, kind, depth, &kids, &op);
    if (ok && op == NODE_OPS) {
        op = NODE_ALL;
        ok = is_virtual(kind, c->string)
                 ? parse_safety(l, c, cJSON_GetObjectItemCaseSensitive(o, "as"), &kids)
                 : parse_leaf(l, c, kind, &kids);
    }
    ok = ok && add_branch(l, op, &kids, out);
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
    (void)at_name(l, "fact"); /* failing: no way back needed */
    return load_fail(l, "a kind of fact is needed");
}
