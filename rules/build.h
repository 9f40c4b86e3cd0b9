/* build.h - the tables of model.h while they grow; private to load*.c. */
#ifndef MA_RULES_BUILD_H
#define MA_RULES_BUILD_H
#include "model.h"

struct vec {
    void *p;
    size_t num, cap;
};
/* A new zeroed slot at the end; NULL when memory is out. */
void *vec_add(struct vec *v, size_t size);

/* One line of a list, with the place it was read at, until all are sorted. */
struct item {
    char *module, *name, *reason; /* plain: module is the line */
    uint32_t ops, list;
    char *file; /* borrowed from loader.owned */
    unsigned line;
};
struct loader {
    const struct model *base;
    struct vec pool, nodes, kids, values, patterns, rules;
    struct vec lists, items; /* struct list, struct item */
    struct vec owned; /* char *, void *: what rules point to */
    char version[32];
    char *file; /* being read */
    char at[600]; /* JSON pointer in it */
    char *why; /* the first error */
};

/* Records "file:at: reason", unless there is an error already.  Returns false. */
bool load_fail(struct loader *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool load_nomem(struct loader *l);
/* Go down to a member or an item; at_back() with what it returned goes up again. */
size_t at_name(struct loader *l, const char *name);
size_t at_index(struct loader *l, size_t i);
void at_back(struct loader *l, size_t mark);

bool build_text(struct loader *l, const char *s, struct text *out);
/* A copy that lives as long as the model; NULL when memory is out. */
char *build_keep(struct loader *l, const char *s);
void *build_own(struct loader *l, void *p); /* takes p, frees it on failure */
bool build_finish(struct loader *l, struct model *m);
void build_done(struct loader *l);

/* loadlist.c */
bool load_lists(struct loader *l, const char *dir);
bool load_list_file(struct loader *l, const char *path, const char *name);
bool lists_finish(struct loader *l, struct model *m);
const struct list *loader_list(const struct loader *l, const char *name);
/* The whole file, NUL-ended; NULL: recorded as an error. */
char *load_bytes(struct loader *l, const char *path, size_t *n);
/* Sorted names in dir that end in `end` (or subfolders: end is NULL); *n is 0
 * when dir is not there. */
bool load_names(struct loader *l, const char *dir, const char *end, char ***names, size_t *n);
void names_free(char **names, size_t n);
char *path_join(const char *dir, const char *name);

struct cJSON;
/* loadop.c: c is one "operator": value of the field f. */
bool load_operator(struct loader *l, const struct cJSON *c, const struct fact_field *f,
                   uint32_t *out);
bool build_node(struct loader *l, const struct node *n, uint32_t *out);
/* loadmatch.c: the root node of a match object. */
bool load_match(struct loader *l, const struct cJSON *json, struct rule *r);
#endif
