/* tables.h - the tables behind a ruleset; private to rules/.
 *
 * The same tables are built at run time (rules_load) and written out as C by rulec.  Texts are
 * offsets into one pool, so that the built-in tables, with thousands of list entries, need no
 * relocations at start-up.  Lists are sorted, for binary search. */
#ifndef MA_RULES_TABLES_H
#define MA_RULES_TABLES_H
#include "rules.h"

/* A text in the pool, where a NUL follows it. */
struct pool_text {
    uint32_t off;
    uint32_t len;
};

enum node_op {
    NODE_ALL, /* this and the next two: kids[first .. first + count) */
    NODE_ANY,
    NODE_NOT,
    NODE_EQ, /* values[first] */
    NODE_IN, /* one of values[first .. first + count) */
    NODE_IN_LIST, /* text: the name of a plain list */
    NODE_SAFETY, /* text: a family of lists; num: the enum safety that is needed */
    NODE_RE, /* patterns[first] */
    NODE_PREFIX, /* text */
    NODE_GT, /* this and the next two: num */
    NODE_GE,
    NODE_LT,
    NODE_GT_FIELD, /* num: row of the other field in fact_fields */
    NODE_OPS
};

struct value {
    struct pool_text text;
    uint64_t num;
};

/* A node of a rule's match. */
struct node {
    uint32_t op; /* enum node_op */
    uint32_t field; /* row of fact_fields */
    uint32_t first;
    uint32_t count;
    uint32_t as; /* NODE_SAFETY: an OP_* bit, or 0 for the fact's own operation */
    struct pool_text text;
    uint64_t num;
};

/* Operations that an allowed entry may permit. */
enum {
    OP_IMPORT = 1,
    OP_CALL = 2,
    OP_NEW = 4,
    OP_BUILD = 8,
    OP_METHOD = 16,
    OP_ARGUMENT = 32,
    OP_ENUM = 64
};

enum { MAX_MATCH_DEPTH = 32 /* levels of all, any and not in one rule */ };

/* An entry of a list of modules and names. */
struct entry {
    struct pool_text module;
    struct pool_text name;
    struct pool_text reason; /* of a dangerous entry; the patterns of a signature */
    uint32_t ops; /* of an allowed entry */
};

enum list_kind { LIST_PLAIN, LIST_ALLOWED, LIST_DANGEROUS, LIST_SIGNATURES };

struct list {
    struct pool_text name;
    uint32_t kind; /* enum list_kind */
    uint32_t first; /* its rows in lines (LIST_PLAIN) or entries */
    uint32_t count;
};

struct rule_tables {
    const char *pool;
    size_t num_pool;
    const struct node *nodes;
    size_t num_nodes;
    const uint32_t *kids; /* indexes of nodes */
    size_t num_kids;
    const struct value *values;
    size_t num_values;
    const struct pool_text *patterns;
    size_t num_patterns;
    const struct entry *entries; /* of all lists but LIST_PLAIN */
    size_t num_entries;
    const struct pool_text *lines; /* of LIST_PLAIN */
    size_t num_lines;
    const struct list *lists;
    size_t num_lists;
    const struct rule *rules;
    size_t num_rules;
    const char *version;
    uint8_t digest[32];
};

/* Written by rulec. */
extern const struct rule_tables rules_builtin_tables;

/* --- lists.c ---------------------------------------------------------------------------------- */

/* pool_bytes() returns a text of the pool. */
struct bytes pool_bytes(const struct rule_tables *t, struct pool_text text);

/* list_find() returns the list of a name, or NULL. */
const struct list *list_find(const struct rule_tables *t, struct bytes name);

/* list_entry() returns the entry of a module and name, or NULL; not for LIST_PLAIN. */
const struct entry *list_entry(const struct rule_tables *t, const struct list *l,
                               struct bytes module, struct bytes name);

/* list_has() returns whether a LIST_PLAIN has this line. */
bool list_has(const struct rule_tables *t, const struct list *l, struct bytes text);

/* op_bit() returns OP_IMPORT for "import" and so on, or 0 for another word. */
uint32_t op_bit(struct bytes word);

/* --- safety.c --------------------------------------------------------------------------------- */

/* The lists of a family: FAMILY/allowed, FAMILY/dangerous, FAMILY/signatures ("pickle"). */
struct lookup {
    const struct rule_tables *const *tables;
    size_t num_tables;
    struct bytes family;
};

/* safety_of() returns the safety of an operation (an OP_* bit) on a global.  types: the types of
 * its arguments or state (signature.h); with p NULL they are not compared.  *reason as in
 * rules_safety(); reason may be NULL. */
enum safety safety_of(const struct lookup *l, struct bytes module, struct bytes name, uint32_t op,
                      struct bytes types, const char **reason);

/* --- pattern.c -------------------------------------------------------------------------------- */

struct patterns;

/* pattern_check() returns whether a pattern compiles; if not, buf has the reason. */
bool pattern_check(const char *pattern, char *buf, size_t size);

/* patterns_new() returns the patterns of t, not yet compiled, or NULL without memory.  Borrows t.
 * The caller frees them by patterns_free(), which accepts NULL. */
struct patterns *patterns_new(const struct rule_tables *t);
void patterns_free(struct patterns *p);

/* patterns_warm() compiles all of them, once.  Any thread may call it. */
void patterns_warm(struct patterns *p);

/* patterns_match() returns whether pattern i matches the text.  A search that runs into a limit or
 * out of memory counts as a match. */
bool patterns_match(struct patterns *p, size_t i, struct bytes text);

/* --- digest.c --------------------------------------------------------------------------------- */

/* rule_tables_digest() computes t->digest.  chain (32 bytes, or NULL) is hashed first.  Returns
 * false if libcrypto fails. */
bool rule_tables_digest(struct rule_tables *t, const uint8_t *chain);

/* --- load.c ----------------------------------------------------------------------------------- */

/* rule_tables_load() loads *.json, packs/ and lists/ of a folder.  base: the built-in tables that
 * they extend, or NULL.  Returns NULL on failure, with *why as in rules_load().  The caller frees
 * the tables by rule_tables_free(), which accepts NULL. */
struct rule_tables *rule_tables_load(const char *dir, const struct rule_tables *base, char **why);
void rule_tables_free(struct rule_tables *t);

#endif
