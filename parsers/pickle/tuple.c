/* tuple.c - tuples, and how large values are when all they hold is walked.
 *
 *   payload of a K_TUPLE      bit 55: an index of `kept`, else a number of the ring
 *                             bits 48 to 53: log2 of its size; bits 0 to 47: the index or number
 *   payload of a K_FROZENSET  log2 of its size
 *
 * A tuple of two that are one tuple doubles its size in three bytes, and hashing it walks all. */
#include "vm.h"

#define KEPT_BIT (1ull << 55)
#define SIZE_SHIFT 48
#define SIZE_MASK 63u
#define NUMBER_MASK ((1ull << SIZE_SHIFT) - 1)
#define SIZE_BOMB 30u /* log2: a billion items, where honest files have millions */

static unsigned size_log2(struct val v)
{
    switch (val_kind(v)) {
    case K_TUPLE: return (unsigned)(val_payload(v) >> SIZE_SHIFT) & SIZE_MASK;
    case K_FROZENSET: return (unsigned)val_payload(v) & SIZE_MASK;
    default: return 0;
    }
}

bool values_size(struct vm *m, const struct val *items, uint64_t n, unsigned *log2)
{
    uint64_t size = 1;
    unsigned largest = 0;
    for (uint64_t i = 0; i < n; i++) {
        unsigned one = size_log2(items[i]);
        largest = one > largest ? one : largest;
        if (!add_u64(size, UINT64_C(1) << one, &size)) {
            size = UINT64_MAX;
        }
    }
    *log2 = 63u - (unsigned)__builtin_clzll(size);
    return *log2 < SIZE_BOMB || largest >= SIZE_BOMB
           || emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-expansion",
                           "a tuple or frozenset of more than a billion items when it is walked");
}

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
    unsigned log2;
    struct tuple *t = place(m, keep, out);
    if (t == NULL || !values_size(m, items, n, &log2)) {
        return false;
    }
    out->bits |= (uint64_t)log2 << SIZE_SHIFT;
    t->n = n;
    for (uint64_t i = 0; i < n && i < BOUND_pickle_tuple_items; i++) {
        t->items[i] = items[i];
    }
    return true;
}

const struct tuple *tuple_get(const struct vm *m, struct val v)
{
    const struct tuples *t = &m->tuples;
    uint64_t number = val_payload(v) & NUMBER_MASK;
    if (val_kind(v) != K_TUPLE) {
        return NULL;
    }
    if ((val_payload(v) & KEPT_BIT) != 0) {
        return &t->kept[number];
    }
    const struct tuple *found = &t->ring[number % BOUND_pickle_tuples];
    return found->number == number ? found : NULL;
}
