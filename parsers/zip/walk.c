/* walk.c - the local headers: those that a streaming reader meets from byte 0 on, and those that
 * only a central header leads to. */
#include "directories.h"

#include <stdlib.h>

enum { NUM_DESCRIPTOR_FORMS = 4, SHORT_DESCRIPTOR = 16 /* bytes, with signature */ };

/* The central header that leads to a local header, or NULL. */
static const struct zip_entry *central_of(const struct zip *z, uint64_t header_at)
{
    size_t low = 0;
    size_t high = z->by_header_n;
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

/* Keeps the name of a local header.  Its central header mostly has the same: it is kept once. */
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
    if (!zip_read_local(&c, &e.fixed)) {
        return true;
    }

    size_t n = (size_t)e.fixed.name_bytes + e.fixed.extra_bytes;
    if (n > size - at - sizeof raw) {
        return true;
    }
    if (!source_read(z->o->src, at + sizeof raw, z->buf, n)) {
        return false;
    }

    struct bytes rest = { z->buf, n };
    zip_widen(&e.fixed, false, bytes_sub(rest, e.fixed.name_bytes, e.fixed.extra_bytes));
    e.bytes = (uint32_t)(sizeof raw + n);
    e.data_at = at + e.bytes;
    *out = e;
    *found = true;
    return keep_name(z, bytes_sub(rest, 0, e.fixed.name_bytes), out);
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
    for (unsigned form = 0; form < NUM_DESCRIPTOR_FORMS; form++) {
        struct cursor c = cur_of(b, at);
        bool sig = form < 2;
        bool wide = (form & 1u) == 0;
        if (zip_read_descriptor(&c, sig, wide, &d) && agrees_with(&d, e)) {
            *len = n - cur_left(&c);
            *agrees = true;
            return true;
        }
    }

    if (n >= SHORT_DESCRIPTOR && zip_sig_of(b) == ZIP_SIG_DESCRIPTOR) {
        *len = SHORT_DESCRIPTOR;
    }

    return true;
}

static int compare_places(const void *a, const void *b)
{
    const struct zip_place *x = a;
    const struct zip_place *y = b;
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
    qsort(z->by_header, z->by_header_n, sizeof *z->by_header, compare_places);
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

/* Fills in sizes and CRC that a streaming writer has put into the descriptor. */
static bool fill_sizes(struct zip *z, struct zip_entry *e)
{
    const struct zip_entry *c = central_of(z, e->at);
    uint64_t stop;
    if ((e->fixed.flags & ZIP_FLAG_DESCRIPTOR) == 0 || e->fixed.packed != 0) {
        return true;
    }
    if (c != NULL) {
        e->fixed.packed = c->fixed.packed;
        if (e->fixed.size == 0) {
            e->fixed.size = c->fixed.size;
        }
        if (e->fixed.crc32 == 0) {
            e->fixed.crc32 = c->fixed.crc32;
        }
        return true;
    }

    if (!zip_next_record(z, e->data_at, &e->fixed, &stop)) {
        return false;
    }

    e->fixed.packed = stop - e->data_at;
    return true;
}

/* Adds a local header with its data and descriptor.  *stop is the offset behind them. */
static bool add_member(struct zip *z, struct zip_entry *e, uint64_t *stop)
{
    uint64_t len = 0;
    bool agrees;
    if (!fill_sizes(z, e)) {
        return false;
    }
    if (!add_u64(e->data_at, e->fixed.packed, stop) || *stop > z->o->src->size) {
        *stop = z->o->src->size;
    } else if ((e->fixed.flags & ZIP_FLAG_DESCRIPTOR) != 0
               && !zip_descriptor_at(z, *stop, &e->fixed, &len, &agrees)) {
        return false;
    }

    *stop += len;
    return add_local(z, e) && zip_span_add(z, e->at, *stop);
}

static bool read_local(struct zip *z, uint64_t pos, uint64_t *next)
{
    struct zip_entry e;
    bool found;
    if (!zip_local_at(z, pos, &e, &found)) {
        return false;
    }
    e.in_walk = true;
    return !found || add_member(z, &e, next);
}

/* The offset behind the central header at pos, or pos if it is truncated. */
static uint64_t skip_central(struct zip *z, uint64_t pos)
{
    struct zip_fixed f;
    struct bytes b;
    if (!stream_peek(z->in, ZIP_CENTRAL_BYTES, &b)) {
        return pos;
    }

    struct cursor c = cur_of(b, pos);
    if (!zip_read_central(&c, &f)) {
        return pos;
    }

    return pos + ZIP_CENTRAL_BYTES + f.name_bytes + f.extra_bytes + f.comment_bytes;
}

/* Reads the record at pos.  *next is the offset behind it, or pos if there is none. */
static bool read_record(struct zip *z, uint64_t pos, uint64_t *next)
{
    struct bytes b;
    *next = pos;
    if (!stream_seek(z->in, pos) || !stream_peek(z->in, 4, &b)) {
        return !source_failed(z->o->src);
    }

    switch (zip_sig_of(b)) {
    case ZIP_SIG_LOCAL: return read_local(z, pos, next);
    case ZIP_SIG_CENTRAL: *next = skip_central(z, pos); return true;
    case ZIP_SIG_END: *next = pos + ZIP_END_BYTES; return zip_add_end(z, pos);
    default: return true;
    }
}

static bool walk_from_start(struct zip *z)
{
    uint64_t pos = 0;
    uint64_t next;
    while (pos < z->o->src->size) {
        if (!read_record(z, pos, &next)) {
            return false;
        }
        if (next == pos && !zip_next_record(z, pos + 1, NULL, &next)) {
            return false;
        }
        pos = next;
    }

    return true;
}

/* The local header at an offset among the first num, which the walk has met in order, or NULL. */
static const struct zip_entry *find_walked(const struct zip *z, size_t num, uint64_t at)
{
    size_t low = 0;
    size_t high = num;
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

/* The local header at an offset if it is known, or NULL.  Central headers are followed by offset,
 * so one that the walk has not met can only be the last that was added. */
static const struct zip_entry *find_local(const struct zip *z, size_t num_walked, uint64_t at)
{
    const struct zip_entry *l = find_walked(z, num_walked, at);
    if (l == NULL && z->num_local > num_walked && z->local[z->num_local - 1].at == at) {
        return &z->local[z->num_local - 1];
    }
    return l;
}

/* Reads the local header that a central header leads to.  *out is NULL if there is none. */
static bool read_unwalked(struct zip *z, const struct zip_entry *c, const struct zip_entry **out)
{
    struct zip_entry e;
    bool found = false;
    uint64_t stop;
    *out = NULL;
    if (c->header_at == ZIP_NOWHERE) {
        return true;
    }
    if (!zip_local_at(z, c->header_at, &e, &found) || (found && !add_member(z, &e, &stop))) {
        return false;
    }
    if (found) {
        *out = &z->local[z->num_local - 1];
    }

    return true;
}

/* Finds the local header and the data of a central header. */
static bool follow_central(struct zip *z, struct zip_entry *c, size_t num_walked)
{
    const struct zip_entry *l = find_local(z, num_walked, c->header_at);
    uint64_t stop;
    if (l == NULL && !read_unwalked(z, c, &l)) {
        return false;
    }
    if (l == NULL) {
        return true;
    }

    c->local = (uint32_t)(l - z->local);
    z->local[c->local].claimed = true;
    c->data_at = l->data_at;
    if (!add_u64(c->data_at, c->fixed.packed, &stop)) {
        stop = UINT64_MAX;
    }

    return zip_span_add(z, c->header_at, stop);
}

bool zip_walk(struct zip *z)
{
    /* The walk can find further directories, so their headers are indexed again behind it. */
    if (!index_central(z) || !walk_from_start(z) || !index_central(z)) {
        return false;
    }

    size_t num_walked = z->num_local;
    for (size_t i = 0; i < z->by_header_n; i++) {
        if (!follow_central(z, &z->central[z->by_header[i].index], num_walked)) {
            return false;
        }
    }

    return true;
}
