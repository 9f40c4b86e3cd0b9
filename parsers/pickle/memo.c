#include "vm.h"

#define EMPTY UINT64_MAX /* bits of a dense slot that holds nothing */

static size_t slot_of(const struct memo *memo, uint64_t key)
{
    size_t i = (size_t)keyed_hash_u64(key) & (memo->sparse_cap - 1);
    while (memo->sparse[i].key != 0 && memo->sparse[i].key != key + 1) {
        i = (i + 1) & (memo->sparse_cap - 1);
    }
    return i;
}

static bool rehash(struct vm *m)
{
    struct memo *memo = &m->memo;
    struct memo old = *memo;
    struct budget *b = m->o->budget;
    size_t cap = old.sparse_cap == 0 ? 64 : old.sparse_cap * 2;
    struct memo_slot *slots = budget_resize(b, NULL, 0, cap * sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    memo->sparse = slots;
    memo->sparse_cap = cap;
    for (size_t i = 0; i < old.sparse_cap; i++) {
        if (old.sparse[i].key != 0) {
            slots[slot_of(memo, old.sparse[i].key - 1)] = old.sparse[i];
        }
    }
    budget_free(b, old.sparse, old.sparse_cap * sizeof *slots);
    return true;
}

static bool put_sparse(struct vm *m, uint64_t key, struct val v)
{
    struct memo *memo = &m->memo;
    if ((memo->num_sparse + 1) * 2 > memo->sparse_cap && !rehash(m)) {
        return false;
    }
    struct memo_slot *s = &memo->sparse[slot_of(memo, key)];
    if (s->key == 0) {
        memo->num_sparse++;
        memo->count++;
    }
    *s = (struct memo_slot){ key + 1, v };
    return true;
}

/* The dense part grows to `key`; what the sparse part holds stays there. */
static bool grow_dense(struct vm *m, uint64_t key)
{
    struct memo *memo = &m->memo;
    size_t before = memo->cap;
    if (!budget_grow(m->o->budget, &memo->dense, &memo->cap, (size_t)key + 1,
                     sizeof *memo->dense)) {
        return false;
    }
    for (size_t i = before; i < memo->cap; i++) {
        memo->dense[i].bits = EMPTY;
    }
    return true;
}

static bool in_sparse(const struct memo *memo, uint64_t key)
{
    return memo->num_sparse > 0 && memo->sparse[slot_of(memo, key)].key != 0;
}

bool memo_put(struct vm *m, uint64_t key, struct val v)
{
    struct memo *memo = &m->memo;
    if (key == UINT64_MAX || !budget_fits(m->o->budget, LIMIT_pickle_memo, memo->count)) {
        return false;
    }
    if (in_sparse(memo, key) || key > memo->count * 2 + 1024) {
        return put_sparse(m, key, v);
    }
    if (key >= memo->cap && !grow_dense(m, key)) {
        return false;
    }
    memo->count += memo->dense[key].bits == EMPTY;
    memo->dense[key] = v;
    return true;
}

bool memo_get(const struct vm *m, uint64_t key, struct val *out)
{
    const struct memo *memo = &m->memo;
    if (key < memo->cap && memo->dense[key].bits != EMPTY) {
        *out = memo->dense[key];
        return true;
    }
    if (!in_sparse(memo, key)) {
        return false;
    }
    *out = memo->sparse[slot_of(memo, key)].v;
    return true;
}

void memo_clear(struct vm *m)
{
    struct memo *memo = &m->memo;
    budget_free(m->o->budget, memo->dense, memo->cap * sizeof *memo->dense);
    budget_free(m->o->budget, memo->sparse, memo->sparse_cap * sizeof *memo->sparse);
    *memo = (struct memo){ 0 };
}
