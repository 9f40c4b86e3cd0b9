/* directories.c - end records and the directories that they lead to. */
#include "directories.h"
#include <string.h>

/* entries; a hostile file may be all end records */
enum { END_COSTS = 16 };

bool zip_init(struct zip *z, struct object *o)
{
    *z = (struct zip){ .o = o };
    z->st = stream_open(o->budget, o->src, (struct range){ 0, o->src->size });
    z->cap = budget_malloc(o->budget, ZIP_CAP);
    if (z->st == NULL || z->cap == NULL) {
        return false;
    }
    return true;
}

void zip_done(struct zip *z)
{
    struct budget *b = z->o->budget;
    stream_close(b, z->st);
    budget_free(b, z->cap, ZIP_CAP);
    budget_free(b, z->central, z->cap_central * sizeof *z->central);
    budget_free(b, z->local, z->cap_local * sizeof *z->local);
    budget_free(b, z->dirs, z->cap_dirs * sizeof *z->dirs);
    budget_free(b, z->spans, z->cap_spans * sizeof *z->spans);
    budget_free(b, z->names, z->cap_names);
    budget_free(b, z->by_header, z->cap_by_header * sizeof *z->by_header);
}

struct bytes zip_name(const struct zip *z, const struct zip_entry *e)
{
    struct bytes all = { z->names, z->num_names };
    return bytes_sub(all, (size_t)e->name_at, e->is.name_bytes);
}

bool zip_copy_name(struct zip *z, struct bytes name, uint64_t *at)
{
    *at = z->num_names;
    if (name.n == 0) {
        return true;
    }
    if (!budget_grow(z->o->budget, &z->names, &z->cap_names, z->num_names + name.n, 1)) {
        return false;
    }
    memcpy(z->names + z->num_names, name.p, name.n);
    z->num_names += name.n;
    return true;
}

/* Spans come mostly in file order, so that neighbours melt into one. */
bool zip_span_add(struct zip *z, uint64_t off, uint64_t stop)
{
    if (stop > z->o->src->size) {
        stop = z->o->src->size;
    }
    if (off >= stop) {
        return true;
    }
    if (z->num_spans > 0 && z->spans[z->num_spans - 1].off <= off
        && z->spans[z->num_spans - 1].stop >= off) {
        struct zip_span *last = &z->spans[z->num_spans - 1];
        last->stop = stop > last->stop ? stop : last->stop;
        return true;
    }
    if (!budget_grow(z->o->budget, &z->spans, &z->cap_spans, z->num_spans + 1, sizeof *z->spans)) {
        return false;
    }
    z->spans[z->num_spans++] = (struct zip_span){ off, stop };
    return true;
}

int zip_key_cmp(const void *a, const void *b)
{
    const struct zip_key *x = a, *y = b;
    int names = 0;
    if (x->major != y->major) {
        return x->major < y->major ? -1 : 1;
    }
    if (x->minor != y->minor) {
        return x->minor < y->minor ? -1 : 1;
    }
    names = bytes_cmp(x->name, y->name);
    if (names != 0) {
        return names;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

/* One central header at the stream's place; *more false where none stands. */
static bool take_central(struct zip *z, struct zip_dir *d, bool *more)
{
    struct zip_entry e = { .at = z->st->pos, .data_at = ZIP_NOWHERE };
    struct bytes b;
    struct cursor c;
    *more = false;
    if (e.at >= d->end_at || !stream_peek(z->st, ZIP_CENTRAL_BYTES, &b)) {
        return true;
    }
    c = cur_of(b, e.at);
    if (!zip_read_central(&c, &e.is)) {
        return true;
    }
    e.bytes = (uint32_t)ZIP_CENTRAL_BYTES + e.is.name_bytes + e.is.extra_bytes + e.is.comment_bytes;
    if (e.bytes > stream_left(z->st)) {
        return true;
    }
    if (!budget_fits(z->o->budget, LIMIT_entries, z->num_central + 1)
        || !budget_grow(z->o->budget, &z->central, &z->cap_central, z->num_central + 1, sizeof e)
        || !stream_skip(z->st, ZIP_CENTRAL_BYTES) || !stream_take(z->st, e.is.name_bytes, &b)
        || !zip_copy_name(z, b, &e.name_at) || !stream_take(z->st, e.is.extra_bytes, &b)) {
        return false;
    }
    zip_widen(&e.is, true, b);
    e.header_at = e.is.header_at + d->shift; /* modulo 2^64, as shift */
    if (e.header_at >= z->o->src->size) {
        e.header_at = ZIP_NOWHERE;
    }
    e.dir = (uint32_t)z->num_dirs;
    z->central[z->num_central++] = e;
    *more = true;
    return stream_skip(z->st, e.is.comment_bytes);
}

static bool walk_dir(struct zip *z, struct zip_dir *d)
{
    bool more = stream_seek(z->st, d->dir_at);
    d->first = (uint32_t)z->num_central;
    d->dir_stop = d->dir_at;
    d->low = d->first_end;
    while (more) {
        const struct zip_entry *e;
        if (!take_central(z, d, &more)) {
            return false;
        }
        if (!more) {
            break;
        }
        e = &z->central[z->num_central - 1];
        d->low = d->dir_at < d->low ? d->dir_at : d->low;
        d->low = e->header_at < d->low ? e->header_at : d->low;
        d->dir_stop = e->at + e->bytes;
        d->num++;
    }
    return zip_span_add(z, d->dir_at, d->dir_stop);
}

/* Two end records may lead to one directory: it is walked once. */
static bool known_dir(const struct zip *z, struct zip_dir *d)
{
    for (size_t i = 0; i < z->num_dirs; i++) {
        const struct zip_dir *k = &z->dirs[i];
        if (k->dir_at == d->dir_at && k->shift == d->shift && k->end_at >= d->end_at) {
            d->first = k->first;
            d->num = k->num;
            d->low = k->low;
            d->dir_stop = k->dir_stop;
            return true;
        }
    }
    return false;
}

static bool add_dir(struct zip *z, struct zip_dir d, uint64_t shift)
{
    d.shift = shift;
    d.dir_at = d.says.dir_at + shift;
    if (!budget_fits(z->o->budget, LIMIT_entries, (z->num_dirs + 1) * END_COSTS)) {
        return false;
    }
    if (d.dir_at > z->o->src->size) {
        d.dir_at = d.dir_stop = d.low = d.first_end;
    } else if (!known_dir(z, &d) && !walk_dir(z, &d)) {
        return false;
    }
    if (!budget_grow(z->o->budget, &z->dirs, &z->cap_dirs, z->num_dirs + 1, sizeof d)) {
        return false;
    }
    z->dirs[z->num_dirs++] = d;
    return true;
}

static bool central_at(struct zip *z, uint64_t at)
{
    struct bytes b;
    return stream_seek(z->st, at) && stream_peek(z->st, 4, &b) && zip_sig_of(b) == ZIP_SIG_CENTRAL;
}

/* Offsets as from the start of the file, and as from the start of the archive
 * (zipfile, Info-ZIP): both readings, where they differ and lead somewhere. */
static bool add_dirs(struct zip *z, const struct zip_dir *d)
{
    uint64_t shift = d->first_end - d->says.dir_bytes - d->says.dir_at;
    bool plain = d->says.dir_at <= d->end_at && central_at(z, d->says.dir_at);
    bool moved = shift != 0 && central_at(z, d->says.dir_at + shift);
    if (moved && !add_dir(z, *d, shift)) {
        return false;
    }
    return (moved && !plain) || add_dir(z, *d, 0);
}

/* The zip64 end record, where the locator says and right before the locator. */
static bool add_dirs64(struct zip *z, struct zip_dir *d, uint64_t at)
{
    uint8_t raw[ZIP_END64_BYTES];
    struct cursor c = cur_of((struct bytes){ raw, sizeof raw }, at);
    struct zip_dir wide = *d;
    if (at > d->end_at || d->end_at - at < sizeof raw + ZIP_LOCATOR_BYTES
        || !source_read(z->o->src, at, raw, sizeof raw) || !zip_read_end64(&c, &wide.says)) {
        return true;
    }
    wide.first_end = d->first_end = at;
    wide.wide = true;
    wide.says.comment_bytes = d->says.comment_bytes;
    uint64_t stop = d->end_at - ZIP_LOCATOR_BYTES;
    if (wide.says.record_bytes < stop - at) {
        stop = at + wide.says.record_bytes;
    }
    return zip_span_add(z, at, stop) && add_dirs(z, &wide);
}

static bool same_place(const struct zip_end *a, const struct zip_end *b)
{
    return (a->dir_at == UINT32_MAX || a->dir_at == b->dir_at)
           && (a->dir_bytes == UINT32_MAX || a->dir_bytes == b->dir_bytes);
}

/* The reading that ignores zip64, when it would be another one. */
static bool add_narrow(struct zip *z, const struct zip_dir *d, size_t wide)
{
    return (wide < z->num_dirs && same_place(&d->says, &z->dirs[wide].says)) || add_dirs(z, d);
}

static bool take_locator(struct zip *z, struct zip_dir *d)
{
    uint8_t raw[ZIP_LOCATOR_BYTES];
    uint64_t at, locator = d->end_at - ZIP_LOCATOR_BYTES;
    uint64_t before = locator - ZIP_END64_BYTES;
    struct cursor c = cur_of((struct bytes){ raw, sizeof raw }, locator);
    if (d->end_at < ZIP_LOCATOR_BYTES || !source_read(z->o->src, locator, raw, sizeof raw)
        || !zip_read_locator(&c, &at)) {
        return true;
    }
    return zip_span_add(z, locator, d->end_at) && add_dirs64(z, d, at)
           && (at == before || locator < ZIP_END64_BYTES || add_dirs64(z, d, before));
}

bool zip_take_end(struct zip *z, uint64_t at)
{
    uint8_t raw[ZIP_END_BYTES];
    struct zip_dir d = { .end_at = at, .first_end = at };
    struct cursor c = cur_of((struct bytes){ raw, sizeof raw }, at);
    size_t wide = z->num_dirs;
    for (size_t i = 0; i < z->num_dirs; i++) {
        if (z->dirs[i].end_at == at) {
            return true;
        }
    }
    if (!source_read(z->o->src, at, raw, sizeof raw) || !zip_read_end(&c, &d.says)) {
        return true;
    }
    d.narrow_entries = d.says.num_entries;
    d.end_stop = at + ZIP_END_BYTES + d.says.comment_bytes;
    return take_locator(z, &d) && add_narrow(z, &d, wide) && zip_span_add(z, at, d.end_stop);
}

/* Last first: that is the one that most loaders take. */
bool zip_find_ends(struct zip *z)
{
    uint64_t size = z->o->src->size, from = size > GLIMPSE_TAIL ? size - GLIMPSE_TAIL : 0;
    size_t n = (size_t)(size - from);
    struct bytes tail = { z->cap, n };
    if (!source_read(z->o->src, from, z->cap, n)) {
        return false;
    }
    for (size_t i = n; i-- > 0;) {
        if (zip_sig_of(bytes_sub(tail, i, 4)) == ZIP_SIG_END && !zip_take_end(z, from + i)) {
            return false;
        }
    }
    return true;
}
