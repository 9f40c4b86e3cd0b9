/* ruleset.c - the built-in set, sets with additions, and what they hold. */
#include "ruleset.h"
#include <pthread.h>
#include <stdlib.h>

static struct ruleset builtin;
static pthread_once_t builtin_once = PTHREAD_ONCE_INIT;
static const struct model no_model = { .pool = "", .version = "" };

static struct part part_of(const struct model *m)
{
    struct part p = { .model = m, .patterns = patterns_new(m) };
    for (size_t i = 0; i < m->num_rules; i++) {
        p.kinds |= UINT64_C(1) << m->rules[i].fact;
    }
    return p;
}

static void builtin_init(void)
{
    const struct model *m = &rules_builtin_model;
    builtin = (struct ruleset){ .part = { part_of(m) }, .models = { m }, .num_parts = 1 };
}

const struct ruleset *rules_builtin(void)
{
    (void)pthread_once(&builtin_once, builtin_init); /* cannot fail with a valid once */
    return &builtin;
}

struct ruleset *rules_load(const char *dir, char **why)
{
    const struct model *base = rules_builtin()->part[0].model;
    *why = NULL;
    struct ruleset *rs = calloc(1, sizeof *rs);
    struct model *m = model_load(dir, base, why);
    if (rs && m) {
        *rs = (struct ruleset){
            .part = { part_of(base), part_of(m) }, .models = { base, m }, .num_parts = 2, .added = m
        };
        if (rs->part[0].patterns && rs->part[1].patterns) {
            return rs;
        }
        m = NULL; /* rs owns it now */
    }
    model_free(m);
    rules_free(rs);
    return NULL;
}

void rules_free(struct ruleset *rs)
{
    if (!rs || rs == &builtin) {
        return;
    }
    patterns_free(rs->part[0].patterns);
    patterns_free(rs->part[1].patterns);
    model_free(rs->added);
    free(rs);
}

const char *rules_version(const struct ruleset *rs) { return rs->part[0].model->version; }

const uint8_t *rules_digest(const struct ruleset *rs)
{
    return rs->part[rs->num_parts - 1].model->digest; /* the added one is chained to the built-in */
}

static const struct model *added(const struct ruleset *rs)
{
    return rs->added ? rs->added : &no_model;
}

size_t rules_count(const struct ruleset *rs)
{
    return rs->part[0].model->num_rules + added(rs)->num_rules;
}

const struct rule *rules_at(const struct ruleset *rs, size_t i)
{
    const struct model *m = rs->part[0].model;
    if (i < m->num_rules) {
        return &m->rules[i];
    }
    i -= m->num_rules;
    return i < added(rs)->num_rules ? &added(rs)->rules[i] : NULL;
}

/* The rules of a set are two arrays: the built-in ones, then the added ones. */
size_t rules_index(const struct ruleset *rs, const struct rule *r)
{
    const struct model *first = rs->part[0].model;
    for (size_t i = 0; i < added(rs)->num_rules; i++) {
        if (&added(rs)->rules[i] == r) {
            return first->num_rules + i;
        }
    }
    return (size_t)(r - first->rules);
}

const struct rule *rules_find(const struct ruleset *rs, const char *id)
{
    for (size_t i = 0; i < rules_count(rs); i++) {
        const struct rule *r = rules_at(rs, i);
        if (bytes_eq(bytes_of(r->id), bytes_of(id))) {
            return r;
        }
    }
    return NULL;
}

struct lookup set_lookup(const struct ruleset *rs, struct bytes family)
{
    return (struct lookup){ rs->models, rs->num_parts, family };
}

enum safety rules_safety(const struct ruleset *rs, struct bytes module, struct bytes name,
                         struct bytes op, const char **reason)
{
    struct lookup look = set_lookup(rs, BYTES("pickle"));
    return safety_of(&look, module, name, op_bit(op), (struct bytes){ NULL, 0 }, reason);
}

bool part_listed(const struct ruleset *rs, const struct part *part, struct bytes list,
                 struct bytes text)
{
    for (const struct part *p = rs->part; p <= part; p++) {
        const struct list *l = list_find(p->model, list);
        if (l && l->kind == LIST_PLAIN && list_has(p->model, l, text)) {
            return true;
        }
    }
    return false;
}

bool rules_listed(const struct ruleset *rs, const char *list, struct bytes text)
{
    return part_listed(rs, &rs->part[rs->num_parts - 1], bytes_of(list), text);
}
