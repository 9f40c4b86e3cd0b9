/* directories.c - end records and the directories that they lead to. */
#include "directories.h"

#include <string.h>

enum { END_COSTS = 16 /* entries that an end record counts as; a file may be full of them */ };

bool zip_init(struct zip *z, struct object *o)
{
    *z = (struct zip){ .o = o };
    z->in = stream_open(o->budget, o->src, (struct range){ 0, o->src->size });
    z->buf = budget_malloc(o->budget, ZIP_BUF_BYTES);
    return z->in != NULL && z->buf != NULL;
}

void zip_done(struct zip *z)
{
    struct budget *b = z->o->budget;
    stream_close(b, z->in);
    budget_free(b, z->buf, ZIP_BUF_BYTES);
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
    return bytes_sub(all, (size_t)e->name_at, e->fixed.name_bytes);
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

/* Spans are added mostly in file order, and adjacent spans are merged. */
bool zip_span_add(struct zip *z, uint64_t off, uint64_t stop)
{
    struct zip_span *last = z->num_spans > 0 ? &z->spans[z->num_spans - 1] : NULL;
    if (stop > z->o->src->size) {
        stop = z->o->src->size;
    }
    if (off >= stop) {
        return true;
    }
    if (last != NULL && last->off <= off && last->stop >= off) {
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
    const struct zip_key *x = a;
    const struct zip_key *y = b;
    if (x->major != y->major) {
        return x->major < y->major ? -1 : 1;
    }
    if (x->minor != y->minor) {
        return x->minor < y->minor ? -1 : 1;
    }

    int names = bytes_cmp(x->name, y->name);
    if (names != 0) {
        return names;
    }

    return x->index < y->index ? -1 : x->index > y->index;
}

/* Adds the central header at the stream's position.  *more is false if none begins there. */
static bool read_central(struct zip *z, struct zip_dir *d, bool *more)
{
    struct zip_entry e = { .at = z->in->pos, .data_at = ZIP_NOWHERE };
    struct bytes b;
    *more = false;
    if (e.at >= d->end_at || !stream_peek(z->in, ZIP_CENTRAL_BYTES, &b)) {
        return true;
    }

    struct cursor c = cur_of(b, e.at);
    if (!zip_read_central(&c, &e.fixed)) {
        return true;
    }

    e.bytes = (uint32_t)ZIP_CENTRAL_BYTES + e.fixed.name_bytes + e.fixed.extra_bytes
              + e.fixed.comment_bytes;
    if (e.bytes > stream_left(z->in)) {
        return true;
    }

    if (!budget_fits(z->o->budget, LIMIT_entries, z->num_central + 1)
        || !budget_grow(z->o->budget, &z->central, &z->cap_central, z->num_central + 1, sizeof e)) {
        return false;
    }
    if (!stream_skip(z->in, ZIP_CENTRAL_BYTES) || !stream_take(z->in, e.fixed.name_bytes, &b)
        || !zip_copy_name(z, b, &e.name_at) || !stream_take(z->in, e.fixed.extra_bytes, &b)) {
        return false;
    }

    zip_widen(&e.fixed, true, b);

    e.header_at = e.fixed.header_at + d->shift; /* modulo 2^64 */
    if (e.header_at >= z->o->src->size) {
        e.header_at = ZIP_NOWHERE;
    }

    e.dir = (uint32_t)z->num_dirs;
    z->central[z->num_central++] = e;
    *more = true;
    return stream_skip(z->in, e.fixed.comment_bytes);
}

static uint64_t min_u64(uint64_t a, uint64_t b) { return a < b ? a : b; }

static bool read_dir(struct zip *z, struct zip_dir *d)
{
    bool more = stream_seek(z->in, d->dir_at);
    d->first = (uint32_t)z->num_central;
    d->dir_stop = d->dir_at;
    d->start = d->first_end;
    while (more) {
        if (!read_central(z, d, &more)) {
            return false;
        }
        if (!more) {
            break;
        }

        const struct zip_entry *e = &z->central[z->num_central - 1];
        d->start = min_u64(d->start, min_u64(d->dir_at, e->header_at));
        d->dir_stop = e->at + e->bytes;
        d->num++;
    }

    return zip_span_add(z, d->dir_at, d->dir_stop);
}

/* Two end records may lead to one directory, whose entries are then read once. */
static bool is_known_dir(const struct zip *z, struct zip_dir *d)
{
    for (size_t i = 0; i < z->num_dirs; i++) {
        const struct zip_dir *k = &z->dirs[i];
        if (k->dir_at == d->dir_at && k->shift == d->shift && k->end_at >= d->end_at) {
            d->first = k->first;
            d->num = k->num;
            d->start = k->start;
            d->dir_stop = k->dir_stop;
            return true;
        }
    }

    return false;
}

static bool add_dir(struct zip *z, struct zip_dir d, uint64_t shift)
{
    d.shift = shift;
    d.dir_at = d.end.dir_at + shift;
    if (!budget_fits(z->o->budget, LIMIT_entries, (z->num_dirs + 1) * END_COSTS)) {
        return false;
    }
    if (d.dir_at > z->o->src->size) {
        d.dir_at = d.first_end;
        d.dir_stop = d.first_end;
        d.start = d.first_end;
    } else if (!is_known_dir(z, &d) && !read_dir(z, &d)) {
        return false;
    }

    if (!budget_grow(z->o->budget, &z->dirs, &z->cap_dirs, z->num_dirs + 1, sizeof d)) {
        return false;
    }

    z->dirs[z->num_dirs++] = d;
    return true;
}

static bool is_central_at(struct zip *z, uint64_t at)
{
    struct bytes b;
    return stream_seek(z->in, at) && stream_peek(z->in, 4, &b) && zip_sig_of(b) == ZIP_SIG_CENTRAL;
}

/* Offsets count from the start of the file, or from the start of the archive (zipfile, Info-ZIP):
 * both interpretations are added if they differ and lead to a directory. */
static bool add_dirs(struct zip *z, const struct zip_dir *d)
{
    uint64_t shift = d->first_end - d->end.dir_bytes - d->end.dir_at;
    bool plain = d->end.dir_at <= d->end_at && is_central_at(z, d->end.dir_at);
    bool moved = shift != 0 && is_central_at(z, d->end.dir_at + shift);
    if (moved && !add_dir(z, *d, shift)) {
        return false;
    }
    return (moved && !plain) || add_dir(z, *d, 0);
}

/* Adds the directories of the zip64 end record at an offset, if there is one. */
static bool add_dirs64(struct zip *z, struct zip_dir *d, uint64_t at)
{
    uint8_t raw[ZIP_END64_BYTES];
    struct cursor c = cur_of((struct bytes){ raw, sizeof raw }, at);
    struct zip_dir wide = *d;
    if (at > d->end_at || d->end_at - at < sizeof raw + ZIP_LOCATOR_BYTES
        || !source_read(z->o->src, at, raw, sizeof raw) || !zip_read_end64(&c, &wide.end)) {
        return true;
    }

    d->first_end = at;
    wide.first_end = at;
    wide.zip64 = true;
    wide.end.comment_bytes = d->end.comment_bytes;
    uint64_t stop = d->end_at - ZIP_LOCATOR_BYTES;
    if (wide.end.record_bytes < stop - at) {
        stop = at + wide.end.record_bytes;
    }

    return zip_span_add(z, at, stop) && add_dirs(z, &wide);
}

/* The narrow end record leads to the directory of the zip64 end record: its fields are equal, or
 * all ones. */
static bool is_same_place(const struct zip_end *narrow, const struct zip_end *wide)
{
    bool has_at = narrow->dir_at == UINT32_MAX || narrow->dir_at == wide->dir_at;
    bool has_bytes = narrow->dir_bytes == UINT32_MAX || narrow->dir_bytes == wide->dir_bytes;
    return has_at && has_bytes;
}

/* Adds the interpretation that ignores zip64, if it is another one.  wide: index of the directory
 * of the zip64 end record, if there is one. */
static bool add_narrow(struct zip *z, const struct zip_dir *d, size_t wide)
{
    if (wide < z->num_dirs && is_same_place(&d->end, &z->dirs[wide].end)) {
        return true;
    }
    return add_dirs(z, d);
}

/* Adds the zip64 end records where the locator says, and right before the locator. */
static bool add_located(struct zip *z, struct zip_dir *d)
{
    uint8_t raw[ZIP_LOCATOR_BYTES];
    uint64_t at;
    uint64_t locator = d->end_at - ZIP_LOCATOR_BYTES;
    uint64_t before = locator - ZIP_END64_BYTES;
    struct cursor c = cur_of((struct bytes){ raw, sizeof raw }, locator);
    if (d->end_at < ZIP_LOCATOR_BYTES || !source_read(z->o->src, locator, raw, sizeof raw)
        || !zip_read_locator(&c, &at)) {
        return true;
    }
    if (!zip_span_add(z, locator, d->end_at) || !add_dirs64(z, d, at)) {
        return false;
    }

    return at == before || locator < ZIP_END64_BYTES || add_dirs64(z, d, before);
}

static bool is_known_end(const struct zip *z, uint64_t at)
{
    for (size_t i = 0; i < z->num_dirs; i++) {
        if (z->dirs[i].end_at == at) {
            return true;
        }
    }
    return false;
}

bool zip_add_end(struct zip *z, uint64_t at)
{
    uint8_t raw[ZIP_END_BYTES];
    struct zip_dir d = { .end_at = at, .first_end = at };
    struct cursor c = cur_of((struct bytes){ raw, sizeof raw }, at);
    size_t wide = z->num_dirs;
    if (is_known_end(z, at)) {
        return true;
    }
    if (!source_read(z->o->src, at, raw, sizeof raw) || !zip_read_end(&c, &d.end)) {
        return true;
    }

    d.entries16 = d.end.num_entries;
    d.end_stop = at + ZIP_END_BYTES + d.end.comment_bytes;
    return add_located(z, &d) && add_narrow(z, &d, wide) && zip_span_add(z, at, d.end_stop);
}

/* The last end record is added first: most loaders use that one. */
bool zip_find_ends(struct zip *z)
{
    uint64_t size = z->o->src->size;
    uint64_t from = size > GLIMPSE_TAIL ? size - GLIMPSE_TAIL : 0;
    size_t n = (size_t)(size - from);
    struct bytes tail = { z->buf, n };
    if (!source_read(z->o->src, from, z->buf, n)) {
        return false;
    }

    for (size_t i = n; i-- > 0;) {
        if (zip_sig_of(bytes_sub(tail, i, 4)) == ZIP_SIG_END && !zip_add_end(z, from + i)) {
            return false;
        }
    }

    return true;
}
