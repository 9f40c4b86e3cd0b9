/* region_map.h - what lies where in an object: its tensors, regions and stored members.
 *
 * Filled from facts as they come, asked only when the search has found something. Bounded: of an
 * object with more places than that, the rest has no name; what is not kept at all is known to
 * be missing. */
#ifndef MA_OBJECT_REGION_MAP_H
#define MA_OBJECT_REGION_MAP_H
#include "../../parsers/base/cursor.h"

#define WHERE_PLACES 131072u /* entries of 32 bytes */
#define WHERE_TEXT 8388608u /* bytes of names */
#define WHERE_NAME 1024u /* bytes of one name that are kept */
#define WHERE_ROLE 16u /* bytes of a role: kept when there is no room for names any more */

struct region {
    struct range at; /* bytes, in the object that was searched */
    uint32_t text; /* offset of role and name in where.text */
    uint16_t num_role, num_name;
    unsigned tag; /* the caller's */
};
struct region_map {
    struct region *items;
    size_t n, cap;
    uint8_t *text;
    size_t num_text, num_names, text_cap;
    bool sorted, lost; /* lost: there were more, so that "no place has it" says nothing */
};
/* Out of memory or out of bounds: not added, and lost.  Text is copied. */
void region_map_add(struct region_map *w, struct range at, struct bytes role, struct bytes name,
                    unsigned tag);
/* The innermost place that has this byte; NULL: none. */
const struct region *region_map_find(struct region_map *w, uint64_t at);
/* By first byte; of those that start together, the longest first. */
void region_map_sort(struct region_map *w);
struct bytes region_role(const struct region_map *w, const struct region *p);
struct bytes region_name(const struct region_map *w, const struct region *p);
void region_map_clear(struct region_map *w); /* forgets all; keeps no memory */
/* Room for `need` of at most `max` items in a heap array; false: none, and the array is as it
 * was. */
bool region_map_reserve(void **p, size_t *cap, size_t need, size_t item, size_t max);
#endif
