/* search.c - where does the next record begin, when nothing says so? */
#include "directories.h"
#include <string.h>

enum { LAST_METHOD = 99, LOOKAHEAD = ZIP_END64_BYTES };

/* Random data has a PK\3\4 every 4 GiB: where none was due, look twice. */
static bool plausible(const struct zip *z, struct bytes b, uint64_t at)
{
    uint64_t left = z->o->src->size - at;
    struct cursor c = cur_of(b, at);
    struct zip_fixed f;
    struct zip_end e;
    switch (zip_sig_of(b)) {
    case ZIP_SIG_LOCAL:
        return zip_read_local(&c, &f) && f.method <= LAST_METHOD && f.name_bytes > 0
               && left - ZIP_LOCAL_BYTES >= (uint64_t)f.name_bytes + f.extra_bytes;
    case ZIP_SIG_CENTRAL:
        return zip_read_central(&c, &f) && f.method <= LAST_METHOD && f.name_bytes > 0
               && left - ZIP_CENTRAL_BYTES >= (uint64_t)f.name_bytes + f.extra_bytes;
    case ZIP_SIG_END: return zip_read_end(&c, &e) && left - ZIP_END_BYTES >= e.comment_bytes;
    case ZIP_SIG_END64: return zip_read_end64(&c, &e) && e.record_bytes <= left;
    default: return false;
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

bool zip_next_record(struct zip *z, uint64_t pos, struct zip_fixed *f, uint64_t *out)
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
            if (plausible(z, here, pos + i) || (f != NULL && closes(here, data_at, pos + i, f))) {
                *out = pos + i;
                return true;
            }
        }
        pos += last;
    }
    *out = size;
    return true;
}
