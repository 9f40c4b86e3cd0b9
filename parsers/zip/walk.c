/* walk.c - the local headers: from byte 0 on, as a streaming reader goes, and
 * those that only a central header leads to. */
#include "readings.h"
#include <stdlib.h>
#include <string.h>

enum { LAST_METHOD = 99, LOOKAHEAD = ZIP_END64_BYTES };

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
    if (!source_read(z->o->src, at + sizeof raw, z->room, n)) {
        return false;
    }
    struct bytes rest = { z->room, n };
    zip_widen(&e.is, false, bytes_sub(rest, e.is.name_bytes, e.is.extra_bytes));
    e.bytes = sizeof raw + n;
    e.data_at = at + e.bytes;
    *out = e;
    *found = true;
    return zip_copy_name(z, bytes_sub(rest, 0, e.is.name_bytes), &out->name_at);
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

static bool index_central(struct zip *z)
{
    if (z->num_central == 0) {
        return true;
    }
    if (!budget_grow(z->o->budget, &z->by_header, &z->room_by_header, z->num_central,
                     sizeof *z->by_header)) {
        return false;
    }
    for (size_t i = 0; i < z->num_central; i++) {
        z->by_header[i] = (struct zip_key){ .major = z->central[i].header_at, .index = i };
    }
    z->by_header_n = z->num_central;
    qsort(z->by_header, z->by_header_n, sizeof *z->by_header, zip_key_cmp);
    return true;
}

static const struct zip_entry *central_of(const struct zip *z, uint64_t header_at)
{
    size_t low = 0, high = z->by_header_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (z->by_header[mid].major < header_at) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    if (low == z->by_header_n || z->by_header[low].major != header_at) {
        return NULL;
    }
    return &z->central[z->by_header[low].index];
}

/* Random data has a PK\3\4 every 4 GiB: where none was due, look twice. */
static bool plausible(const struct zip *z, struct bytes b, uint64_t at)
{
    uint64_t left = z->o->src->size - at;
    struct cursor c = cur_of(b, at);
    struct zip_fixed f;
    struct zip_end e;
    switch (zip_sig_of(b)) {
    case ZIP_SIG_LOCAL:
        return zip_read_local(&c, &f) && f.method <= LAST_METHOD && f.name_bytes > 0 &&
               left - ZIP_LOCAL_BYTES >= (uint64_t)f.name_bytes + f.extra_bytes;
    case ZIP_SIG_CENTRAL:
        return zip_read_central(&c, &f) && f.method <= LAST_METHOD && f.name_bytes > 0 &&
               left - ZIP_CENTRAL_BYTES >= (uint64_t)f.name_bytes + f.extra_bytes;
    case ZIP_SIG_END:
        return zip_read_end(&c, &e) && left - ZIP_END_BYTES >= e.comment_bytes;
    case ZIP_SIG_END64:
        return zip_read_end64(&c, &e) && e.record_bytes <= left;
    default:
        return false;
    }
}

/* Does a descriptor at `at` close data that began at `data_at`? */
static bool closes(struct bytes b, uint64_t data_at, uint64_t at, struct zip_fixed *f)
{
    struct zip_descriptor d;
    for (unsigned wide = 0; wide < 2; wide++) {
        struct cursor c = cur_of(b, at);
        if (zip_read_descriptor(&c, true, wide == 1, &d) && d.packed == at - data_at) {
            f->packed = d.packed;
            f->size = d.size;
            f->crc32 = d.crc32;
            return true;
        }
    }
    return false;
}

/* The next record from `pos` on, or the size.  With f: data of unknown length
 * begins at pos; a descriptor that closes it ends the search and fills f. */
static bool next_record(struct zip *z, uint64_t pos, struct zip_fixed *f, uint64_t *out)
{
    uint64_t data_at = pos, size = z->o->src->size;
    struct bytes b;
    while (pos < size) {
        size_t n = size - pos < STREAM_BUFFER ? (size_t)(size - pos) : STREAM_BUFFER;
        size_t i = 0, last = n < size - pos ? n - LOOKAHEAD : n;
        if (!stream_seek(z->st, pos) || !stream_peek(z->st, n, &b)) {
            return false;
        }
        for (; i < last; i++) {
            const uint8_t *p = memchr(b.p + i, 'P', last - i);
            if (p == NULL) {
                break;
            }
            i = (size_t)(p - b.p);
            struct bytes here = bytes_sub(b, i, LOOKAHEAD);
            if (plausible(z, here, pos + i) ||
                (f != NULL && closes(here, data_at, pos + i, f))) {
                *out = pos + i;
                return true;
            }
        }
        pos += last;
    }
    *out = size;
    return true;
}

static bool add_local(struct zip *z, const struct zip_entry *e)
{
    if (!budget_fits(z->o->budget, LIMIT_entries, z->num_local + 1) ||
        !budget_grow(z->o->budget, &z->local, &z->room_local, z->num_local + 1, sizeof *e)) {
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
    if (!next_record(z, e->data_at, &e->is, &stop)) {
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
    } else if ((e->is.flags & ZIP_FLAG_DESCRIPTOR) != 0 &&
               !zip_descriptor_at(z, *stop, &e->is, &len, &agrees)) {
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
                *next = pos + ZIP_CENTRAL_BYTES + e.is.name_bytes + e.is.extra_bytes +
                        e.is.comment_bytes;
            }
        }
        return true;
    case ZIP_SIG_END:
        *next = pos + ZIP_END_BYTES;
        return zip_take_end(z, pos);
    default:
        return true;
    }
}

static bool walk_from_start(struct zip *z)
{
    uint64_t pos = 0, next;
    while (pos < z->o->src->size) {
        if (!step(z, pos, &next)) {
            return false;
        }
        if (next == pos && !next_record(z, pos + 1, NULL, &next)) {
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
        l = &z->local[z->num_local - 1];          /* by_header order: equals are neighbours */
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
