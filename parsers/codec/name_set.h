/* name_set.h - finds duplicates among many names by their hashes, in linear time.
 *
 * Equal names have equal hashes; a deliberate collision is reported as a duplicate. */
#ifndef MA_CODEC_NAME_SET_H
#define MA_CODEC_NAME_SET_H
#include "../base/budget.h"

struct name {
    uint64_t hash;
    uint64_t index; /* the caller's number of the name */
};

/* Zeroed, a set is empty. */
struct name_set {
    struct name *list;
    size_t n;
    size_t cap;
};

/* name_set_hash() returns the hash of b continued from seed, which is 0 for the first part of a
 * name. */
uint64_t name_set_hash(uint64_t seed, struct bytes b);

/* name_set_add() appends a name.  Returns false without memory; the set is then unchanged. */
MUST_CHECK bool name_set_add(struct name_set *s, struct budget *b, uint64_t hash, uint64_t index);

/* name_set_sort() sorts the list by hash; equal hashes stay in the order of their addition.
 * Returns false without memory; the set is then unchanged. */
MUST_CHECK bool name_set_sort(struct name_set *s, struct budget *b);

/* name_set_done() releases the list; the set is then empty. */
void name_set_done(struct name_set *s, struct budget *b);

#endif
