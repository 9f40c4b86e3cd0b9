/* compare.c - what the readings of one archive disagree about. */
#include "directories.h"
#include <inttypes.h>
#include <stdlib.h>

/* Flags that change how a member is read. */
enum {
    FLAGS_THAT_COUNT = ZIP_FLAG_ENCRYPTED | ZIP_FLAG_DESCRIPTOR | ZIP_FLAG_PATCH | ZIP_FLAG_STRONG
                       | ZIP_FLAG_UTF8 | ZIP_FLAG_MASKED
};

static struct range header_of(const struct zip_entry *e)
{
    return (struct range){ e->at, e->bytes };
}

static bool held_by(const struct zip *z, const struct zip_dir *d, const struct zip_entry *e)
{
    uint64_t stop;
    const struct zip_dir *other = &z->dirs[e->dir];
    return other->end_at != d->end_at && e->data_at != ZIP_NOWHERE && e->data_at <= d->low
           && add_u64(e->data_at, e->is.packed, &stop) && d->end_stop <= stop;
}

/* An archive in an archive is honest; it only must not count as a second one. */
static void mark_nested(const struct zip *z, struct zip_dir *d)
{
    /* headers before it; its container is near */
    enum { LOOK_BACK = 64 };
    size_t low = 0, high = z->by_header_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (z->by_header[mid].header_at <= d->low) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (size_t i = 0; i < LOOK_BACK && low-- > 0; i++) {
        const struct zip_entry *e = &z->central[z->by_header[low].index];
        if (held_by(z, d, e)) {
            d->nested = true;
            d->stored = e->is.method == 0;
            return;
        }
    }
}

/* A local header that says what its central header says is no further reading. */
static void mark_repeated(struct zip *z, const struct zip_entry *c)
{
    struct zip_entry *l = &z->local[c->local];
    if (c->is.packed == l->is.packed && c->is.method == l->is.method && c->is.flags == l->is.flags
        && bytes_eq(zip_name(z, c), zip_name(z, l))) {
        l->repeated = true;
    }
}

void zip_mark_nested(struct zip *z)
{
    for (size_t i = 0; i < z->num_dirs; i++) {
        mark_nested(z, &z->dirs[i]);
    }
    for (size_t i = 0; i < z->num_central; i++) {
        const struct zip_entry *e = &z->central[i];
        if (e->data_at != ZIP_NOWHERE && z->dirs[e->dir].nested && z->dirs[e->dir].stored
            && !z->local[e->local].in_walk) {
            z->local[e->local].nested = true;
        }
    }
    for (size_t i = 0; i < z->num_central; i++) {
        const struct zip_entry *e = &z->central[i];
        if (e->data_at != ZIP_NOWHERE && !(z->dirs[e->dir].nested && z->dirs[e->dir].stored)) {
            z->local[e->local].nested = false;
            mark_repeated(z, e);
        }
    }
}

static bool bad_name(struct bytes name)
{
    struct cursor c = cur_of(name, 0);
    size_t dots = 0, others = 0;
    uint8_t b, last = '/';
    bool bad = bytes_start(name, BYTES("/"))
               || (name.n > 1 && bytes_eq(bytes_sub(name, 1, 1), BYTES(":")));
    while (cur_u8(&c, &b)) {
        bad = bad || b == 0 || b == '\\';
        if (b == '/') {
            bad = bad || (dots == 2 && others == 0);
            dots = others = 0;
        } else if (b == '.') {
            dots++;
        } else {
            others++;
        }
        last = b;
    }
    return bad || (last != '/' && dots == 2 && others == 0);
}

static bool compare_name(struct zip *z, const struct zip_entry *e)
{
    struct zip_note n = { .slug = "zip-traversal", .loader = "differs", .at = header_of(e) };
    return !bad_name(zip_name(z, e))
           || zip_note_name(z, n, zip_name(z, e), "leads outside, or is not a plain path");
}

static bool compare_headers(struct zip *z, const struct zip_entry *c, const struct zip_entry *l)
{
    struct zip_note n = { .at = header_of(l), .loader = "differs" };
    struct bytes name = zip_name(z, c);
    uint32_t flags = (uint32_t)(c->is.flags ^ l->is.flags) & FLAGS_THAT_COUNT;
    n.slug = "zip-local-name-differs";
    if (!bytes_eq(name, zip_name(z, l))
        && !zip_note_name(z, n, name, "local header has another name")) {
        return false;
    }
    n.loader = "accepts";
    n.slug = "zip-local-method-differs";
    n.declared = num_of(c->is.method);
    n.actual = num_of(l->is.method);
    if (c->is.method != l->is.method
        && !zip_note_name(z, n, name, "local header has another method")) {
        return false;
    }
    n.slug = "zip-local-flags-differ";
    n.declared = num_of(c->is.flags);
    n.actual = num_of(l->is.flags);
    return flags == 0 || zip_note_name(z, n, name, "local header has other flags");
}

static bool compare_sizes(struct zip *z, const struct zip_entry *c, const struct zip_entry *l)
{
    struct zip_note n = { .at = header_of(l), .loader = "accepts" };
    struct bytes name = zip_name(z, c);
    bool later = (l->is.flags & ZIP_FLAG_DESCRIPTOR) != 0;
    n.slug = "zip-local-size-differs";
    n.declared = num_of(c->is.packed != l->is.packed ? c->is.packed : c->is.size);
    n.actual = num_of(c->is.packed != l->is.packed ? l->is.packed : l->is.size);
    if ((c->is.packed != l->is.packed || (c->is.size != l->is.size && !(later && l->is.size == 0)))
        && !zip_note_name(z, n, name, "local header has another size")) {
        return false;
    }
    n.slug = "zip-local-crc-differs";
    n.declared = num_of(c->is.crc32);
    n.actual = num_of(l->is.crc32);
    return c->is.crc32 == l->is.crc32 || (later && l->is.crc32 == 0)
           || zip_note_name(z, n, name, "local header has another CRC");
}

static bool compare_descriptor(struct zip *z, const struct zip_entry *c, const struct zip_entry *l)
{
    struct zip_note n = { .slug = "zip-local-size-differs", .loader = "accepts" };
    uint64_t at, len;
    bool agrees;
    if (((c->is.flags | l->is.flags) & ZIP_FLAG_DESCRIPTOR) == 0
        || !add_u64(c->data_at, c->is.packed, &at) || at > z->o->src->size) {
        return true;
    }
    if (!zip_descriptor_at(z, at, &c->is, &len, &agrees)) {
        return false;
    }
    n.at = (struct range){ at, len };
    return agrees
           || zip_note_name(z, n, zip_name(z, c), "no data descriptor agrees with the directory");
}

/* Is there data, and all of it? */
static bool compare_extent(struct zip *z, const struct zip_entry *e)
{
    struct zip_note n = { .slug = "zip-bad-offset", .loader = "rejects", .at = header_of(e) };
    uint64_t stop, size = z->o->src->size;
    n.declared = num_of(e->is.header_at);
    if (e->data_at == ZIP_NOWHERE) {
        z->malformed = true;
        return zip_note_name(z, n, zip_name(z, e), "no local header where the directory says");
    }
    if (add_u64(e->data_at, e->is.packed, &stop) && stop <= size) {
        return true;
    }
    n.slug = "zip-truncated";
    n.declared = num_of(e->is.packed);
    n.actual = num_of(e->data_at <= size ? size - e->data_at : 0);
    z->malformed = true;
    return zip_note_name(z, n, zip_name(z, e), "data reaches past the end");
}

static bool compare_members(struct zip *z)
{
    for (size_t i = 0; i < z->num_central; i++) {
        const struct zip_entry *c = &z->central[i];
        if (z->dirs[c->dir].nested) {
            continue;
        }
        if (!compare_name(z, c) || !compare_extent(z, c)) {
            return false;
        }
        if (c->data_at == ZIP_NOWHERE) {
            continue;
        }
        const struct zip_entry *l = &z->local[c->local];
        if (!compare_headers(z, c, l) || !compare_sizes(z, c, l) || !compare_descriptor(z, c, l)
            || (!bytes_eq(zip_name(z, c), zip_name(z, l)) && !compare_name(z, l))) {
            return false;
        }
    }
    return true;
}

static bool compare_unclaimed(struct zip *z)
{
    for (size_t i = 0; i < z->num_local; i++) {
        const struct zip_entry *l = &z->local[i];
        struct zip_note n = { .slug = "zip-local-only", .loader = "differs", .at = header_of(l) };
        if (!l->claimed
            && (!zip_note_name(z, n, zip_name(z, l), "is in no directory") || !compare_name(z, l)
                || !compare_extent(z, l))) {
            return false;
        }
    }
    return true;
}

static bool note_duplicates(struct zip *z, const struct zip_key *key, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const struct zip_entry *e = &z->central[key[i].index];
        struct zip_note note = { .slug = "zip-duplicate-name",
                                 .loader = "differs",
                                 .at = header_of(e) };
        if (key[i].major == key[i - 1].major && bytes_eq(key[i].name, key[i - 1].name)
            && !zip_note_name(z, note, key[i].name, "more than one member has this name")) {
            return false;
        }
    }
    return true;
}

static bool compare_duplicates(struct zip *z)
{
    size_t n = 0, bytes = z->num_central * sizeof(struct zip_key);
    struct zip_key *key;
    bool ok;
    if (z->num_central == 0) {
        return true;
    }
    key = budget_resize(z->o->budget, NULL, 0, bytes);
    if (key == NULL) {
        return false;
    }
    for (size_t i = 0; i < z->num_central; i++) {
        const struct zip_entry *e = &z->central[i];
        if (!z->dirs[e->dir].nested) {
            key[n++] = (struct zip_key){ .name = zip_name(z, e), .major = e->dir, .index = i };
        }
    }
    qsort(key, n, sizeof *key, zip_key_cmp);
    ok = note_duplicates(z, key, n);
    budget_free(z->o->budget, key, bytes);
    return ok;
}

static bool compare_overlaps(struct zip *z)
{
    for (size_t i = 0; i < z->by_header_n; i++) {
        const struct zip_entry *e = &z->central[z->by_header[i].index];
        struct zip_dir *d = &z->dirs[e->dir];
        struct zip_note n = { .slug = "zip-overlap", .loader = "accepts" };
        uint64_t stop;
        if (d->nested || e->data_at == ZIP_NOWHERE) {
            continue;
        }
        if (!add_u64(e->data_at, e->is.packed, &stop)) {
            stop = UINT64_MAX;
        }
        n.at = (struct range){ e->header_at, stop - e->header_at };
        if ((e->header_at < d->reach || (stop > d->dir_at && e->header_at < d->dir_stop))
            && !zip_note_name(z, n, zip_name(z, e), "shares bytes with another record")) {
            return false;
        }
        d->reach = stop > d->reach ? stop : d->reach;
    }
    return true;
}

bool zip_compare(struct zip *z)
{
    return compare_members(z) && compare_unclaimed(z) && compare_duplicates(z)
           && compare_overlaps(z);
}
