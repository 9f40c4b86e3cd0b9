/* region_map.h - where the tensors, regions and stored members of an object lie.
 *
 * Filled from facts as they come, read only when the search has found something. It is bounded
 * (limits.def): beyond the bound for names, regions have none; beyond the bound for regions,
 * tensors in a row are merged, and a region that is not kept makes the map `lost`. */
#ifndef MA_OBJECT_REGION_MAP_H
#define MA_OBJECT_REGION_MAP_H
#include "../../parsers/base/cursor.h"
#include "../../parsers/base/limits.h"

struct region {
    struct range at; /* bytes, in the object that was searched */
    uint32_t text; /* offset of role and name in region_map.text */
    uint16_t num_role; /* bytes of the role */
    uint16_t num_name; /* bytes of the name, behind the role */
    unsigned tag; /* the caller's */
};
struct region_map {
    struct region *items;
    size_t n;
    size_t cap;
    uint8_t *text; /* roles and names, one behind the other */
    size_t num_text; /* bytes of it that are used */
    size_t num_names; /* of those, bytes of names */
    size_t text_cap;
    bool sorted; /* as region_map_sort leaves it */
    bool lost; /* a region was not kept: that none has a byte means nothing then */
};
/* region_map_add copies role and name. Out of memory, or of bounds, the region is not added and the
 * map is lost. */
void region_map_add(struct region_map *w, struct range at, struct bytes role, struct bytes name,
                    unsigned tag);
/* region_map_find returns the innermost region that has this byte, or NULL. */
const struct region *region_map_find(struct region_map *w, uint64_t at);
/* region_map_sort orders by first byte; of those that start together, the longest comes first. */
void region_map_sort(struct region_map *w);
struct bytes region_role(const struct region_map *w, const struct region *p);
struct bytes region_name(const struct region_map *w, const struct region *p);
void region_map_clear(struct region_map *w); /* empties it, and frees its memory */
/* region_map_reserve() is vec_grow() up to `max` items.  Returns false also when `need` is above
 * them. */
MUST_CHECK bool region_map_reserve(void *array_pp, size_t *cap, size_t need, size_t item,
                                   size_t max);
#endif
