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

struct storage_size {
    uint64_t member; /* hash of its label in lower case */
    uint64_t bytes;
};

/* Replaces the label by its lower case; NULL stays NULL. */
static char *lower_case(char *label)
{
    for (char *p = label; p != NULL && *p != 0; p++) {
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
    }
    return label;
}

/* "FILE!/archive/data.pkl" and "7": "file!/archive/data/7". */
static char *storage_label(const char *pickle, const char *key)
{
    const char *slash = strrchr(pickle, '/');
    int n = slash == NULL ? 0 : (int)(slash - pickle) + 1;
    char *label = NULL;
    return asprintf(&label, "%.*sdata/%s", n, pickle, key) < 0 ? NULL : lower_case(label);
}

bool torch_storages_declare(struct torch_storages *s, const char *pickle, const struct fact *tensor)
{
    char *key = escape_printable(tensor->tensor.storage, BOUND_region_name_bytes);
    char *label = key != NULL ? storage_label(pickle, key) : NULL;
    bool ok = label != NULL
              && region_map_reserve(&s->sizes, &s->cap_sizes, s->num_sizes + 1, sizeof *s->sizes,
                                    BOUND_regions);
    if (ok) {
        uint64_t member = keyed_hash(0, bytes_of(label));
        uint64_t bytes = tensor->tensor.storage_bytes.v;
        s->sizes[s->num_sizes++] = (struct storage_size){ member, bytes };
        s->sizes_sorted = false;
    }
    free(label);
    free(key);
    return ok;
}

/* The largest first. */
static int by_member_size(const void *a, const void *b)
{
    const struct storage_size *x = a;
    const struct storage_size *y = b;
    if (x->member != y->member) {
        return x->member < y->member ? -1 : 1;
    }
    return x->bytes > y->bytes ? -1 : x->bytes < y->bytes;
}

uint64_t torch_storages_declared(struct torch_storages *s, const char *member)
{
    char *label = s->num_sizes > 0 ? lower_case(strdup(member)) : NULL;
    uint64_t most = 0;
    if (label == NULL) {
        return 0;
    }
    uint64_t hash = keyed_hash(0, bytes_of(label));
    if (!s->sizes_sorted) {
        qsort(s->sizes, s->num_sizes, sizeof *s->sizes, by_member_size);
    }
    s->sizes_sorted = true;
    size_t low = 0;
    size_t high = s->num_sizes;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (s->sizes[mid].member < hash) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low < s->num_sizes && s->sizes[low].member == hash) {
        most = s->sizes[low].bytes;
    }
    free(label);
    return most;
}

void torch_storages_done(struct torch_storages *s)
{
    free(s->sizes);
    free(s->items);
    free(s->text);
    *s = (struct torch_storages){ 0 };
}
