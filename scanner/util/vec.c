#include "vec.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 16u /* items */

static bool resize(void *array_pp, size_t n, size_t item_bytes)
{
    void *array;
    memcpy(&array, array_pp, sizeof array); /* it points to a pointer of any type */
    array = n <= SIZE_MAX / item_bytes ? realloc(array, n * item_bytes) : NULL;
    if (array == NULL) {
        return false;
    }
    memcpy(array_pp, &array, sizeof array);
    return true;
}

bool vec_grow_more(void *array_pp, size_t *cap, size_t need, size_t item_bytes)
{
    size_t wanted = *cap == 0 ? FIRST_CAP : *cap;
    while (wanted < need) {
        wanted = wanted > SIZE_MAX / 2 ? need : wanted * 2;
    }
    if (!resize(array_pp, wanted, item_bytes)) {
        return false;
    }
    *cap = wanted;
    return true;
}

bool vec_extend(void *array_pp, size_t n, size_t item_bytes)
{
    return n < SIZE_MAX && resize(array_pp, n + 1, item_bytes);
}
