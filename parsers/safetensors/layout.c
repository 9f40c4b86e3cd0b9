/* layout.c - the tensors fill the data: from 0, back to back, to the file's end (tensor.rs:557,
 * 627-637, 420). */
#include "safetensors.h"

#include <stdlib.h>

static int by_place(const void *a, const void *b)
{
    const struct st_entry *x = a, *y = b;
    return x->begin != y->begin ? (x->begin < y->begin ? -1 : 1)
           : x->end < y->end    ? -1
                                : x->end > y->end;
}

/* --- names ------------------------------------------------------------------------ */

/* The last of several equal names wins.  Names are compared by hash: who makes two differ
 * and collide gets a finding for it. */
static bool note_duplicates(struct st *s)
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
                        "a tensor is there twice: the last one wins", "accepts")) {
            return false;
        }
    }
    return true;
}

/* --- places ------------------------------------------------------------------------ */

static bool sorted(const struct st *s)
{
    for (size_t i = 1; i < s->num_entries; i++) {
        if (by_place(&s->entries[i - 1], &s->entries[i]) > 0) {
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

static bool note_trailing(struct st *s, uint64_t from)
{
    struct fact f = { .kind = FACT_REGION,
                      .at = { s->data_at + from, s->o->src->size - s->data_at - from } };
    f.region.role = BYTES("trailing");
    struct inner in = { .at = f.at, .label = BYTES("trailing bytes"), .code = true };
    return emit(s->o->sink, &f) && emit_inner(s->o->sink, &in)
           && st_reject(s, f.at, "safetensors-trailing", "bytes behind the last tensor");
}

static bool check_places(struct st *s)
{
    uint64_t at = 0, data = s->o->src->size - s->data_at;
    if (!sorted(s)) {
        qsort(s->entries, s->num_entries, sizeof *s->entries, by_place);
    }
    for (size_t i = 0; i < s->num_entries; i++) {
        const struct st_entry *e = &s->entries[i];
        struct range where = { e->at, 0 };
        if (e->superseded) {
            continue;
        }
        if (e->begin != at) {
            return st_reject(s, where, e->begin > at ? "safetensors-hole" : "safetensors-overlap",
                             e->begin > at ? "bytes that belong to no tensor"
                                           : "tensors that overlap");
        }
        if (!check_size(s, e)) {
            return false;
        }
        at = e->end;
    }
    if (at > data) {
        return st_reject(s, (struct range){ s->data_at, data }, "tensor-past-end",
                         "tensors reach past the end of the file");
    }
    return at == data || note_trailing(s, at);
}

bool st_check_layout(struct st *s)
{
    return s->num_entries == 0 ? check_places(s) : note_duplicates(s) && check_places(s);
}
