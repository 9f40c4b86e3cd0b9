/* budget.h - what one file may still use of each limit.
 *
 * One budget lives as long as the scan of one file and all that is inside it.  A spend that does
 * not fit returns false, changes nothing, and is remembered in `exceeded`: the scanner then reports
 * the object as stopped by that limit. */
#ifndef MA_BASE_BUDGET_H
#define MA_BASE_BUDGET_H
#include "cursor.h"
#include "limits.h"

struct budget {
    uint64_t max[NUM_LIMITS]; /* grown with the file */
    uint64_t used[NUM_LIMITS]; /* of the limits that add up; never more than max */
    enum limit exceeded; /* the first limit that was hit, or NUM_LIMITS */
    bool out_of_memory; /* the machine failed, not the file */
};
/* budget_init() starts a budget with the limits in max, which grow with the size of the file as
 * limits.def says. */
void budget_init(struct budget *b, const uint64_t max[NUM_LIMITS], uint64_t file_bytes);
/* budget_spend() adds n to what was used of a limit that adds up over a file: objects,
 * inflated_bytes, facts ... Returns false when that exceeds the limit, which is then remembered. */
MUST_CHECK bool budget_spend(struct budget *b, enum limit which, uint64_t n);
/* budget_exceed() remembers a limit as exceeded, if it is the first. Returns false. */
bool budget_exceed(struct budget *b, enum limit which);
/* budget_fits() is for limits on one thing: is n within the limit, which is remembered when not? */
MUST_CHECK static inline bool budget_fits(struct budget *b, enum limit which, uint64_t n)
{
    return n <= b->max[which] || budget_exceed(b, which);
}

/* budget_resize() resizes a block as realloc() does and counts it against heap_bytes; new_bytes is
 * not 0, p may be NULL.  New bytes are zero.  Returns NULL when the budget or the memory does not
 * suffice; the old block is then unchanged.  The caller frees the block by budget_free(). */
void *budget_resize(struct budget *b, void *p, size_t old_bytes, size_t new_bytes);
/* budget_malloc() returns n bytes of any content, for a buffer that is filled before it is read:
 * pages that a small file does not need are not touched.  NULL as budget_resize().  The caller
 * frees the block by budget_free(). */
void *budget_malloc(struct budget *b, size_t n);
/* budget_free() frees p, a block of `bytes` bytes of the two above, and returns them to the budget.
 * Nothing happens when p is NULL. */
void budget_free(struct budget *b, void *p, size_t bytes);
/* budget_grow() makes `need` items fit into an array that has a capacity of *cap; it doubles.
 * Returns false when the budget or the memory does not suffice; the array and *cap are then as they
 * were. */
MUST_CHECK bool budget_grow_more(struct budget *b, void *array_pp, size_t *cap, size_t need,
                                 size_t item_bytes);
MUST_CHECK static inline bool budget_grow(struct budget *b, void *array_pp, size_t *cap,
                                          size_t need, size_t item_bytes)
{
    return need <= *cap || budget_grow_more(b, array_pp, cap, need, item_bytes);
}
#endif
