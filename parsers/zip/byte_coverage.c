/* byte_coverage.c - checks the end records, and that every byte belongs to a record or member. */
#include "directories.h"

#include <inttypes.h>
#include <stdlib.h>

enum { CHUNK = 65536 /* bytes that are counted at a time */ };

static struct range end_of(const struct zip_dir *d)
{
    return (struct range){ d->end_at, d->end_stop - d->end_at };
}

/* The numbers of entries in the end records, and that of the directory. */
static bool check_counts(struct zip *z, const struct zip_dir *d)
{
    struct zip_note n = { .slug = "zip-count-wrong",
                          .loader = "differs",
                          .at = end_of(d),
                          .declared = num_of(d->end.num_entries),
                          .actual = num_of(d->num) };
    if (d->num != d->end.num_entries
        && !zip_note(z, n, "end record counts %" PRIu64 " members, directory has %" PRIu32,
                     d->end.num_entries, d->num)) {
        return false;
    }

    n.declared = num_of(d->entries16);
    return d->entries16 == UINT16_MAX || d->entries16 == d->end.num_entries
           || zip_note(z, n, "end record counts %" PRIu64 " members, zip64 end record %" PRIu64,
                       d->entries16, d->end.num_entries);
}

/* The length of the directory, and the places of the end records. */
static bool check_place(struct zip *z, const struct zip_dir *d)
{
    uint64_t bytes = d->dir_stop - d->dir_at;
    struct zip_note n = { .slug = "zip-bad-offset", .loader = "rejects", .at = end_of(d) };
    n.declared = num_of(d->end.dir_at);
    if (d->num == 0 && (d->end.num_entries > 0 || d->end.dir_bytes > 0)) {
        z->malformed = true;
        return zip_note(z, n, "no directory at byte %" PRIu64, d->end.dir_at);
    }

    n.loader = "differs";
    n.declared = num_of(d->end.dir_bytes);
    n.actual = num_of(bytes);
    if (bytes != d->end.dir_bytes
        && !zip_note(z, n, "directory of %" PRIu64 " bytes is %" PRIu64 " bytes long",
                     d->end.dir_bytes, bytes)) {
        return false;
    }

    n.declared = num_of(d->first_end + d->end.record_bytes + ZIP_LOCATOR_BYTES);
    n.actual = num_of(d->end_at);
    if (d->zip64 && n.declared.v != n.actual.v
        && !zip_note(z, n, "zip64 end record is not where zipfile looks for it")) {
        return false;
    }

    n.declared = num_of(d->end.disk);
    n.actual = NUM_NONE;
    return d->end.disk == 0 || zip_note(z, n, "archive of several disks");
}

static bool check_comment(struct zip *z, const struct zip_dir *d)
{
    struct zip_note n = { .slug = "zip-truncated", .loader = "differs", .at = end_of(d) };
    if (d->end_stop > z->o->src->size && !zip_note(z, n, "comment reaches past the end")) {
        return false;
    }

    n.slug = "zip-comment";
    n.loader = "accepts";
    n.actual = num_of(d->end.comment_bytes);
    return d->end.comment_bytes == 0
           || zip_note(z, n, "archive comment of %u bytes", (unsigned)d->end.comment_bytes);
}

/* A second end record, or a second interpretation of the first. */
static bool note_second(struct zip *z, const struct zip_dir *d, const struct zip_dir *first)
{
    struct zip_note n = { .slug = "zip-concatenated", .loader = "differs", .at = end_of(d) };
    if (d->end_at != first->end_at) {
        return zip_note(z, n, "second archive, from byte %" PRIu64, d->start);
    }
    n.slug = "zip-bad-offset";
    return zip_note(z, n, "end record leads to a second directory, at byte %" PRIu64, d->dir_at);
}

static bool check_dirs(struct zip *z)
{
    const struct zip_dir *first = NULL;
    for (size_t i = 0; i < z->num_dirs; i++) {
        const struct zip_dir *d = &z->dirs[i];
        if (d->nested) {
            continue;
        }
        if (!check_counts(z, d) || !check_place(z, d) || !check_comment(z, d)) {
            return false;
        }
        if (first == NULL) {
            first = d;
        } else if (!note_second(z, d, first)) {
            return false;
        }
    }

    return true;
}

static bool count_nonzero(struct zip *z, uint64_t off, uint64_t stop, uint64_t *out)
{
    struct bytes b;
    *out = 0;
    for (uint64_t pos = off; pos < stop; pos += b.n) {
        size_t n = stop - pos < CHUNK ? (size_t)(stop - pos) : CHUNK;
        if (!stream_seek(z->in, pos) || !stream_peek(z->in, n, &b)) {
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

/* Sets slug, loader and role for bytes before the archive, behind it or between its records. */
static void describe_gap(struct zip_note *n, struct fact *f, uint64_t size, uint64_t nonzero)
{
    n->loader = "accepts";
    if (n->at.off == 0) {
        n->slug = "zip-prefix";
        n->loader = "differs";
        f->region.role = BYTES("prefix");
    } else if (n->at.off + n->at.len == size) {
        n->slug = "zip-trailing";
        f->region.role = BYTES("trailing");
    } else {
        n->slug = "zip-gap";
        f->region.role = nonzero > 0 ? BYTES("gap") : BYTES("padding");
    }
}

/* Reports bytes that belong to no record or member. */
static bool note_gap(struct zip *z, uint64_t off, uint64_t stop)
{
    struct zip_note n = { .at = { off, stop - off } };
    struct fact f = { .kind = FACT_REGION, .at = n.at };
    uint64_t nonzero;
    if (!count_nonzero(z, off, stop, &nonzero)) {
        return false;
    }

    describe_gap(&n, &f, z->o->src->size, nonzero);
    f.region.nonzero = num_of(nonzero);
    return emit(z->o->sink, &f)
           && zip_note(z, n, "%" PRIu64 " bytes belong to no record, %" PRIu64 " of them not zero",
                       stop - off, nonzero);
}

static int compare_spans(const void *a, const void *b)
{
    const struct zip_span *x = a;
    const struct zip_span *y = b;
    return x->off < y->off ? -1 : x->off > y->off;
}

bool zip_check_coverage(struct zip *z)
{
    uint64_t at = 0;
    if (!check_dirs(z)) {
        return false;
    }
    if (z->num_spans > 1) {
        qsort(z->spans, z->num_spans, sizeof *z->spans, compare_spans);
    }

    for (size_t i = 0; i < z->num_spans; i++) {
        const struct zip_span *s = &z->spans[i];
        if (s->off > at && !note_gap(z, at, s->off)) {
            return false;
        }
        at = s->stop > at ? s->stop : at;
    }

    return at >= z->o->src->size || note_gap(z, at, z->o->src->size);
}
