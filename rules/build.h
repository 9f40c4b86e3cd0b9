/* build.h - the tables of a ruleset while they are built; private to the loader's files. */
#ifndef MA_RULES_BUILD_H
#define MA_RULES_BUILD_H
#include "tables.h"

/* An array that grows.  Zeroed, it is empty. */
struct vec {
    void *p;
    size_t num;
    size_t cap;
};

/* vec_add() appends a zeroed slot and returns it, or NULL without memory. */
void *vec_add(struct vec *v, size_t size);

/* One line of a list, until all lines are sorted.  Owns its texts. */
struct item {
    char *module; /* in a plain list, the line */
    char *name;
    char *reason; /* of a dangerous entry; the patterns of a signature; or NULL */
    uint32_t ops; /* of an allowed entry */
    uint32_t list; /* index of its list */
    char *file; /* the file that it was read from; borrowed from loader.owned */
    unsigned line;
};

/* The state of one load. */
struct loader {
    const struct rule_tables *base; /* the built-in tables, or NULL */
    struct vec pool; /* char */
    struct vec nodes; /* struct node */
    struct vec kids; /* uint32_t */
    struct vec values; /* struct value */
    struct vec patterns; /* struct pool_text */
    struct vec rules; /* struct rule */
    struct vec lists; /* struct list */
    struct vec items; /* struct item */
    struct vec owned; /* void *: blocks that rules and items point to */
    char version[32]; /* the latest version of a pack */
    char *file; /* the file that is read, or NULL */
    char pointer[600]; /* JSON pointer to the current value, or the number of the line */
    char *why; /* the first error, or NULL */
};

/* --- build.c --------------------------------------------------------------------------------- */

/* load_fail() records "file:pointer: reason", unless there is an error already.  Always returns
 * false, as does load_nomem() for a failed allocation. */
bool load_fail(struct loader *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool load_nomem(struct loader *l);

/* pointer_enter() and pointer_enter_index() extend the JSON pointer by a member or an item.  They
 * return what pointer_leave() needs to shorten it again.  After an error it stays where it is. */
size_t pointer_enter(struct loader *l, const char *name);
size_t pointer_enter_index(struct loader *l, size_t i);
void pointer_leave(struct loader *l, size_t mark);

/* build_text() appends a text to the pool.  Returns false without memory. */
bool build_text(struct loader *l, const char *s, struct pool_text *out);

/* build_copy() returns a copy of s that lives as long as the tables, or NULL without memory. */
char *build_copy(struct loader *l, const char *s);

/* build_own() takes ownership of p, a block of malloc() or NULL, for as long as the tables live.
 * Returns p, or NULL (and p is freed) without memory. */
void *build_own(struct loader *l, void *p);

/* build_finish() moves the tables into *t, whose arrays the caller then frees. */
bool build_finish(struct loader *l, struct rule_tables *t);

/* build_done() releases what build_finish() has not moved. */
void build_done(struct loader *l);

/* --- load_list.c ----------------------------------------------------------------------------- */

/* load_lists() reads all lists below a folder, load_list_file() one file as the list `name`. */
bool load_lists(struct loader *l, const char *dir);
bool load_list_file(struct loader *l, const char *path, const char *name);

/* loader_list() returns the list of a name, loaded or built in, or NULL. */
const struct list *loader_list(const struct loader *l, const char *name);

/* load_bytes() reads a whole file.  Returns it with a NUL behind it, or NULL after an error.  The
 * caller frees it. */
char *load_bytes(struct loader *l, const char *path, size_t *n);

/* load_names() lists the names in a folder that end in `end`, or with NULL its subfolders, sorted;
 * *n is 0 if there is no such folder.  The caller frees them by names_free(), also after false. */
bool load_names(struct loader *l, const char *dir, const char *end, char ***names, size_t *n);
void names_free(char **names, size_t n);

/* path_join() returns "dir/name", or name for an empty dir; NULL without memory.  The caller frees
 * it. */
char *path_join(const char *dir, const char *name);

/* --- sort_lists.c ---------------------------------------------------------------------------- */

/* lists_finish() sorts the items of all lists into the tables.  Fails on duplicates. */
bool lists_finish(struct loader *l, struct rule_tables *t);

/* --- load_operator.c, load_match.c ------------------------------------------------------------ */

struct cJSON;

/* load_operator() reads c, one "operator": value of the field f, as a node. */
bool load_operator(struct loader *l, const struct cJSON *c, const struct fact_field *f,
                   uint32_t *out);

/* build_node() appends a node; *out is its index. */
bool build_node(struct loader *l, const struct node *n, uint32_t *out);

/* load_match() reads a match object into r->fact and r->match. */
bool load_match(struct loader *l, const struct cJSON *json, struct rule *r);

#endif
