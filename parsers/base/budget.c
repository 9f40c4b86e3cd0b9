#include "budget.h"

#include <stdlib.h>
#include <string.h>

const struct limit_row limit_rows[NUM_LIMITS] = {
#define LIMIT(name, unit, value, per, why) { #name, unit, value, per, why },
#include "limits.def"
};

static uint64_t grown(uint64_t max, uint64_t per, uint64_t file_bytes)
{
    uint64_t sum = max;
    if (per != 0 && !add_u64(max, file_bytes / per, &sum)) {
        return UINT64_MAX;
    }
    return sum;
}

void budget_init(struct budget *b, const uint64_t max[NUM_LIMITS], uint64_t file_bytes)
{
    *b = (struct budget){ .exceeded = NUM_LIMITS };
    for (int i = 0; i < NUM_LIMITS; i++) {
        b->max[i] = grown(max[i], limit_rows[i].per, file_bytes);
    }
}

bool budget_exceed(struct budget *b, enum limit which)
{
    if (b->exceeded == NUM_LIMITS) {
        b->exceeded = which;
    }
    return false;
}

bool budget_spend(struct budget *b, enum limit which, uint64_t n)
{
    if (n > b->max[which] - b->used[which]) { /* used never exceeds max */
        return budget_exceed(b, which);
    }
    b->used[which] += n;
    return true;
}

void *budget_malloc(struct budget *b, size_t n)
{
    void *p = budget_spend(b, LIMIT_heap_bytes, n) ? malloc(n) : NULL;
    if (p == NULL && b->exceeded == NUM_LIMITS) {
        b->out_of_memory = true;
    }
    return p;
}

void *budget_resize(struct budget *b, void *p, size_t old_bytes, size_t new_bytes)
{
    if (new_bytes > old_bytes && !budget_spend(b, LIMIT_heap_bytes, new_bytes - old_bytes)) {
        return NULL;
    }
    uint8_t *q = realloc(p, new_bytes);
    if (q == NULL) {
        b->out_of_memory = true;
        b->used[LIMIT_heap_bytes] -= new_bytes > old_bytes ? new_bytes - old_bytes : 0;
        return NULL;
    }
    if (new_bytes > old_bytes) {
        memset(q + old_bytes, 0, new_bytes - old_bytes);
    } else {
        b->used[LIMIT_heap_bytes] -= old_bytes - new_bytes;
    }
    return q;
}

void budget_free(struct budget *b, void *p, size_t bytes)
{
    if (p != NULL) {
        free(p);
        b->used[LIMIT_heap_bytes] -= bytes;
    }
}

#define LARGE_BYTES 1048576u

bool budget_grow_more(struct budget *b, void *array_pp, size_t *cap, size_t need, size_t item_bytes)
{
    void *array;
    memcpy(&array, array_pp, sizeof array); /* any type of pointer comes in */
    size_t wanted = *cap < 8 ? 8 : *cap;
    while (wanted < need) { /* large ones by a quarter: spare capacity counts, too */
        size_t more = wanted > LARGE_BYTES / item_bytes ? wanted / 4 : wanted;
        wanted = wanted > SIZE_MAX - more ? need : wanted + more;
    }
    if (wanted > SIZE_MAX / item_bytes) {
        return budget_exceed(b, LIMIT_heap_bytes);
    }
    array = budget_resize(b, array, *cap * item_bytes, wanted * item_bytes);
    if (array == NULL) {
        return false;
    }
    memcpy(array_pp, &array, sizeof array);
    *cap = wanted;
    return true;
}
