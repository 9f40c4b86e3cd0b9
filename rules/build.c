/* build.c - growing tables, and the errors of a load with their place. */
#include "build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *vec_add(struct vec *v, size_t size)
{
    if (v->num == v->cap) {
        size_t cap = v->cap > 0 ? v->cap * 2 : 16;
        void *p = realloc(v->p, cap * size);
        if (p == NULL) {
            return NULL;
        }
        v->p = p;
        v->cap = cap;
    }

    void *slot = (char *)v->p + v->num++ * size;
    memset(slot, 0, size);
    return slot;
}

bool load_fail(struct loader *l, const char *fmt, ...)
{
    char reason[600];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(reason, sizeof reason, fmt, ap); /* a longer text is truncated */
    va_end(ap);
    if (l->why != NULL) {
        return false;
    }

    const char *file = l->file != NULL ? l->file : "rules";
    size_t size = strlen(file) + strlen(l->pointer) + strlen(reason) + 4;
    l->why = malloc(size);
    if (l->why != NULL) {
        (void)snprintf(l->why, size, "%s:%s: %s", file, l->pointer, reason);
    }

    return false;
}

bool load_nomem(struct loader *l) { return load_fail(l, "out of memory"); }

/* ~ and / in a name are written ~0 and ~1 (RFC 6901). */
size_t pointer_enter(struct loader *l, const char *name)
{
    size_t mark = strlen(l->pointer);
    size_t n = mark;
    if (n + 2 < sizeof l->pointer) {
        l->pointer[n++] = '/';
    }

    for (; *name != 0 && n + 3 < sizeof l->pointer; name++) {
        if (*name == '~' || *name == '/') {
            l->pointer[n++] = '~';
            l->pointer[n++] = *name == '~' ? '0' : '1';
        } else {
            l->pointer[n++] = *name;
        }
    }

    l->pointer[n] = 0;
    return mark;
}

size_t pointer_enter_index(struct loader *l, size_t i)
{
    char name[24];
    (void)snprintf(name, sizeof name, "%zu", i);
    return pointer_enter(l, name);
}

void pointer_leave(struct loader *l, size_t mark) { l->pointer[mark] = 0; }

bool build_text(struct loader *l, const char *s, struct pool_text *out)
{
    size_t len = strlen(s);
    size_t off = l->pool.num;
    if (off + len + 1 > UINT32_MAX) {
        return load_fail(l, "more than 4 GiB of text");
    }

    for (size_t i = 0; i <= len; i++) {
        char *c = vec_add(&l->pool, 1);
        if (c == NULL) {
            return load_nomem(l);
        }
        *c = s[i];
    }

    *out = (struct pool_text){ (uint32_t)off, (uint32_t)len };
    return true;
}

void *build_own(struct loader *l, void *p)
{
    void **slot = NULL;
    if (p != NULL) {
        slot = vec_add(&l->owned, sizeof *slot);
    }
    if (slot == NULL) {
        free(p);
        (void)load_nomem(l); /* the caller returns false for NULL */
        return NULL;
    }

    *slot = p;
    return p;
}

char *build_copy(struct loader *l, const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = malloc(n);
    if (copy != NULL) {
        memcpy(copy, s, n);
    }
    return build_own(l, copy);
}

/* Returns the array and its length; the vector is then empty. */
static void *release_array(struct vec *v, size_t *num)
{
    void *p = v->p;
    *num = v->num;
    *v = (struct vec){ 0 };
    return p;
}

bool build_finish(struct loader *l, struct rule_tables *t)
{
    t->version = build_copy(l, l->version);
    if (t->version == NULL || !lists_finish(l, t)) {
        return false;
    }

    t->pool = release_array(&l->pool, &t->num_pool);
    t->nodes = release_array(&l->nodes, &t->num_nodes);
    t->kids = release_array(&l->kids, &t->num_kids);
    t->values = release_array(&l->values, &t->num_values);
    t->patterns = release_array(&l->patterns, &t->num_patterns);
    t->rules = release_array(&l->rules, &t->num_rules);
    t->lists = release_array(&l->lists, &t->num_lists);
    return true;
}

void build_done(struct loader *l)
{
    for (size_t i = 0; i < l->items.num; i++) {
        struct item *it = (struct item *)l->items.p + i;
        free(it->module);
        free(it->name);
        free(it->reason);
    }

    for (size_t i = 0; i < l->owned.num; i++) {
        free(((void **)l->owned.p)[i]);
    }

    struct vec *all[] = { &l->pool,  &l->nodes, &l->kids,  &l->values, &l->patterns,
                          &l->rules, &l->lists, &l->items, &l->owned };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        free(all[i]->p);
    }

    free(l->file);
    free(l->why);
}
