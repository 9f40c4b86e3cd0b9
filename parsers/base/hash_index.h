/* hash_index.h - finds items of an array by the hash of their keys (open addressing).
 *
 * The index holds the numbers of the items; the array and the keys are the caller's.  The hashes
 * come from keyed_hash() where the keys come from a file.
 *
 *     uint32_t item;
 *     for (size_t slot = hash_index_start(x, hash); hash_index_next(x, &slot, &item);) {
 *         if (the key of item number `item` is the one looked for) {
 *             return item;
 *         }
 *     } */
#ifndef MA_BASE_HASH_INDEX_H
#define MA_BASE_HASH_INDEX_H
#include "budget.h"

/* Zeroed, an index is empty. */
struct hash_index {
    uint32_t *slots; /* the number of an item plus 1; 0: an empty slot */
    size_t num_slots; /* 0 or a power of two; at most half of them are in use */
};

static inline size_t hash_index_start(const struct hash_index *x, uint64_t hash)
{
    return (size_t)hash & (x->num_slots - 1);
}
/* hash_index_next() returns the next item whose hash may be the one looked for.  Returns false when
 * there is none left. */
static inline bool hash_index_next(const struct hash_index *x, size_t *slot, uint32_t *item)
{
    uint32_t found = x->num_slots > 0 ? x->slots[*slot] : 0;
    *slot = (*slot + 1) & (x->num_slots - 1);
    *item = found - 1;
    return found != 0;
}

/* hash_index_put() enters an item, for which there is a free slot. */
void hash_index_put(struct hash_index *x, uint64_t hash, uint32_t item);

/* hash_index_grow() makes place for one more item than the `n` that are in the index, numbers 0 to
 * n - 1.  hash_of returns the hash of one of them.  Returns false when the budget or the memory
 * does not suffice; the index is then unchanged. */
typedef uint64_t hash_index_hash(const void *ctx, uint32_t item);
MUST_CHECK bool hash_index_grow(struct hash_index *x, struct budget *b, size_t n,
                                hash_index_hash *hash_of, const void *ctx);
/* hash_index_done() frees what hash_index_grow() allocated; the index is then empty. */
void hash_index_done(struct hash_index *x, struct budget *b);
#endif
