/* search.c - finds the next record where no other record gives its offset. */
#include "directories.h"

#include <string.h>

enum {
    LAST_METHOD = 99, /* the highest number of a method (APPNOTE 4.4.5) */
    LOOKAHEAD = ZIP_END64_BYTES /* the longest fixed part */
};

/* The fields of a header are plausible; `left` bytes follow its fixed part. */
static bool is_plausible_header(const struct zip_fixed *f, uint64_t left)
{
    return f->method <= LAST_METHOD && f->name_bytes > 0
           && left >= (uint64_t)f->name_bytes + f->extra_bytes;
}

/* Random data has a PK\3\4 every 4 GiB, so the fields behind a signature have to be plausible. */
static bool is_plausible(const struct zip *z, struct bytes b, uint64_t at)
{
    uint64_t left = z->o->src->size - at;
    struct cursor c = cur_of(b, at);
    struct zip_fixed f;
    struct zip_end e;
    switch (zip_sig_of(b)) {
    case ZIP_SIG_LOCAL:
        return zip_read_local(&c, &f) && is_plausible_header(&f, left - ZIP_LOCAL_BYTES);
    case ZIP_SIG_CENTRAL:
        return zip_read_central(&c, &f) && is_plausible_header(&f, left - ZIP_CENTRAL_BYTES);
    case ZIP_SIG_END: return zip_read_end(&c, &e) && left - ZIP_END_BYTES >= e.comment_bytes;
    case ZIP_SIG_END64: return zip_read_end64(&c, &e) && e.record_bytes <= left;
    default: return false;
    }
}

/* A descriptor at `at` has the size of data that began at data_at. */
static bool closes_data(struct bytes b, uint64_t data_at, uint64_t at, struct zip_fixed *f)
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

/* Searches b, whose first byte is at offset pos, for records that begin before b.p[stop].  Returns
 * the index of the first, or stop. */
static size_t find_record(const struct zip *z, struct bytes b, uint64_t pos, size_t stop,
                          uint64_t data_at, struct zip_fixed *f)
{
    for (size_t i = 0; i < stop; i++) {
        const uint8_t *p = memchr(b.p + i, 'P', stop - i);
        if (p == NULL) {
            break;
        }

        i = (size_t)(p - b.p);
        struct bytes here = bytes_sub(b, i, LOOKAHEAD);
        if (is_plausible(z, here, pos + i)
            || (f != NULL && closes_data(here, data_at, pos + i, f))) {
            return i;
        }
    }

    return stop;
}

bool zip_next_record(struct zip *z, uint64_t pos, struct zip_fixed *f, uint64_t *out)
{
    uint64_t data_at = pos;
    uint64_t size = z->o->src->size;
    struct bytes b;
    while (pos < size) {
        size_t n = size - pos < STREAM_BUFFER ? (size_t)(size - pos) : STREAM_BUFFER;
        size_t stop = n < size - pos ? n - LOOKAHEAD : n;
        if (!stream_seek(z->in, pos) || !stream_peek(z->in, n, &b)) {
            return false;
        }

        size_t i = find_record(z, b, pos, stop, data_at, f);
        if (i < stop) {
            *out = pos + i;
            return true;
        }

        pos += stop;
    }

    *out = size;
    return true;
}
