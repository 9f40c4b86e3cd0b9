/* build.c - tables that grow, and where the loader stands when it fails. */
#include "build.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *vec_add(struct vec *v, size_t size)
{
    if (v->num == v->cap) {
        size_t cap = v->cap ? v->cap * 2 : 16;
        void *p = realloc(v->p, cap * size);
        if (!p) {
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
    (void)vsnprintf(reason, sizeof reason, fmt, ap); /* cut when too long: a message */
    va_end(ap);
    if (!l->why) {
        const char *file = l->file ? l->file : "rules";
        size_t size = strlen(file) + strlen(l->at) + strlen(reason) + 4;
        l->why = malloc(size);
        if (l->why) {
            (void)snprintf(l->why, size, "%s:%s: %s", file, l->at, reason);
        }
    }
    return false;
}

bool load_nomem(struct loader *l) { return load_fail(l, "out of memory"); }

/* RFC 6901: ~ and / in a name are written ~0 and ~1. */
size_t at_name(struct loader *l, const char *name)
{
    size_t mark = strlen(l->at), n = mark;
    if (n + 2 < sizeof l->at) {
        l->at[n++] = '/';
    }
    for (; *name && n + 3 < sizeof l->at; name++) {
        if (*name == '~' || *name == '/') {
            l->at[n++] = '~';
            l->at[n++] = *name == '~' ? '0' : '1';
        } else {
            l->at[n++] = *name;
        }
    }
    l->at[n] = 0;
    return mark;
}

size_t at_index(struct loader *l, size_t i)
{
    char name[24];
    (void)snprintf(name, sizeof name, "%zu", i);
    return at_name(l, name);
}

void at_back(struct loader *l, size_t mark) { l->at[mark] = 0; }

bool build_text(struct loader *l, const char *s, struct text *out)
{
    size_t len = strlen(s), off = l->pool.num;
    if (off + len + 1 > UINT32_MAX) {
        return load_fail(l, "more than 4 GiB of text");
    }
    for (size_t i = 0; i <= len; i++) {
        char *c = vec_add(&l->pool, 1);
        if (!c) {
            return load_nomem(l);
        }
        *c = s[i];
    }
    *out = (struct text){ (uint32_t)off, (uint32_t)len };
    return true;
}

void *build_own(struct loader *l, void *p)
{
    void **slot = p ? vec_add(&l->owned, sizeof *slot) : NULL;
    if (!slot) {
        free(p);
        (void)load_nomem(l); /* NULL tells the caller */
        return NULL;
    }
    *slot = p;
    return p;
}

char *build_keep(struct loader *l, const char *s)
{
    size_t n = strlen(s) + 1;
    char *copy = malloc(n);
    if (copy) {
        memcpy(copy, s, n);
    }
    return build_own(l, copy);
}

/* The vectors move into the model; their owners are cleared. */
static void *give(struct vec *v, size_t *num)
{
    void *p = v->p;
    *num = v->num;
    *v = (struct vec){ 0 };
    return p;
}

bool build_finish(struct loader *l, struct model *m)
{
    m->version = build_keep(l, l->version);
    if (!m->version || !lists_finish(l, m)) {
        return false;
    }
    m->pool = give(&l->pool, &m->num_pool);
    m->nodes = give(&l->nodes, &m->num_nodes);
    m->kids = give(&l->kids, &m->num_kids);
    m->values = give(&l->values, &m->num_values);
    m->patterns = give(&l->patterns, &m->num_patterns);
    m->rules = give(&l->rules, &m->num_rules);
    m->lists = give(&l->lists, &m->num_lists);
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
