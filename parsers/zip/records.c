/* records.c - decodes the records of a zip archive. */
#include "records.h"

#define ALL_ONES16 0xffffu
#define ALL_ONES32 0xffffffffu
#define EXTRA_ZIP64 0x0001u

uint32_t zip_sig_of(struct bytes b)
{
    struct cursor c = cur_of(b, 0);
    uint32_t sig = 0;
    return cur_u32le(&c, &sig) ? sig : 0;
}

static bool read_sig(struct cursor *c, uint32_t sig)
{
    uint32_t got;
    return cur_u32le(c, &got) && got == sig;
}

static bool read_sizes32(struct cursor *c, uint64_t *packed, uint64_t *size)
{
    uint32_t p, s;
    if (!cur_u32le(c, &p) || !cur_u32le(c, &s)) {
        return false;
    }
    *packed = p;
    *size = s;
    return true;
}

/* The fields that both headers have: flags, method, time, date, CRC, sizes, lengths. */
static bool read_common(struct cursor *c, struct zip_fixed *f)
{
    return cur_u16le(c, &f->flags) && cur_u16le(c, &f->method) && cur_skip(c, 4)
           && cur_u32le(c, &f->crc32) && read_sizes32(c, &f->packed, &f->size)
           && cur_u16le(c, &f->name_bytes) && cur_u16le(c, &f->extra_bytes);
}

/* APPNOTE 4.3.7 */
bool zip_read_local(struct cursor *c, struct zip_fixed *out)
{
    struct cursor t = *c;
    struct zip_fixed f = { 0 };
    if (!read_sig(&t, ZIP_SIG_LOCAL) || !cur_skip(&t, 2) || !read_common(&t, &f)) {
        return false;
    }
    *out = f;
    *c = t;
    return true;
}

/* APPNOTE 4.3.12 */
bool zip_read_central(struct cursor *c, struct zip_fixed *out)
{
    struct cursor t = *c;
    struct zip_fixed f = { 0 };
    uint16_t disk;
    uint32_t external;
    uint32_t at;
    if (!read_sig(&t, ZIP_SIG_CENTRAL) || !cur_skip(&t, 4) || !read_common(&t, &f)
        || !cur_u16le(&t, &f.comment_bytes) || !cur_u16le(&t, &disk) || !cur_skip(&t, 2)
        || !cur_u32le(&t, &external) || !cur_u32le(&t, &at)) {
        return false;
    }

    f.mode = (uint16_t)(external >> 16);
    f.disk = disk;
    f.header_at = at;
    *out = f;
    *c = t;
    return true;
}

/* APPNOTE 4.3.16 */
bool zip_read_end(struct cursor *c, struct zip_end *out)
{
    struct cursor t = *c;
    uint16_t disk, dir_disk, here, total, comment;
    uint64_t dir_bytes, dir_at;
    if (!read_sig(&t, ZIP_SIG_END) || !cur_u16le(&t, &disk) || !cur_u16le(&t, &dir_disk)
        || !cur_u16le(&t, &here) || !cur_u16le(&t, &total) || !read_sizes32(&t, &dir_bytes, &dir_at)
        || !cur_u16le(&t, &comment)) {
        return false;
    }

    *out = (struct zip_end){ .num_entries = total,
                             .dir_bytes = dir_bytes,
                             .dir_at = dir_at,
                             .disk = disk,
                             .comment_bytes = comment,
                             .record_bytes = ZIP_END_BYTES };
    *c = t;
    return true;
}

/* APPNOTE 4.3.14.  The record may be longer than the known fields. */
bool zip_read_end64(struct cursor *c, struct zip_end *out)
{
    struct cursor t = *c;
    struct zip_end e = { 0 };
    uint64_t rest, here;
    if (!read_sig(&t, ZIP_SIG_END64) || !cur_u64le(&t, &rest) || !cur_skip(&t, 4)
        || !cur_u32le(&t, &e.disk) || !cur_skip(&t, 4) || !cur_u64le(&t, &here)
        || !cur_u64le(&t, &e.num_entries) || !cur_u64le(&t, &e.dir_bytes)
        || !cur_u64le(&t, &e.dir_at) || !add_u64(rest, 12, &e.record_bytes)) {
        return false;
    }

    *out = e;
    *c = t;
    return true;
}

/* APPNOTE 4.3.15 */
bool zip_read_locator(struct cursor *c, uint64_t *end64_at)
{
    struct cursor t = *c;
    uint64_t at;
    if (!read_sig(&t, ZIP_SIG_LOCATOR) || !cur_skip(&t, 4) || !cur_u64le(&t, &at)
        || !cur_skip(&t, 4)) {
        return false;
    }

    *end64_at = at;
    *c = t;
    return true;
}

/* APPNOTE 4.3.9.  The signature is optional, and no field says how wide the sizes are. */
bool zip_read_descriptor(struct cursor *c, bool sig, bool wide, struct zip_descriptor *out)
{
    struct cursor t = *c;
    struct zip_descriptor d = { 0 };
    bool ok;
    if ((sig && !read_sig(&t, ZIP_SIG_DESCRIPTOR)) || !cur_u32le(&t, &d.crc32)) {
        return false;
    }
    if (wide) {
        ok = cur_u64le(&t, &d.packed) && cur_u64le(&t, &d.size);
    } else {
        ok = read_sizes32(&t, &d.packed, &d.size);
    }
    if (ok) {
        *out = d;
        *c = t;
    }

    return ok;
}

static void widen_from(struct cursor c, struct zip_fixed *f, bool central)
{
    if (f->size == ALL_ONES32 && !cur_u64le(&c, &f->size)) {
        return;
    }
    if (f->packed == ALL_ONES32 && !cur_u64le(&c, &f->packed)) {
        return;
    }
    if (!central || (f->header_at == ALL_ONES32 && !cur_u64le(&c, &f->header_at))) {
        return;
    }
    if (f->disk == ALL_ONES16 && !cur_u32le(&c, &f->disk)) {
        return;
    }
}

/* The first zip64 field counts, as for zipfile and libzip. */
void zip_widen(struct zip_fixed *f, bool central, struct bytes extra)
{
    struct cursor c = cur_of(extra, 0);
    struct cursor field;
    uint16_t id, n;
    while (cur_u16le(&c, &id) && cur_u16le(&c, &n) && cur_sub(&c, n, &field)) {
        if (id == EXTRA_ZIP64) {
            widen_from(field, f, central);
            return;
        }
    }
}
