/* walk.c - the local headers: from byte 0 on, as a streaming reader goes, and
 * those that only a central header leads to. */
#include "directories.h"
#include <stdlib.h>

static const struct zip_entry *central_of(const struct zip *z, uint64_t header_at)
{
    size_t low = 0, high = z->by_header_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (z->by_header[mid].header_at < header_at) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low == z->by_header_n || z->by_header[low].header_at != header_at) {
        return NULL;
    }
    return &z->central[z->by_header[low].index];
}

/* A central header mostly has the same name: then it is kept once. */
static bool keep_name(struct zip *z, struct bytes name, struct zip_entry *e)
{
    const struct zip_entry *c = central_of(z, e->at);
    if (c != NULL && bytes_eq(zip_name(z, c), name)) {
        e->name_at = c->name_at;
        return true;
    }
    return zip_copy_name(z, name, &e->name_at);
}

bool zip_local_at(struct zip *z, uint64_t at, struct zip_entry *out, bool *found)
{
    uint8_t raw[ZIP_LOCAL_BYTES];
    uint64_t size = z->o->src->size;
    struct zip_entry e = { .at = at, .header_at = at };
    struct cursor c = cur_of((struct bytes){ raw, sizeof raw }, at);
    *found = false;
    if (at > size || size - at < sizeof raw) {
        return true;
    }
    if (!source_read(z->o->src, at, raw, sizeof raw)) {
        return false;
    }
    size_t n;
    if (!zip_read_local(&c, &e.is)) {
        return true;
    }
    n = (size_t)e.is.name_bytes + e.is.extra_bytes;
    if (n > size - at - sizeof raw) {
        return true;
    }
    if (!source_read(z->o->src, at + sizeof raw, z->cap, n)) {
        return false;
    }
    struct bytes rest = { z->cap, n };
    zip_widen(&e.is, false, bytes_sub(rest, e.is.name_bytes, e.is.extra_bytes));
    e.bytes = (uint32_t)(sizeof raw + n);
    e.data_at = at + e.bytes;
    *out = e;
    *found = true;
    return keep_name(z, bytes_sub(rest, 0, e.is.name_bytes), out);
}

static bool agrees_with(const struct zip_descriptor *d, const struct zip_fixed *e)
{
    return d->packed == e->packed && d->size == e->size && d->crc32 == e->crc32;
}

bool zip_descriptor_at(struct zip *z, uint64_t at, const struct zip_fixed *e, uint64_t *len,
                       bool *agrees)
{
    uint8_t raw[ZIP_DESCRIPTOR_MAX];
    struct zip_descriptor d;
    size_t n = 0;
    *len = 0;
    *agrees = false;
    if (at >= z->o->src->size) {
        return true;
    }
    if (!source_read_some(z->o->src, at, raw, sizeof raw, &n)) {
        return false;
    }
    struct bytes b = { raw, n };
    for (unsigned form = 0; form < 4; form++) {
        struct cursor c = cur_of(b, at);
        bool sig = form < 2, wide = (form & 1u) == 0;
        if (zip_read_descriptor(&c, sig, wide, &d) && agrees_with(&d, e)) {
            *len = n - cur_left(&c);
            *agrees = true;
            return true;
        }
    }
    *len = n >= 16 && zip_sig_of(b) == ZIP_SIG_DESCRIPTOR ? 16 : 0;
    return true;
}

static int place_cmp(const void *a, const void *b)
{
    const struct zip_place *x = a, *y = b;
    if (x->header_at != y->header_at) {
        return x->header_at < y->header_at ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool index_central(struct zip *z)
{
    if (z->num_central == 0) {
        return true;
    }
    if (!budget_grow(z->o->budget, &z->by_header, &z->cap_by_header, z->num_central,
                     sizeof *z->by_header)) {
        return false;
    }
    for (size_t i = 0; i < z->num_central; i++) {
        z->by_header[i] = (struct zip_place){ z->central[i].header_at, (uint32_t)i };
    }
    z->by_header_n = z->num_central;
    qsort(z->by_header, z->by_header_n, sizeof *z->by_header, place_cmp);
    return true;
}

static bool add_local(struct zip *z, const struct zip_entry *e)
{
    if (!budget_fits(z->o->budget, LIMIT_entries, z->num_local + 1)
        || !budget_grow(z->o->budget, &z->local, &z->cap_local, z->num_local + 1, sizeof *e)) {
        return false;
    }
    z->local[z->num_local++] = *e;
    return true;
}

/* Sizes that a streaming writer left to the descriptor. */
static bool fill_sizes(struct zip *z, struct zip_entry *e)
{
    const struct zip_entry *c = central_of(z, e->at);
    uint64_t stop;
    if ((e->is.flags & ZIP_FLAG_DESCRIPTOR) == 0 || e->is.packed != 0) {
        return true;
    }
    if (c != NULL) {
        e->is.packed = c->is.packed;
        e->is.size = e->is.size == 0 ? c->is.size : e->is.size;
        e->is.crc32 = e->is.crc32 == 0 ? c->is.crc32 : e->is.crc32;
        return true;
    }
    if (!zip_next_record(z, e->data_at, &e->is, &stop)) {
        return false;
    }
    e->is.packed = stop - e->data_at;
    return true;
}

/* A local header with what it owns: *stop is the first byte after that. */
static bool own_local(struct zip *z, struct zip_entry *e, uint64_t *stop)
{
    uint64_t len = 0;
    bool agrees;
    if (!fill_sizes(z, e)) {
        return false;
    }
    if (!add_u64(e->data_at, e->is.packed, stop) || *stop > z->o->src->size) {
        *stop = z->o->src->size;
    } else if ((e->is.flags & ZIP_FLAG_DESCRIPTOR) != 0
               && !zip_descriptor_at(z, *stop, &e->is, &len, &agrees)) {
        return false;
    }
    *stop += len;
    return add_local(z, e) && zip_span_add(z, e->at, *stop);
}

/* Steps over the record at pos; *next == pos where there is none. */
static bool step(struct zip *z, uint64_t pos, uint64_t *next)
{
    struct zip_entry e;
    struct bytes b;
    bool found;
    *next = pos;
    if (!stream_seek(z->st, pos) || !stream_peek(z->st, 4, &b)) {
        return !source_failed(z->o->src);
    }
    switch (zip_sig_of(b)) {
    case ZIP_SIG_LOCAL:
        if (!zip_local_at(z, pos, &e, &found)) {
            return false;
        }
        e.in_walk = true;
        return !found || own_local(z, &e, next);
    case ZIP_SIG_CENTRAL:
        if (stream_peek(z->st, ZIP_CENTRAL_BYTES, &b)) {
            struct cursor c = cur_of(b, pos);
            if (zip_read_central(&c, &e.is)) {
                *next = pos + ZIP_CENTRAL_BYTES + e.is.name_bytes + e.is.extra_bytes
                        + e.is.comment_bytes;
            }
        }
        return true;
    case ZIP_SIG_END: *next = pos + ZIP_END_BYTES; return zip_take_end(z, pos);
    default: return true;
    }
}

static bool walk_from_start(struct zip *z)
{
    uint64_t pos = 0, next;
    while (pos < z->o->src->size) {
        if (!step(z, pos, &next)) {
            return false;
        }
        if (next == pos && !zip_next_record(z, pos + 1, NULL, &next)) {
            return false;
        }
        pos = next;
    }
    return true;
}

static const struct zip_entry *walked(const struct zip *z, size_t num, uint64_t at)
{
    size_t low = 0, high = num;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (z->local[mid].at < at) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low < num && z->local[low].at == at ? &z->local[low] : NULL;
}

/* Gives a central entry its local header and its data. */
static bool follow(struct zip *z, struct zip_entry *c, size_t num_walked)
{
    const struct zip_entry *l = walked(z, num_walked, c->header_at);
    uint64_t stop;
    if (l == NULL && z->num_local > num_walked && z->local[z->num_local - 1].at == c->header_at) {
        l = &z->local[z->num_local - 1]; /* by_header order: equals are neighbours */
    }
    if (l == NULL) {
        struct zip_entry e;
        bool found = false;
        if (c->header_at == ZIP_NOWHERE) {
            return true;
        }
        if (!zip_local_at(z, c->header_at, &e, &found) || (found && !own_local(z, &e, &stop))) {
            return false;
        }
        l = found ? &z->local[z->num_local - 1] : NULL;
    }
    if (l == NULL) {
        return true;
    }
    c->local = (uint32_t)(l - z->local);
    z->local[c->local].claimed = true;
    c->data_at = l->data_at;
    if (!add_u64(c->data_at, c->is.packed, &stop)) {
        stop = UINT64_MAX;
    }
    return zip_span_add(z, c->header_at, stop);
}

bool zip_walk(struct zip *z)
{
    size_t num_walked;
    if (!index_central(z) || !walk_from_start(z) || !index_central(z)) {
        return false;
    }
    num_walked = z->num_local;
    for (size_t i = 0; i < z->by_header_n; i++) {
        if (!follow(z, &z->central[z->by_header[i].index], num_walked)) {
            return false;
        }
    }
    return true;
}
