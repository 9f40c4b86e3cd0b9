/* crosscheck.c - compares the parser's interpretation of an archive with that of libzip.
 *
 * The only file that uses libzip.  Its allocations are outside the budget, so it gets small
 * directories only, and its results are used for anomalies only. */
#include "directories.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <zip.h>

enum { MAX_DIRS = 16 /* libzip reads the directory of each end record */ };

/* A source of libzip that reads from a struct source. */
struct feed {
    struct source *src;
    uint64_t pos;
    zip_error_t error;
};

static zip_int64_t feed_read(struct feed *f, void *data, zip_uint64_t n)
{
    size_t got = 0;
    size_t want = n > SIZE_MAX ? SIZE_MAX : (size_t)n;
    if (!source_read_some(f->src, f->pos, data, want, &got)) {
        zip_error_set(&f->error, ZIP_ER_READ, 0);
        return -1;
    }
    f->pos += got;
    return (zip_int64_t)got;
}

static zip_int64_t feed_seek(struct feed *f, void *data, zip_uint64_t n)
{
    zip_int64_t to = zip_source_seek_compute_offset(f->pos, f->src->size, data, n, &f->error);
    if (to < 0) {
        return -1;
    }
    f->pos = (uint64_t)to;
    return 0;
}

static zip_int64_t feed_stat(struct feed *f, void *data, zip_uint64_t n)
{
    zip_stat_t *st = data;
    if (n < sizeof *st) {
        zip_error_set(&f->error, ZIP_ER_INVAL, 0);
        return -1;
    }

    zip_stat_init(st);
    st->size = f->src->size;
    st->valid |= ZIP_STAT_SIZE;
    return sizeof *st;
}

static zip_int64_t feed(void *ctx, void *data, zip_uint64_t n, zip_source_cmd_t cmd)
{
    struct feed *f = ctx;
    switch (cmd) {
    case ZIP_SOURCE_OPEN: f->pos = 0; return 0;
    case ZIP_SOURCE_READ: return feed_read(f, data, n);
    case ZIP_SOURCE_SEEK: return feed_seek(f, data, n);
    case ZIP_SOURCE_TELL: return (zip_int64_t)f->pos;
    case ZIP_SOURCE_STAT: return feed_stat(f, data, n);
    case ZIP_SOURCE_ERROR: return zip_error_to_data(&f->error, data, n);
    case ZIP_SOURCE_SUPPORTS: return ZIP_SOURCE_SUPPORTS_SEEKABLE;
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE: return 0;
    default: zip_error_set(&f->error, ZIP_ER_OPNOTSUPP, 0); return -1;
    }
}

/* The directory that a loader uses that starts at the end of the file. */
static const struct zip_dir *last_dir(const struct zip *z)
{
    for (size_t i = 0; i < z->num_dirs; i++) {
        if (!z->dirs[i].nested) {
            return &z->dirs[i];
        }
    }
    return NULL;
}

static bool is_small_enough(const struct zip *z)
{
    for (size_t i = 0; i < z->num_dirs; i++) {
        const struct zip_dir *d = &z->dirs[i];
        if (d->num >= BOUND_crosscheck_entries
            || d->dir_stop - d->dir_at > BOUND_crosscheck_directory_bytes) {
            return false;
        }
    }
    return z->num_dirs < MAX_DIRS;
}

static bool note_difference(struct zip *z, const struct zip_entry *e, const char *what)
{
    if (source_failed(z->o->src)) {
        return false; /* the failed read, not the archive, made the difference */
    }
    struct zip_note n = { .slug = "zip-libzip-differs",
                          .loader = "differs",
                          .at = { e->at, e->bytes } };
    return zip_note_name(z, n, zip_name(z, e), what);
}

static bool has_same_stat(const struct zip *z, const struct zip_entry *e, const zip_stat_t *st)
{
    struct bytes name = zip_name(z, e);
    bool has_sizes = st->comp_size == e->fixed.packed && st->size == e->fixed.size;
    if (!has_sizes || st->crc != e->fixed.crc32) {
        return false;
    }
    bool has_length = memchr(st->name, 0, name.n + 1) == st->name + name.n;
    return has_length && bytes_eq(bytes_of(st->name), name);
}

/* Reads a small member to its end, where libzip checks the CRC, and compares the size, which libzip
 * does not check: of a member that declares 10 bytes it reads all 100. */
static bool reads_well(zip_t *za, uint64_t index, uint64_t size, uint64_t *spent)
{
    uint8_t buf[4096];
    zip_int64_t n = 0;
    uint64_t total = 0;
    zip_file_t *f = zip_fopen_index(za, index, 0);
    if (f == NULL) {
        return false;
    }

    while (total <= BOUND_crosscheck_member_bytes && (n = zip_fread(f, buf, sizeof buf)) > 0) {
        total += (uint64_t)n;
    }

    *spent += total;
    return zip_fclose(f) == 0 && n >= 0 && total == size;
}

static bool check_member(struct zip *z, zip_t *za, uint64_t i, const struct zip_entry *e,
                         uint64_t *spent)
{
    zip_stat_t st;
    zip_stat_init(&st);
    if (zip_stat_index(za, i, ZIP_FL_ENC_RAW, &st) != 0 || !has_same_stat(z, e, &st)) {
        return note_difference(z, e, "libzip sees another name, size or CRC");
    }

    bool too_large =
        e->fixed.size > BOUND_crosscheck_member_bytes || *spent > BOUND_crosscheck_bytes;
    bool is_encrypted = (e->fixed.flags & ZIP_FLAG_ENCRYPTED) != 0;
    if (too_large || is_encrypted || !zip_compression_method_supported(e->fixed.method, 0)) {
        return true;
    }

    return reads_well(za, i, e->fixed.size, spent)
           || note_difference(z, e, "libzip does not get the bytes that its size and CRC promise");
}

static bool check_members(struct zip *z, zip_t *za, const struct zip_dir *d)
{
    zip_int64_t seen = zip_get_num_entries(za, 0);
    uint64_t spent = 0;
    struct zip_note n = { .slug = "zip-libzip-differs",
                          .loader = "differs",
                          .at = { d->end_at, d->end_stop - d->end_at } };
    if (seen < 0 || (uint64_t)seen != d->num) {
        return zip_note(z, n, "libzip sees %" PRId64 " members, the last directory has %" PRIu32,
                        (int64_t)seen, d->num);
    }

    for (uint32_t i = 0; i < d->num; i++) {
        if (!check_member(z, za, i, &z->central[d->first + i], &spent)) {
            return false;
        }
    }

    return true;
}

/* That readers agree was not shown: the archive is incomplete. */
static bool note_not_compared(struct zip *z, const struct zip_dir *d)
{
    struct zip_note n = { .slug = "zip-not-compared",
                          .loader = "accepts",
                          .at = { d->end_at, d->end_stop - d->end_at } };
    z->unsupported = true;
    return zip_note(z, n, "%zu end records, %" PRIu32 " members: not compared with libzip",
                    z->num_dirs, d->num);
}

/* libzip does not open the archive, unless memory or a read failed. */
static bool note_refusal(struct zip *z, const struct zip_dir *d, zip_error_t *error)
{
    struct zip_note n = { .slug = "zip-libzip-refuses",
                          .loader = "rejects",
                          .at = { d->end_at, d->end_stop - d->end_at } };
    if (zip_error_code_zip(error) == ZIP_ER_MEMORY) {
        return note_not_compared(z, d);
    }
    return source_failed(z->o->src)
           || zip_note(z, n, "libzip does not open it: %s", zip_error_strerror(error));
}

bool zip_crosscheck(struct zip *z)
{
    const struct zip_dir *d = last_dir(z);
    struct feed f = { .src = z->o->src };
    zip_error_t error;
    bool ok = true;
    if (d == NULL) {
        return true;
    }
    if (!is_small_enough(z)) {
        return note_not_compared(z, d);
    }

    zip_error_init(&error);
    zip_error_init(&f.error);
    zip_source_t *src = zip_source_function_create(feed, &f, &error);
    zip_t *za = NULL;
    if (src != NULL) {
        za = zip_open_from_source(src, ZIP_RDONLY, &error);
    }
    if (za != NULL) {
        ok = check_members(z, za, d);
        zip_discard(za); /* frees src, too */
    } else {
        zip_source_free(src); /* accepts NULL */
        ok = note_refusal(z, d, &error);
    }

    zip_error_fini(&f.error);
    zip_error_fini(&error);
    return ok;
}
