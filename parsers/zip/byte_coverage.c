/* byte_coverage.c - the end records, and whose every byte is. */
#include "directories.h"
#include <inttypes.h>
#include <stdlib.h>

/* bytes counted at a time */
enum { CHUNK = 65536 };

static struct range end_of(const struct zip_dir *d)
{
    return (struct range){ d->end_at, d->end_stop - d->end_at };
}

static bool note_counts(struct zip *z, const struct zip_dir *d)
{
    struct zip_note n = { .slug = "zip-count-wrong",
                          .loader = "differs",
                          .at = end_of(d),
                          .declared = num_of(d->says.num_entries),
                          .actual = num_of(d->num) };
    if (d->num != d->says.num_entries
        && !zip_note(z, n, "end record counts %" PRIu64 " members, directory has %" PRIu32,
                     d->says.num_entries, d->num)) {
        return false;
    }
    n.declared = num_of(d->narrow_entries);
    return d->narrow_entries == UINT16_MAX || d->narrow_entries == d->says.num_entries
           || zip_note(z, n, "end record counts %" PRIu64 " members, zip64 end record %" PRIu64,
                       d->narrow_entries, d->says.num_entries);
}

static bool note_place(struct zip *z, const struct zip_dir *d)
{
    struct zip_note n = { .slug = "zip-bad-offset",
                          .loader = "rejects",
                          .at = end_of(d),
                          .declared = num_of(d->says.dir_at) };
    if (d->num == 0 && (d->says.num_entries > 0 || d->says.dir_bytes > 0)) {
        z->malformed = true;
        return zip_note(z, n, "no directory at byte %" PRIu64, d->says.dir_at);
    }
    n.loader = "differs";
    n.declared = num_of(d->says.dir_bytes);
    n.actual = num_of(d->dir_stop - d->dir_at);
    if (d->dir_stop - d->dir_at != d->says.dir_bytes
        && !zip_note(z, n, "directory of %" PRIu64 " bytes is %" PRIu64 " bytes long",
                     d->says.dir_bytes, d->dir_stop - d->dir_at)) {
        return false;
    }
    n.declared = num_of(d->first_end + d->says.record_bytes + ZIP_LOCATOR_BYTES);
    n.actual = num_of(d->end_at);
    if (d->wide && n.declared.v != n.actual.v
        && !zip_note(z, n, "zip64 end record is not where zipfile looks for it")) {
        return false;
    }
    n.declared = num_of(d->says.disk);
    n.actual = (struct num){ 0 };
    return d->says.disk == 0 || zip_note(z, n, "archive of several disks");
}

static bool note_end(struct zip *z, const struct zip_dir *d)
{
    struct zip_note n = { .slug = "zip-truncated", .loader = "differs", .at = end_of(d) };
    if (d->end_stop > z->o->src->size && !zip_note(z, n, "comment reaches past the end")) {
        return false;
    }
    n.slug = "zip-comment";
    n.loader = "accepts";
    n.actual = num_of(d->says.comment_bytes);
    return d->says.comment_bytes == 0
           || zip_note(z, n, "archive comment of %u bytes", (unsigned)d->says.comment_bytes);
}

/* A second end record, or a second reading of the one. */
static bool note_second(struct zip *z, const struct zip_dir *d, const struct zip_dir *first)
{
    struct zip_note n = { .slug = "zip-concatenated", .loader = "differs", .at = end_of(d) };
    if (d->end_at != first->end_at) {
        return zip_note(z, n, "second archive, from byte %" PRIu64, d->low);
    }
    n.slug = "zip-bad-offset";
    return zip_note(z, n, "end record leads to a second directory, at byte %" PRIu64, d->dir_at);
}

static bool note_dirs(struct zip *z)
{
    const struct zip_dir *first = NULL;
    for (size_t i = 0; i < z->num_dirs; i++) {
        const struct zip_dir *d = &z->dirs[i];
        if (d->nested) {
            continue;
        }
        if (!note_counts(z, d) || !note_place(z, d) || !note_end(z, d)
            || (first != NULL && !note_second(z, d, first))) {
            return false;
        }
        first = first == NULL ? d : first;
    }
    return true;
}

static bool count_nonzero(struct zip *z, uint64_t off, uint64_t stop, uint64_t *out)
{
    struct bytes b;
    *out = 0;
    for (uint64_t pos = off; pos < stop; pos += b.n) {
        size_t n = stop - pos < CHUNK ? (size_t)(stop - pos) : CHUNK;
        if (!stream_seek(z->st, pos) || !stream_peek(z->st, n, &b)) {
            return false;
        }
        struct cursor c = cur_of(b, pos);
        uint8_t byte;
        while (cur_u8(&c, &byte)) {
            *out += byte != 0;
        }
    }
    return true;
}

static bool region(struct zip *z, uint64_t off, uint64_t stop)
{
    bool prefix = off == 0, trailing = stop == z->o->src->size;
    struct zip_note n = { .slug = prefix     ? "zip-prefix"
                                  : trailing ? "zip-trailing"
                                             : "zip-gap",
                          .loader = trailing && !prefix ? "accepts"
                                    : prefix            ? "differs"
                                                        : "accepts",
                          .at = { off, stop - off } };
    struct fact f = { .kind = FACT_REGION, .at = n.at };
    uint64_t nonzero;
    if (!count_nonzero(z, off, stop, &nonzero)) {
        return false;
    }
    f.region.role = bytes_of(prefix     ? "prefix"
                             : trailing ? "trailing"
                             : nonzero  ? "gap"
                                        : "padding");
    f.region.nonzero = num_of(nonzero);
    return emit(z->o->sink, &f)
           && zip_note(z, n, "%" PRIu64 " bytes belong to no record, %" PRIu64 " of them not zero",
                       stop - off, nonzero);
}

static int span_cmp(const void *a, const void *b)
{
    const struct zip_span *x = a, *y = b;
    return x->off < y->off ? -1 : x->off > y->off;
}

bool zip_account(struct zip *z)
{
    uint64_t at = 0;
    if (!note_dirs(z)) {
        return false;
    }
    if (z->num_spans > 1) {
        qsort(z->spans, z->num_spans, sizeof *z->spans, span_cmp);
    }
    for (size_t i = 0; i < z->num_spans; i++) {
        if (z->spans[i].off > at && !region(z, at, z->spans[i].off)) {
            return false;
        }
        at = z->spans[i].stop > at ? z->spans[i].stop : at;
    }
    return at >= z->o->src->size || region(z, at, z->o->src->size);
}
