#include "region_map.h"

#include "../util/vec.h"

#include <stdlib.h>
#include <string.h>

bool region_map_reserve(void *array_pp, size_t *cap, size_t need, size_t item, size_t max)
{
    return need <= *cap || (need <= max && vec_grow(array_pp, cap, need, item));
}

static uint16_t append_text(struct region_map *w, struct bytes b)
{
    b = bytes_sub(b, 0, BOUND_region_name_bytes);
    if (b.n > 0) {
        memcpy(w->text + w->num_text, b.p, b.n);
        w->num_text += b.n;
    }
    return (uint16_t)b.n;
}

/* Is the map full for that role? Tensors leave some capacity to other regions: gaps and trailing
 * bytes are few. */
static bool is_full(const struct region_map *w, bool tensor)
{
    return w->n >= BOUND_regions - (tensor ? BOUND_spare_regions : 0u);
}

/* Beyond the bound, tensors in a row are one region without a name. */
static bool merge(struct region_map *w, struct range at, bool tensor)
{
    struct region *last = tensor && w->n > 0 ? &w->items[w->n - 1] : NULL;
    uint64_t end;
    if (last == NULL || at.off < last->at.off || !bytes_eq(region_role(w, last), BYTES("tensor"))
        || !add_u64(at.off, at.len, &end)) {
        return false;
    }
    last->num_name = 0;
    last->at.len = end - last->at.off > last->at.len ? end - last->at.off : last->at.len;
    return true;
}

static bool append(struct region_map *w, struct range at, struct bytes role, struct bytes name,
                   unsigned tag)
{
    size_t text = w->num_text + BOUND_region_role_bytes + BOUND_region_name_bytes;
    bool ok =
        region_map_reserve(&w->items, &w->cap, w->n + 1, sizeof *w->items, BOUND_regions)
        && region_map_reserve(&w->text, &w->text_cap, text, 1,
                              BOUND_region_names_bytes + BOUND_regions * BOUND_region_role_bytes);
    if (ok) {
        struct region *p = &w->items[w->n++];
        *p = (struct region){ .at = at, .text = (uint32_t)w->num_text, .tag = tag };
        p->num_role = append_text(w, bytes_sub(role, 0, BOUND_region_role_bytes));
        p->num_name = w->num_names < BOUND_region_names_bytes - BOUND_region_name_bytes
                          ? append_text(w, name)
                          : (uint16_t)0;
        w->num_names += p->num_name;
        w->sorted = false;
    }
    return ok;
}

void region_map_add(struct region_map *w, struct range at, struct bytes role, struct bytes name,
                    unsigned tag)
{
    bool tensor = bytes_eq(role, BYTES("tensor"));
    if (at.len > 0
        && !(is_full(w, tensor) ? merge(w, at, tensor) : append(w, at, role, name, tag))) {
        w->lost = true;
    }
}

static int by_place(const void *a, const void *b)
{
    const struct region *x = a, *y = b;
    if (x->at.off != y->at.off) {
        return x->at.off < y->at.off ? -1 : 1;
    }
    return x->at.len > y->at.len ? -1 : x->at.len < y->at.len;
}

void region_map_sort(struct region_map *w)
{
    if (!w->sorted && w->n > 1) {
        qsort(w->items, w->n, sizeof *w->items, by_place);
    }
    w->sorted = true;
}

const struct region *region_map_find(struct region_map *w, uint64_t at)
{
    size_t low = 0, high = w->n;
    region_map_sort(w);
    while (low < high) { /* low: the first that starts behind `at` */
        size_t mid = low + (high - low) / 2;
        if (w->items[mid].at.off <= at) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (size_t i = low; i-- > 0 && low - i <= BOUND_region_siblings;) {
        if (at - w->items[i].at.off < w->items[i].at.len) {
            return &w->items[i];
        }
    }
    return NULL;
}

struct bytes region_role(const struct region_map *w, const struct region *p)
{
    return (struct bytes){ w->text + p->text, p->num_role };
}

struct bytes region_name(const struct region_map *w, const struct region *p)
{
    return (struct bytes){ w->text + p->text + p->num_role, p->num_name };
}

void region_map_clear(struct region_map *w)
{
    free(w->items);
    free(w->text);
    *w = (struct region_map){ 0 };
}
