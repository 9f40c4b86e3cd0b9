#include "vm.h"

#define KEPT_BIT (1ull << 55) /* payload: index into kept, not a ring number */

bool val_callable(const struct vm *m, struct val v)
{
    switch (val_kind(v)) {
    case K_GLOBAL:
    case K_MODULE:
    case K_WRAPPED:
    case K_UNKNOWN:
    case K_EXT: return true;
    case K_TUPLE: return (val_payload(v) & KEPT_BIT) != 0 || tuple_get(m, v) == NULL;
    default: return false;
    }
}

static struct tuple *place(struct vm *m, bool keep, struct val *out)
{
    struct tuples *t = &m->tuples;
    struct budget *b = m->o->budget;
    if (keep) {
        if (!budget_grow(b, &t->kept, &t->kept_cap, t->num_kept + 1, sizeof *t->kept)) {
            return NULL;
        }
        *out = val_of(K_TUPLE, KEPT_BIT | t->num_kept);
        return &t->kept[t->num_kept++];
    }
    size_t slot = (size_t)(t->next % BOUND_pickle_tuples);
    if (!budget_grow(b, &t->ring, &t->ring_cap, slot + 1, sizeof *t->ring)) {
        return NULL;
    }
    *out = val_of(K_TUPLE, t->next);
    t->ring[slot].number = t->next++;
    return &t->ring[slot];
}

bool tuple_new(struct vm *m, const struct val *items, uint64_t n, struct val *out)
{
    bool keep = false;
    for (uint64_t i = 0; i < n && !keep; i++) {
        keep = val_callable(m, items[i]);
    }
    struct tuple *t = place(m, keep, out);
    if (t == NULL) {
        return false;
    }
    t->n = n;
    for (uint64_t i = 0; i < n && i < BOUND_pickle_tuple_items; i++) {
        t->items[i] = items[i];
    }
    return true;
}

const struct tuple *tuple_get(const struct vm *m, struct val v)
{
    const struct tuples *t = &m->tuples;
    uint64_t number = val_payload(v);
    if (val_kind(v) != K_TUPLE) {
        return NULL;
    }
    if (number & KEPT_BIT) {
        return &t->kept[number & ~KEPT_BIT];
    }
    const struct tuple *found = &t->ring[number % BOUND_pickle_tuples];
    return found->number == number ? found : NULL;
}
