/* name_set.h - which of many names are there twice: by hash, linear, whatever the names are.
 *
 * Equal names have equal hashes; who makes two that differ collide gets a finding for it. */
#ifndef MA_CODEC_NAME_SET_H
#define MA_CODEC_NAME_SET_H
#include "../base/budget.h"

struct name {
    uint64_t hash, index;
};
struct name_set {
    struct name *list;
    size_t n, cap;
};

/* Continues `seed` over b; 0 to begin with. */
uint64_t name_set_hash(uint64_t seed, struct bytes b);
MUST_CHECK bool name_set_add(struct name_set *s, struct budget *b, uint64_t hash, uint64_t index);
/* Sorted by hash, equal ones in the order they were added.  False: no memory. */
MUST_CHECK bool name_set_sort(struct name_set *s, struct budget *b);
void name_set_done(struct name_set *s, struct budget *b);
#endif
