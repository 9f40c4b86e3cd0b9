/* compare.c - reports in what the interpretations of an archive differ. */
#include "directories.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    LOOK_BACK = 64, /* headers before an archive among which the member around it is searched */

    /* flags that change how a member is read */
    READING_FLAGS = ZIP_FLAG_ENCRYPTED | ZIP_FLAG_DESCRIPTOR | ZIP_FLAG_PATCH | ZIP_FLAG_STRONG
                    | ZIP_FLAG_UTF8 | ZIP_FLAG_MASKED
};

static struct range header_of(const struct zip_entry *e)
{
    return (struct range){ e->at, e->bytes };
}

/* The whole archive of d is in the data of e, a member of another archive.  That one ends behind
 * it: the last end record, which loaders take, is never nested, whatever claims its bytes. */
static bool is_within(const struct zip *z, const struct zip_dir *d, const struct zip_entry *e)
{
    uint64_t stop;
    const struct zip_dir *other = &z->dirs[e->dir];
    if (other->end_at <= d->end_at || e->data_at == ZIP_NOWHERE || e->data_at > d->start) {
        return false;
    }
    return add_u64(e->data_at, e->fixed.packed, &stop) && d->end_stop <= stop;
}

/* The number of central headers whose local header is at `at` or before. */
static size_t count_headers_up_to(const struct zip *z, uint64_t at)
{
    size_t low = 0;
    size_t high = z->by_header_n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (z->by_header[mid].header_at <= at) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }

    return low;
}

/* Archives within archives are common; they do not count as second archives. */
static void mark_nested(const struct zip *z, struct zip_dir *d)
{
    size_t n = count_headers_up_to(z, d->start);
    for (size_t i = 0; i < LOOK_BACK && n-- > 0; i++) {
        const struct zip_entry *e = &z->central[z->by_header[n].index];
        if (is_within(z, d, e)) {
            d->nested = true;
            d->stored = e->fixed.method == 0;
            return;
        }
    }
}

/* A local header that says what its central header says is not a further interpretation. */
static void mark_repeated(struct zip *z, const struct zip_entry *c)
{
    struct zip_entry *l = &z->local[c->local];
    const struct zip_fixed *a = &c->fixed;
    const struct zip_fixed *b = &l->fixed;
    bool is_read_alike = a->packed == b->packed && a->method == b->method && a->flags == b->flags;
    if (is_read_alike && bytes_eq(zip_name(z, c), zip_name(z, l))) {
        l->repeated = true;
    }
}

/* The member belongs to an archive that a stored member holds. */
static bool is_in_stored(const struct zip *z, const struct zip_entry *e)
{
    return z->dirs[e->dir].nested && z->dirs[e->dir].stored;
}

void zip_mark_nested(struct zip *z)
{
    for (size_t i = 0; i < z->num_dirs; i++) {
        mark_nested(z, &z->dirs[i]);
    }

    for (size_t i = 0; i < z->num_central; i++) {
        const struct zip_entry *e = &z->central[i];
        if (e->data_at != ZIP_NOWHERE && is_in_stored(z, e) && !z->local[e->local].in_walk) {
            z->local[e->local].nested = true;
        }
    }

    for (size_t i = 0; i < z->num_central; i++) {
        const struct zip_entry *e = &z->central[i];
        if (e->data_at != ZIP_NOWHERE && !is_in_stored(z, e)) {
            z->local[e->local].nested = false;
            mark_repeated(z, e);
        }
    }
}

/* One part of the path is "..". */
static bool has_dots(struct bytes name)
{
    struct cursor c = cur_of(name, 0);
    size_t dots = 0;
    size_t others = 0;
    uint8_t b;
    while (cur_u8(&c, &b)) {
        if (b == '/') {
            if (dots == 2 && others == 0) {
                return true;
            }
            dots = 0;
            others = 0;
        } else if (b == '.') {
            dots++;
        } else {
            others++;
        }
    }

    return dots == 2 && others == 0;
}

/* The name leads outside, or is not a plain path. */
static bool is_bad_name(struct bytes name)
{
    bool has_drive = name.n > 1 && name.p[1] == ':';
    if (has_drive || bytes_start(name, BYTES("/"))) {
        return true;
    }

    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == 0 || name.p[i] == '\\') {
            return true;
        }
    }

    return has_dots(name);
}

static bool check_name(struct zip *z, const struct zip_entry *e)
{
    struct zip_note n = { .slug = "zip-traversal", .loader = "differs", .at = header_of(e) };
    return !is_bad_name(zip_name(z, e))
           || zip_note_name(z, n, zip_name(z, e), "leads outside, or is not a plain path");
}

static bool compare_headers(struct zip *z, const struct zip_entry *c, const struct zip_entry *l)
{
    struct zip_note n = { .at = header_of(l), .loader = "differs" };
    struct bytes name = zip_name(z, c);
    uint32_t flags = (uint32_t)(c->fixed.flags ^ l->fixed.flags) & READING_FLAGS;
    n.slug = "zip-local-name-differs";
    if (!bytes_eq(name, zip_name(z, l))
        && !zip_note_name(z, n, name, "local header has another name")) {
        return false;
    }

    n.loader = "accepts";
    n.slug = "zip-local-method-differs";
    n.declared = num_of(c->fixed.method);
    n.actual = num_of(l->fixed.method);
    if (c->fixed.method != l->fixed.method
        && !zip_note_name(z, n, name, "local header has another method")) {
        return false;
    }

    n.slug = "zip-local-flags-differ";
    n.declared = num_of(c->fixed.flags);
    n.actual = num_of(l->fixed.flags);
    return flags == 0 || zip_note_name(z, n, name, "local header has other flags");
}

/* With a data descriptor, size and CRC of the local header may be 0. */
static bool compare_sizes(struct zip *z, const struct zip_entry *c, const struct zip_entry *l)
{
    struct zip_note n = { .at = header_of(l), .loader = "accepts" };
    struct bytes name = zip_name(z, c);
    bool has_descriptor = (l->fixed.flags & ZIP_FLAG_DESCRIPTOR) != 0;
    bool packed_differs = c->fixed.packed != l->fixed.packed;
    bool size_is_later = has_descriptor && l->fixed.size == 0;
    bool size_differs = c->fixed.size != l->fixed.size && !size_is_later;
    n.slug = "zip-local-size-differs";
    n.declared = num_of(packed_differs ? c->fixed.packed : c->fixed.size);
    n.actual = num_of(packed_differs ? l->fixed.packed : l->fixed.size);
    if ((packed_differs || size_differs)
        && !zip_note_name(z, n, name, "local header has another size")) {
        return false;
    }

    bool crc_is_later = has_descriptor && l->fixed.crc32 == 0;
    n.slug = "zip-local-crc-differs";
    n.declared = num_of(c->fixed.crc32);
    n.actual = num_of(l->fixed.crc32);
    return crc_is_later || c->fixed.crc32 == l->fixed.crc32
           || zip_note_name(z, n, name, "local header has another CRC");
}

static bool check_descriptor(struct zip *z, const struct zip_entry *c, const struct zip_entry *l)
{
    struct zip_note n = { .slug = "zip-local-size-differs", .loader = "accepts" };
    uint64_t at, len;
    bool agrees;
    bool has_descriptor = ((c->fixed.flags | l->fixed.flags) & ZIP_FLAG_DESCRIPTOR) != 0;
    if (!has_descriptor || !add_u64(c->data_at, c->fixed.packed, &at) || at > z->o->src->size) {
        return true;
    }
    if (!zip_descriptor_at(z, at, &c->fixed, &len, &agrees)) {
        return false;
    }

    n.at = (struct range){ at, len };
    return agrees
           || zip_note_name(z, n, zip_name(z, c), "no data descriptor agrees with the directory");
}

/* The archive has the data of a member, and all of it. */
static bool check_extent(struct zip *z, const struct zip_entry *e)
{
    struct zip_note n = { .slug = "zip-bad-offset", .loader = "rejects", .at = header_of(e) };
    uint64_t stop;
    uint64_t size = z->o->src->size;
    n.declared = num_of(e->fixed.header_at);
    if (e->data_at == ZIP_NOWHERE) {
        z->malformed = true;
        return zip_note_name(z, n, zip_name(z, e), "no local header where the directory says");
    }
    if (add_u64(e->data_at, e->fixed.packed, &stop) && stop <= size) {
        return true;
    }

    n.slug = "zip-truncated";
    n.declared = num_of(e->fixed.packed);
    n.actual = num_of(e->data_at <= size ? size - e->data_at : 0);
    z->malformed = true;
    return zip_note_name(z, n, zip_name(z, e), "data reaches past the end");
}

static bool compare_member(struct zip *z, const struct zip_entry *c)
{
    if (!check_name(z, c) || !check_extent(z, c)) {
        return false;
    }
    if (c->data_at == ZIP_NOWHERE) {
        return true;
    }

    const struct zip_entry *l = &z->local[c->local];
    if (!compare_headers(z, c, l) || !compare_sizes(z, c, l) || !check_descriptor(z, c, l)) {
        return false;
    }

    return bytes_eq(zip_name(z, c), zip_name(z, l)) || check_name(z, l);
}

static bool compare_members(struct zip *z)
{
    for (size_t i = 0; i < z->num_central; i++) {
        const struct zip_entry *c = &z->central[i];
        if (!z->dirs[c->dir].nested && !compare_member(z, c)) {
            return false;
        }
    }
    return true;
}

/* Local headers that no directory leads to. */
static bool check_unclaimed(struct zip *z)
{
    for (size_t i = 0; i < z->num_local; i++) {
        const struct zip_entry *l = &z->local[i];
        struct zip_note n = { .slug = "zip-local-only", .loader = "differs", .at = header_of(l) };
        if (l->claimed) {
            continue;
        }
        if (!zip_note_name(z, n, zip_name(z, l), "is in no directory") || !check_name(z, l)
            || !check_extent(z, l)) {
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

/* Members of one directory with the same name. */
static bool check_duplicates(struct zip *z)
{
    size_t n = 0;
    size_t bytes = z->num_central * sizeof(struct zip_key);
    if (z->num_central == 0) {
        return true;
    }

    struct zip_key *key = budget_resize(z->o->budget, NULL, 0, bytes);
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
    bool ok = note_duplicates(z, key, n);
    budget_free(z->o->budget, key, bytes);
    return ok;
}

/* A member shares bytes with the members before it, or with the directory. */
static bool check_overlap(struct zip *z, struct zip_dir *d, const struct zip_entry *e)
{
    struct zip_note n = { .slug = "zip-overlap", .loader = "accepts" };
    uint64_t stop;
    if (!add_u64(e->data_at, e->fixed.packed, &stop)) {
        stop = UINT64_MAX;
    }

    n.at = (struct range){ e->header_at, stop - e->header_at };
    bool meets_member = e->header_at < d->members_end;
    bool meets_dir = stop > d->dir_at && e->header_at < d->dir_stop;
    if ((meets_member || meets_dir)
        && !zip_note_name(z, n, zip_name(z, e), "shares bytes with another record")) {
        return false;
    }

    d->members_end = stop > d->members_end ? stop : d->members_end;
    return true;
}

static bool check_overlaps(struct zip *z)
{
    for (size_t i = 0; i < z->by_header_n; i++) {
        const struct zip_entry *e = &z->central[z->by_header[i].index];
        struct zip_dir *d = &z->dirs[e->dir];
        if (d->nested || e->data_at == ZIP_NOWHERE) {
            continue;
        }
        if (!check_overlap(z, d, e)) {
            return false;
        }
    }

    return true;
}

bool zip_compare(struct zip *z)
{
    return compare_members(z) && check_unclaimed(z) && check_duplicates(z) && check_overlaps(z);
}
