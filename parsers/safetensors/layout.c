/* layout.c - the check that the tensors fill the data from its start to the end of the file, back
 * to back (tensor.rs:557, 627-637, 420). */
#include "safetensors.h"

#include <stdlib.h>

static int compare_u64(uint64_t a, uint64_t b)
{
    if (a == b) {
        return 0;
    }
    return a < b ? -1 : 1;
}

/* By begin, then by end. */
static int compare_places(const void *a, const void *b)
{
    const struct st_entry *x = a;
    const struct st_entry *y = b;
    int order = compare_u64(x->begin, y->begin);
    return order != 0 ? order : compare_u64(x->end, y->end);
}

/* --- names ------------------------------------------------------------------------ */

/* The last of several equal names wins.  Names are compared by hash; a deliberate collision is
 * reported as a duplicate. */
static bool check_duplicates(struct st *s)
{
    if (!name_set_sort(&s->names, s->o->budget)) {
        return false;
    }

    for (size_t i = 0; i + 1 < s->names.n; i++) {
        const struct name *n = &s->names.list[i];
        struct st_entry *e = &s->entries[n->index];
        e->superseded = n->hash == n[1].hash;
        if (e->superseded
            && !st_note(s, (struct range){ e->at, 0 }, "safetensors-duplicate-name",
                        "duplicate tensor: the last one wins", "accepts")) {
            return false;
        }
    }

    return true;
}

/* --- places ------------------------------------------------------------------------ */

static bool is_sorted(const struct st *s)
{
    for (size_t i = 1; i < s->num_entries; i++) {
        if (compare_places(&s->entries[i - 1], &s->entries[i]) > 0) {
            return false;
        }
    }
    return true;
}

static bool check_size(struct st *s, const struct st_entry *e)
{
    struct range at = { e->at, 0 };
    switch (e->size) {
    case ST_SIZE_FITS: return true;
    case ST_SIZE_OVERFLOW:
        return st_reject(s, at, "tensor-size-overflow",
                         "a shape whose size does not fit in 64 bits");
    case ST_SIZE_BITS:
        return st_reject(s, at, "safetensors-bad-size", "elements that end within a byte");
    case ST_SIZE_DIFFERS: break;
    }
    return st_reject(s, at, "tensor-size-mismatch", "offsets and shape give different sizes");
}

static bool reject_trailing(struct st *s, uint64_t from)
{
    struct fact f = { .kind = FACT_REGION,
                      .at = { s->data_at + from, s->o->src->size - s->data_at - from } };
    f.region.role = BYTES("trailing");
    struct inner in = { .at = f.at, .label = BYTES("trailing bytes"), .code = true };
    return emit(s->o->sink, &f) && emit_inner(s->o->sink, &in)
           && st_reject(s, f.at, "safetensors-trailing", "bytes behind the last tensor");
}

/* A tensor follows the one before it, which ends at `at`. */
static bool check_begin(struct st *s, const struct st_entry *e, uint64_t at)
{
    struct range where = { e->at, 0 };
    if (e->begin > at) {
        return st_reject(s, where, "safetensors-hole", "bytes that belong to no tensor");
    }
    if (e->begin < at) {
        return st_reject(s, where, "safetensors-overlap", "tensors that overlap");
    }
    return true;
}

static bool check_places(struct st *s)
{
    uint64_t at = 0;
    uint64_t data = s->o->src->size - s->data_at;
    if (!is_sorted(s)) {
        qsort(s->entries, s->num_entries, sizeof *s->entries, compare_places);
    }

    for (size_t i = 0; i < s->num_entries; i++) {
        const struct st_entry *e = &s->entries[i];
        if (e->superseded) {
            continue;
        }
        if (!check_begin(s, e, at) || !check_size(s, e)) {
            return false;
        }
        at = e->end;
    }

    if (at > data) {
        return st_reject(s, (struct range){ s->data_at, data }, "tensor-past-end",
                         "tensors reach past the end of the file");
    }

    return at == data || reject_trailing(s, at);
}

bool st_check_layout(struct st *s)
{
    if (s->num_entries > 0 && !check_duplicates(s)) {
        return false;
    }
    return check_places(s);
}
