/* sort_lists.c - sorts the items of all lists, checks for duplicates, and fills the tables. */
#include "build.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare_items(const void *a, const void *b)
{
    const struct item *x = a;
    const struct item *y = b;
    if (x->list != y->list) {
        return x->list < y->list ? -1 : 1;
    }
    int order = strcmp(x->module, y->module);
    return order != 0 ? order : strcmp(x->name, y->name);
}

static bool is_before(const struct item *a, const struct item *b)
{
    int order = strcmp(a->file, b->file);
    return order < 0 || (order == 0 && a->line < b->line);
}

/* Two items that are adjacent in the sorted list are different. */
static bool check_duplicate(struct loader *l, const struct item *a, const struct item *b)
{
    if (compare_items(a, b) != 0) {
        return true;
    }

    const struct item *first = is_before(a, b) ? a : b;
    const struct item *second = first == a ? b : a;
    const char *space = second->name[0] != 0 ? " " : "";
    free(l->file);
    l->file = strdup(second->file);
    (void)snprintf(l->pointer, sizeof l->pointer, "%u", second->line); /* fits */
    return load_fail(l, "'%s%s%s' is already in %s:%u", second->module, space, second->name,
                     first->file, first->line);
}

static bool add_line(struct loader *l, struct vec *lines, const struct item *it)
{
    struct pool_text *slot = vec_add(lines, sizeof *slot);
    if (slot == NULL) {
        return load_nomem(l);
    }
    return build_text(l, it->module, slot);
}

/* Adjacent entries often have the same module, whose text is then shared. */
static bool add_entry(struct loader *l, struct vec *entries, const struct item *it,
                      bool same_module)
{
    struct entry *e = vec_add(entries, sizeof *e);
    if (e == NULL) {
        return load_nomem(l);
    }

    e->ops = it->ops;
    if (same_module) {
        e->module = e[-1].module;
    } else if (!build_text(l, it->module, &e->module)) {
        return false;
    }

    const char *reason = it->reason != NULL ? it->reason : "";
    return build_text(l, it->name, &e->name) && build_text(l, reason, &e->reason);
}

static bool add_item(struct loader *l, struct vec *entries, struct vec *lines, size_t i)
{
    const struct item *it = (const struct item *)l->items.p + i;
    struct list *list = (struct list *)l->lists.p + it->list;
    struct vec *to = list->kind == LIST_PLAIN ? lines : entries;
    if (list->count++ == 0) {
        list->first = (uint32_t)to->num;
    }
    if (i > 0 && !check_duplicate(l, it - 1, it)) {
        return false;
    }
    if (to == lines) {
        return add_line(l, lines, it);
    }

    bool same_module = i > 0 && list->count > 1 && strcmp(it[-1].module, it->module) == 0;
    return add_entry(l, entries, it, same_module);
}

bool lists_finish(struct loader *l, struct rule_tables *t)
{
    struct vec entries = { 0 };
    struct vec lines = { 0 };
    bool ok = true;
    if (l->items.num > 0) {
        qsort(l->items.p, l->items.num, sizeof(struct item), compare_items);
    }

    for (size_t i = 0; ok && i < l->items.num; i++) {
        ok = add_item(l, &entries, &lines, i);
    }

    t->entries = entries.p; /* owned by the tables, also after a failure */
    t->num_entries = entries.num;
    t->lines = lines.p;
    t->num_lines = lines.num;
    return ok;
}
