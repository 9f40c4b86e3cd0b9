/* archive.c - archives and compressed streams within other files.
 *
 * An archive that can be opened becomes an object of its own: a zip archive from its first local
 * header to its end record, a compressed stream up to the end of the object around it (the
 * decompressor finds where it ends). */
#include "executable.h"

#include "../codec/codec.h"

enum {
    PROBE_BYTES = 4096, /* random bytes do not unpack to that many */
    ZIP_LOCAL_BYTES = 30, /* of a local header without its name */
    ZIP_END_BYTES = 22,
    ZIP64_BYTES = 56 + 20, /* zip64 end record and locator (APPNOTE 4.3.14, 4.3.15) */
    RAR4_ARCHIVE_HEADER = 0x73
};

/* Bit by bit: the 20 bytes that it is used for are not worth a table. */
static uint32_t crc32_of(struct bytes b)
{
    uint32_t crc = 0xffffffffu;
    for (size_t i = 0; i < b.n; i++) {
        crc ^= b.p[i];
        for (int k = 0; k < 8; k++) {
            crc = crc >> 1 ^ (0xedb88320u & (0u - (crc & 1)));
        }
    }
    return ~crc;
}

/* The bytes unpack to their end, or to PROBE_BYTES. */
static bool unpacks(struct view *v, enum codec codec, struct budget *b)
{
    uint8_t out[PROBE_BYTES];
    size_t got = 0;
    size_t total = 0;
    enum decode_end end = DECODE_MORE;
    struct decoder *d = decoder_new(codec, v->src, (struct range){ v->at, view_left(v) }, b);
    if (d == NULL) {
        return false;
    }

    while (end == DECODE_MORE && total < PROBE_BYTES) {
        end = decoder_read(d, out, sizeof out, &got);
        total += got;
    }

    decoder_free(d);
    if (end == DECODE_DONE) {
        return total > 0;
    }

    return end == DECODE_MORE && total >= PROBE_BYTES;
}

static bool confirm_stream(struct view *v, const char *kind, enum codec codec, struct budget *b,
                           struct exec *e)
{
    if (!unpacks(v, codec, b)) {
        return false;
    }
    e->kind = kind;
    e->inner = (struct range){ v->at, view_left(v) };
    e->codec = codec;
    e->inner_guess = true;
    return true;
}

/* The start header: the CRC of the 20 bytes that give the place of the header (7zFormat.txt). */
static bool confirm_sevenzip(struct view *v, struct exec *e)
{
    struct cursor c;
    struct bytes start;
    uint32_t crc;
    e->kind = "7z";
    return view_take(v, 8, 24, &c) && cur_u32le(&c, &crc) && cur_take(&c, 20, &start)
           && crc32_of(start) == crc;
}

/* RAR 4 has an archive header next, RAR 5 a byte of its version and a header. */
static bool confirm_rar(struct view *v, struct exec *e)
{
    struct cursor c;
    struct bytes b;
    e->kind = "rar";
    if (!view_take(v, 6, 8, &c) || !cur_take(&c, 8, &b)) {
        return false;
    }

    bool is_rar4 = b.p[0] == 0 && b.p[3] == RAR4_ARCHIVE_HEADER;
    bool is_rar5 = b.p[0] == 1 && b.p[1] == 0 && b.p[6] >= 3;
    return is_rar4 || is_rar5;
}

/* Sizes that fit, and at least one folder and one file (MS-CAB 2.1). */
static bool confirm_cab(struct view *v, struct exec *e)
{
    struct cursor c;
    uint32_t bytes, zero2, files_at, zero3;
    uint16_t version, folders, files;
    if (!view_take(v, 8, 22, &c) || !cur_u32le(&c, &bytes) || !cur_u32le(&c, &zero2)
        || !cur_u32le(&c, &files_at) || !cur_u32le(&c, &zero3) || !cur_u16le(&c, &version)
        || !cur_u16le(&c, &folders) || !cur_u16le(&c, &files)) {
        return false;
    }

    e->kind = "cab";
    e->size = num_of(bytes);
    bool has_reserved = zero2 == 0 && zero3 == 0;
    bool has_content = folders > 0 && files > 0;
    return has_reserved && has_content && bytes <= view_left(v) && files_at < bytes;
}

/* Name, extra field and data fit (APPNOTE 4.3.7).  The end record of its archive, not the local
 * header, makes an object of it. */
static bool confirm_local(struct view *v, struct exec *e)
{
    struct cursor c;
    uint32_t packed;
    uint16_t flags, name, extra;
    if (!view_take(v, 6, 24, &c) || !cur_u16le(&c, &flags) || !cur_skip(&c, 10)
        || !cur_u32le(&c, &packed) || !cur_skip(&c, 4) || !cur_u16le(&c, &name)
        || !cur_u16le(&c, &extra)) {
        return false;
    }

    uint64_t data = packed == UINT32_MAX ? 0 : packed; /* zip64: the size is in the extra field */
    uint64_t end = ZIP_LOCAL_BYTES + (uint64_t)name + extra + data;
    e->kind = "zip-member";
    e->size = num_of(end);
    return end <= view_left(v);
}

static bool has_central_header(struct source *src, uint64_t at)
{
    struct view there = { .src = src, .at = at };
    struct cursor c;
    struct bytes sig;
    return view_take(&there, 0, 4, &c) && cur_take(&c, 4, &sig) && bytes_eq(sig, BYTES("PK\1\2"));
}

/* The directory starts with a central header and lies right before the end record, or before the
 * zip64 records (APPNOTE 4.3.16). */
static bool confirm_zip_end(struct view *v, struct exec *e)
{
    struct cursor c;
    uint32_t dir_bytes, dir_at;
    uint16_t comment;
    if (!view_take(v, 12, 10, &c) || !cur_u32le(&c, &dir_bytes) || !cur_u32le(&c, &dir_at)
        || !cur_u16le(&c, &comment)) {
        return false;
    }

    e->kind = "zip";
    uint64_t rest = view_left(v) - ZIP_END_BYTES;
    uint64_t end = v->at + ZIP_END_BYTES + (comment <= rest ? comment : rest);
    /* The zip parser reads the zip64 records, and all interpretations of them. */
    if (dir_bytes == UINT32_MAX || dir_at == UINT32_MAX) {
        e->inner = (struct range){ 0, end };
        return true;
    }

    static const uint64_t records[] = { 0, ZIP64_BYTES }; /* bytes behind the directory */
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        uint64_t behind = dir_bytes + records[i];
        if (behind <= v->at && has_central_header(v->src, v->at - behind)) {
            uint64_t dir = v->at - behind;
            uint64_t start = dir >= dir_at ? dir - dir_at : 0;
            e->inner = (struct range){ start, end - start };
            return true;
        }
    }

    e->inner = (struct range){ 0, end }; /* for readers that count from the start of the file */
    return dir_at < v->at && has_central_header(v->src, dir_at);
}

bool archive_confirm(struct view *v, enum magic m, struct budget *b, struct exec *e)
{
    switch (m) {
    case MAGIC_ZIP_END: return confirm_zip_end(v, e);
    case MAGIC_ZIP_LOCAL: return confirm_local(v, e);
    case MAGIC_SEVENZIP: return confirm_sevenzip(v, e);
    case MAGIC_RAR: return confirm_rar(v, e);
    case MAGIC_CAB: return confirm_cab(v, e);
    case MAGIC_GZIP: return confirm_stream(v, "gzip", CODEC_GZIP, b, e);
    case MAGIC_BZIP2: return confirm_stream(v, "bzip2", CODEC_BZIP2, b, e);
    case MAGIC_XZ: return confirm_stream(v, "xz", CODEC_XZ, b, e);
    case MAGIC_ZSTD: return confirm_stream(v, "zstd", CODEC_ZSTD, b, e);
    default: return false;
    }
}
