/* name_set.c - hashes of names, sorted by a stable radix sort. */
#include "name_set.h"

#include <string.h>

#define RADIX_BITS 11u /* six passes for 64 bits, with counts that fit the first-level cache */
#define RADIX (1u << RADIX_BITS)

static uint64_t mix(uint64_t h)
{
    h = (h ^ h >> 32) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

uint64_t name_set_hash(uint64_t seed, struct bytes b)
{
    uint64_t h = seed ^ b.n;
    size_t i = 0;
    for (; i + 8 <= b.n; i += 8) {
        uint64_t word;
        memcpy(&word, b.p + i, 8);
        h = mix(h ^ word);
    }
    if (i < b.n) { /* padded with zeros; the length in the seed keeps such texts apart */
        uint64_t word = 0;
        memcpy(&word, b.p + i, b.n - i);
        h = mix(h ^ word);
    }

    return h;
}

bool name_set_add(struct name_set *s, struct budget *b, uint64_t hash, uint64_t index)
{
    if (!budget_grow(b, &s->list, &s->cap, s->n + 1, sizeof *s->list)) {
        return false;
    }
    s->list[s->n++] = (struct name){ hash, index };
    return true;
}

/* One pass of a stable radix sort. */
static void sort_pass(const struct name *from, struct name *to, size_t n, unsigned shift)
{
    size_t start[RADIX + 1] = { 0 };
    for (size_t i = 0; i < n; i++) {
        start[(from[i].hash >> shift & (RADIX - 1)) + 1]++;
    }

    for (size_t i = 0; i < RADIX; i++) {
        start[i + 1] += start[i];
    }

    for (size_t i = 0; i < n; i++) {
        to[start[from[i].hash >> shift & (RADIX - 1)]++] = from[i];
    }
}

bool name_set_sort(struct name_set *s, struct budget *b)
{
    size_t bytes = s->n * sizeof *s->list;
    struct name *spare = s->n < 2 ? NULL : budget_resize(b, NULL, 0, bytes);
    if (spare == NULL) {
        return s->n < 2;
    }

    struct name *from = s->list, *to = spare;
    for (unsigned shift = 0; shift < 64; shift += RADIX_BITS) {
        struct name *swap = from;
        sort_pass(from, to, s->n, shift);
        from = to;
        to = swap;
    }

    if (from != s->list) {
        memcpy(s->list, from, bytes);
    }

    budget_free(b, spare, bytes);
    return true;
}

void name_set_done(struct name_set *s, struct budget *b)
{
    budget_free(b, s->list, s->cap * sizeof *s->list);
    *s = (struct name_set){ 0 };
}
