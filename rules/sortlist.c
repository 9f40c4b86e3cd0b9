/* sortlist.c - the lines of all lists, sorted, checked for duplicates, and as
 * tables. */
#ifndef _GNU_SOURCE
#    define _GNU_SOURCE
#endif
#include "build.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int c = x->list != y->list ? (x->list < y->list ? -1 : 1) : strcmp(x->module, y->module);
    return c ? c : strcmp(x->name, y->name);
}

static int compare_places(const struct item *a, const struct item *b)
{
    int c = strcmp(a->file, b->file);
    return c ? c : a->line < b->line ? -1 : 1;
}

static bool check_twice(struct loader *l, const struct item *a, const struct item *b)
{
    if (compare_items(a, b) != 0) {
        return true;
    }
    const struct item *first = compare_places(a, b) < 0 ? a : b, *again = first == a ? b : a;
    free(l->file);
    l->file = strdup(again->file);
    (void)snprintf(l->at, sizeof l->at, "%u", again->line); /* fits */
    return load_fail(l, "'%s%s%s' is already in %s:%u", again->module, *again->name ? " " : "",
                     again->name, first->file, first->line);
}

static bool add_line(struct loader *l, struct vec *lines, const struct item *it)
{
    struct text *slot = vec_add(lines, sizeof *slot);
    return slot ? build_text(l, it->module, slot) : load_nomem(l);
}

/* Neighbours often share their module. */
static bool add_entry(struct loader *l, struct vec *entries, const struct item *it,
                      bool same_module)
{
    struct entry *e = vec_add(entries, sizeof *e);
    if (!e) {
        return load_nomem(l);
    }
    e->ops = it->ops;
    if (same_module) {
        e->module = e[-1].module;
    } else if (!build_text(l, it->module, &e->module)) {
        return false;
    }
    return build_text(l, it->name, &e->name)
           && build_text(l, it->reason ? it->reason : "", &e->reason);
}

static bool add_item(struct loader *l, struct vec *entries, struct vec *lines, size_t i)
{
    const struct item *it = (const struct item *)l->items.p + i;
    struct list *list = (struct list *)l->lists.p + it->list;
    struct vec *to = list->kind == LIST_PLAIN ? lines : entries;
    if (list->count++ == 0) {
        list->first = (uint32_t)to->num;
    }
    bool same = i > 0 && list->count > 1 && strcmp(it[-1].module, it->module) == 0;
    if (i > 0 && !check_twice(l, it - 1, it)) {
        return false;
    }
    return to == lines ? add_line(l, lines, it) : add_entry(l, entries, it, same);
}

bool lists_finish(struct loader *l, struct model *m)
{
    struct vec entries = { 0 }, lines = { 0 };
    bool ok = true;
    if (l->items.num) {
        qsort(l->items.p, l->items.num, sizeof(struct item), compare_items);
    }
    for (size_t i = 0; ok && i < l->items.num; i++) {
        ok = add_item(l, &entries, &lines, i);
    }
    m->entries = entries.p; /* the model's, to free in any case */
    m->num_entries = entries.num;
    m->lines = lines.p;
    m->num_lines = lines.num;
    return ok;
}
