#include "torch_storages.h"

#include "../../parsers/base/keyed_hash.h"
#include "../report/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A member is identified by the keyed hash of its label. */
struct storage_view {
    uint64_t member;
    struct range at; /* in the storage, in bytes; len 0: unknown */
    uint32_t text; /* offset of its name in torch_storages.text */
    uint32_t num_text; /* bytes of its name */
};

/* "FILE!/archive/data.pkl" and "7": the hash of "FILE!/archive/data/7". */
static bool member_of(const char *pickle, struct bytes key, uint64_t *out)
{
    static const char name[] = "data.pkl";
    size_t n = strlen(pickle), tail = sizeof name - 1;
    char *shown = escape_printable(key, BOUND_region_name_bytes);
    bool ok = shown != NULL && n >= tail && strcmp(pickle + n - tail, name) == 0;
    char *member = NULL;
    ok = ok && asprintf(&member, "%.*sdata/%s", (int)(n - tail), pickle, shown) >= 0;
    if (ok) {
        *out = keyed_hash(0, bytes_of(member));
        free(member);
    }
    free(shown);
    return ok;
}

void torch_storages_add(struct torch_storages *s, const char *pickle, const struct fact *tensor)
{
    struct bytes name = bytes_sub(tensor->tensor.name, 0, BOUND_region_name_bytes);
    struct storage_view v = { .at = tensor->at, .num_text = (uint32_t)name.n };
    if (tensor->tensor.storage.n == 0 || name.n == 0
        || !member_of(pickle, tensor->tensor.storage, &v.member)) {
        return;
    }
    if (!region_map_reserve(&s->items, &s->cap, s->n + 1, sizeof *s->items, BOUND_regions)
        || !region_map_reserve(&s->text, &s->text_cap, s->num_text + name.n, 1,
                               BOUND_region_names_bytes)) {
        return;
    }
    v.text = (uint32_t)s->num_text;
    memcpy(s->text + s->num_text, name.p, name.n);
    s->num_text += name.n;
    s->items[s->n++] = v;
    s->sorted = false;
}

static int by_member(const void *a, const void *b)
{
    const struct storage_view *x = a, *y = b;
    if (x->member != y->member) {
        return x->member < y->member ? -1 : 1;
    }
    if (x->at.off != y->at.off) {
        return x->at.off < y->at.off ? -1 : 1;
    }
    return x->text < y->text ? -1 : x->text > y->text;
}

/* The first view of that member, or of the next one. */
static size_t first_of(const struct torch_storages *s, uint64_t member)
{
    size_t low = 0, high = s->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->items[mid].member < member) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

struct bytes torch_storages_name(struct torch_storages *s, const char *member, uint64_t at)
{
    uint64_t hash = keyed_hash(0, bytes_of(member));
    const struct storage_view *found = NULL;
    if (!s->sorted && s->n > 1) {
        qsort(s->items, s->n, sizeof *s->items, by_member);
    }
    s->sorted = true;
    size_t first = first_of(s, hash);
    for (size_t i = first;
         i < s->n && i - first < BOUND_storage_views && s->items[i].member == hash; i++) {
        const struct storage_view *v = &s->items[i];
        bool has = at >= v->at.off && at - v->at.off < v->at.len;
        found = found == NULL || has ? v : found;
    }
    return found != NULL ? (struct bytes){ s->text + found->text, found->num_text }
                         : (struct bytes){ NULL, 0 };
}

void torch_storages_done(struct torch_storages *s)
{
    free(s->items);
    free(s->text);
    *s = (struct torch_storages){ 0 };
}
