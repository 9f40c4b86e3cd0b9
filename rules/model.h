/* model.h - the tables behind a ruleset; private to rules/.
 *
 * The same tables are built at run time (rules_load) and written out as C by
 * rulec.  Texts are offsets into one pool, so that the built-in set, with its
 * thousands of list entries, costs no relocations at start-up.  Lists are
 * sorted and found by bisection. */
#ifndef MA_RULES_MODEL_H
#define MA_RULES_MODEL_H
#include "rules.h"

/* in pool, NUL-ended there */
struct text {
    uint32_t off, len;
};

enum node_op {
    NODE_ALL,
    NODE_ANY,
    NODE_NOT, /* kids[first, first+count) */
    NODE_EQ,
    NODE_IN, /* values[first, first+count), any of them */
    NODE_IN_LIST, /* text: name of a plain list */
    NODE_SAFETY, /* text: family of lists; num: the enum safety it must have */
    NODE_RE, /* patterns[first] */
    NODE_PREFIX, /* text */
    NODE_GT,
    NODE_GE,
    NODE_LT, /* num */
    NODE_GT_FIELD, /* num: row of the other field */
    NODE_OPS
};
struct value {
    struct text text;
    uint64_t num;
};
struct node {
    uint32_t op; /* enum node_op */
    uint32_t field; /* row of fact_fields */
    uint32_t first, count;
    uint32_t as; /* NODE_SAFETY: OP_* bit; 0: the fact's own op */
    struct text text;
    uint64_t num;
};

enum {
    OP_IMPORT = 1,
    OP_CALL = 2,
    OP_NEW = 4,
    OP_BUILD = 8,
    OP_METHOD = 16,
    OP_ARGUMENT = 32,
    OP_ENUM = 64
};
/* nesting of all, any, not */
enum { MAX_MATCH_DEPTH = 32 };

struct entry {
    struct text module, name, reason;
    uint32_t ops;
};
enum list_kind { LIST_PLAIN, LIST_ALLOWED, LIST_DANGEROUS, LIST_SIGNATURES };
struct list {
    struct text name;
    uint32_t kind, first, count;
};

struct model {
    const char *pool;
    size_t num_pool;
    const struct node *nodes;
    size_t num_nodes;
    const uint32_t *kids;
    size_t num_kids;
    const struct value *values;
    size_t num_values;
    const struct text *patterns;
    size_t num_patterns;
    const struct entry *entries;
    size_t num_entries; /* of LIST_ALLOWED and LIST_DANGEROUS */
    const struct text *lines;
    size_t num_lines; /* of LIST_PLAIN */
    const struct list *lists;
    size_t num_lists;
    const struct rule *rules;
    size_t num_rules;
    const char *version;
    uint8_t digest[32];
};
/* Written by rulec. */
extern const struct model rules_builtin_model;

struct bytes model_text(const struct model *m, struct text t);

/* lists.c: bisection. */
const struct list *list_find(const struct model *m, struct bytes name);
const struct entry *list_entry(const struct model *m, const struct list *l, struct bytes module,
                               struct bytes name);
bool list_has(const struct model *m, const struct list *l, struct bytes text);
/* "import" -> OP_IMPORT; 0 for another word. */
uint32_t op_bit(struct bytes word);

/* safety.c: family is "pickle": its lists are FAMILY/allowed and FAMILY/dangerous. */
struct lookup {
    const struct model *const *models;
    size_t num_models;
    struct bytes family;
};
/* types: of the arguments or the state (signature.h); p NULL: they are not looked at. */
enum safety safety_of(const struct lookup *l, struct bytes module, struct bytes name, uint32_t op,
                      struct bytes types, const char **reason);

/* pattern.c */
struct patterns;
/* Can it be compiled?  Else what PCRE2 says, in buf. */
bool pattern_check(const char *pattern, char *buf, size_t size);
struct patterns *patterns_new(const struct model *m);
void patterns_free(struct patterns *p); /* accepts NULL */
/* Compiles all of them, once; any thread may call it. */
void patterns_warm(struct patterns *p);
/* True as well when the search ran into a limit: what could not be decided counts. */
bool patterns_match(struct patterns *p, size_t i, struct bytes text);

/* digest.c: fills m->digest; chain (32 bytes, may be NULL) is hashed first. */
bool digest_model(struct model *m, const uint8_t *chain);

/* load.c: the tables of dir (its *.json and packs/ and lists/).  base: the
 * built-in ones that it comes on top of, or NULL.  NULL on failure, see
 * rules_load for *why. */
struct model *model_load(const char *dir, const struct model *base, char **why);
void model_free(struct model *m); /* accepts NULL; not for the built-in one */
#endif
