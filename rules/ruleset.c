/* ruleset.c - the built-in set and sets with added rules. */
#include "ruleset.h"

#include <pthread.h>
#include <stdlib.h>

static struct ruleset builtin;
static pthread_once_t builtin_once = PTHREAD_ONCE_INIT;
static const struct rule_tables no_tables = { .pool = "", .version = "" };

static struct part part_of(const struct rule_tables *t)
{
    struct part p = { .tables = t, .patterns = patterns_new(t) };
    for (size_t i = 0; i < t->num_rules; i++) {
        p.kinds |= UINT64_C(1) << t->rules[i].fact;
    }
    return p;
}

static void builtin_init(void)
{
    const struct rule_tables *t = &rules_builtin_tables;
    builtin = (struct ruleset){ .part = { part_of(t) }, .tables = { t }, .num_parts = 1 };
}

const struct ruleset *rules_builtin(void)
{
    (void)pthread_once(&builtin_once, builtin_init); /* cannot fail: a valid pthread_once_t */
    return &builtin;
}

struct ruleset *rules_load(const char *dir, char **why)
{
    const struct rule_tables *base = rules_builtin()->part[0].tables;
    *why = NULL;
    struct ruleset *rs = calloc(1, sizeof *rs);
    struct rule_tables *t = rule_tables_load(dir, base, why);
    if (rs != NULL && t != NULL) {
        *rs = (struct ruleset){
            .part = { part_of(base), part_of(t) }, .tables = { base, t }, .num_parts = 2, .added = t
        };
        if (rs->part[0].patterns != NULL && rs->part[1].patterns != NULL) {
            return rs;
        }
        t = NULL; /* owned by rs */
    }

    rule_tables_free(t);
    rules_free(rs);
    return NULL;
}

void rules_free(struct ruleset *rs)
{
    if (rs == NULL || rs == &builtin) {
        return;
    }
    patterns_free(rs->part[0].patterns);
    patterns_free(rs->part[1].patterns);
    rule_tables_free(rs->added);
    free(rs);
}

const char *rules_version(const struct ruleset *rs) { return rs->part[0].tables->version; }

const uint8_t *rules_digest(const struct ruleset *rs)
{
    return rs->part[rs->num_parts - 1].tables->digest; /* that of added rules covers the built-in */
}

static const struct rule_tables *added(const struct ruleset *rs)
{
    return rs->added != NULL ? rs->added : &no_tables;
}

size_t rules_count(const struct ruleset *rs)
{
    return rs->part[0].tables->num_rules + added(rs)->num_rules;
}

const struct rule *rules_at(const struct ruleset *rs, size_t i)
{
    const struct rule_tables *t = rs->part[0].tables;
    if (i < t->num_rules) {
        return &t->rules[i];
    }
    i -= t->num_rules;
    return i < added(rs)->num_rules ? &added(rs)->rules[i] : NULL;
}

/* The rules of a set are two arrays: the built-in ones, then the added ones. */
size_t rules_index(const struct ruleset *rs, const struct rule *r)
{
    const struct rule_tables *first = rs->part[0].tables;
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
    return (struct lookup){ rs->tables, rs->num_parts, family };
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
        const struct list *l = list_find(p->tables, list);
        if (l != NULL && l->kind == LIST_PLAIN && list_has(p->tables, l, text)) {
            return true;
        }
    }
    return false;
}

bool rules_listed(const struct ruleset *rs, const char *list, struct bytes text)
{
    return part_listed(rs, &rs->part[rs->num_parts - 1], bytes_of(list), text);
}
