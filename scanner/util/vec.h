/* vec.h - arrays that grow, on the heap.
 *
 *     if (!vec_grow(&list->items, &list->cap, list->n + 1, sizeof *list->items)) {
 *         return false;
 *     }
 *     list->items[list->n++] = item;
 *
 * The array is NULL at first and freed by its owner with free().  Where the memory is counted for a
 * file, budget_grow() of parsers/base takes this place. */
#ifndef MA_UTIL_VEC_H
#define MA_UTIL_VEC_H
#include "../../parsers/base/cursor.h"

bool vec_grow_more(void *array_pp, size_t *cap, size_t need, size_t item_bytes);
/* vec_grow() makes the array that *array_pp points to hold at least `need` items; *cap, the number
 * it can hold, at least doubles when it grows.  The new items are not initialised.  Returns false
 * when out of memory; the array and *cap are then unchanged. */
MUST_CHECK static inline bool vec_grow(void *array_pp, size_t *cap, size_t need, size_t item_bytes)
{
    return need <= *cap || vec_grow_more(array_pp, cap, need, item_bytes);
}
/* vec_extend() makes an array of n items hold n + 1, for short lists that keep no capacity.
 * Returns false as vec_grow(). */
MUST_CHECK bool vec_extend(void *array_pp, size_t n, size_t item_bytes);
#endif
