#include "hash_index.h"

#define FIRST_SLOTS 64u

void hash_index_put(struct hash_index *x, uint64_t hash, uint32_t item)
{
    size_t i = hash_index_start(x, hash);
    while (x->slots[i] != 0) {
        i = (i + 1) & (x->num_slots - 1);
    }
    x->slots[i] = item + 1;
}

bool hash_index_grow(struct hash_index *x, struct budget *b, size_t n, hash_index_hash *hash_of,
                     const void *ctx)
{
    if ((n + 1) * 2 <= x->num_slots) {
        return true;
    }
    if (n >= UINT32_MAX - 1) {
        return budget_exceed(b, LIMIT_heap_bytes);
    }

    struct hash_index grown = { .num_slots = x->num_slots == 0 ? FIRST_SLOTS : x->num_slots * 2 };
    grown.slots = budget_resize(b, NULL, 0, grown.num_slots * sizeof *grown.slots);
    if (grown.slots == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < n; i++) {
        hash_index_put(&grown, hash_of(ctx, i), i);
    }
    hash_index_done(x, b);
    *x = grown;
    return true;
}

void hash_index_done(struct hash_index *x, struct budget *b)
{
    budget_free(b, x->slots, x->num_slots * sizeof *x->slots);
    *x = (struct hash_index){ 0 };
}
