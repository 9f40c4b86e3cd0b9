/* archive.c - archives and compressed streams somewhere in the bytes.
 *
 * What can be opened here is handed on as an object of its own: a zip archive from
 * its first local header to its end record, a compressed stream to the end of the
 * object (the decompressor knows where it ends). */
#include "executable.h"

#include "../codec/codec.h"

enum {
    PROBE_BYTES = 4096, /* unpacked bytes that chance does not yield */
    ZIP64_BYTES = 56 + 20
}; /* end record and locator: APPNOTE 4.3.14, 4.3.15 */

static uint32_t crc32_of(struct bytes b) /* a handful of bytes: no table */
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

/* Does it unpack: to its end, or a good way on? */
static bool unpacks(struct view *v, enum codec codec, struct budget *b)
{
    uint8_t out[PROBE_BYTES];
    size_t got = 0, all = 0;
    enum decode_end end = DECODE_MORE;
    struct decoder *d = decoder_new(codec, v->src, (struct range){ v->at, view_left(v) }, b);
    while (d != NULL && end == DECODE_MORE && all < PROBE_BYTES) {
        end = decoder_read(d, out, sizeof out, &got);
        all += got;
    }
    bool ok =
        d != NULL && (end == DECODE_DONE ? all > 0 : end == DECODE_MORE && all >= PROBE_BYTES);
    decoder_free(d);
    return ok;
}

static bool stream_confirm(struct view *v, const char *kind, enum codec codec, struct budget *b,
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

/* 7zFormat.txt: version, CRC of the next 20 bytes, which say where the header is. */
static bool sevenzip_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    struct bytes start;
    uint32_t crc;
    e->kind = "7z";
    return view_take(v, 8, 24, &c) && cur_u32le(&c, &crc) && cur_take(&c, 20, &start)
           && crc32_of(start) == crc;
}

/* RAR 4: an archive header, type 0x73, follows; RAR 5: its version byte, and a header of type 1. */
static bool rar_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    struct bytes b;
    e->kind = "rar";
    if (!view_take(v, 6, 8, &c) || !cur_take(&c, 8, &b)) {
        return false;
    }
    return b.p[0] == 0 ? b.p[3] == 0x73 : b.p[0] == 1 && b.p[1] == 0 && b.p[6] >= 3;
}

/* MS-CAB 2.1: sizes that fit, one folder and one file at least. */
static bool cab_confirm(struct view *v, struct exec *e)
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
    return bytes <= view_left(v) && files_at < bytes && zero2 == 0 && zero3 == 0 && folders > 0
           && files > 0;
}

/* APPNOTE 4.3.7: name and extra field fit.  Its own end record makes it an object. */
static bool local_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    uint32_t packed;
    uint16_t flags, name, extra;
    uint64_t end;
    if (!view_take(v, 6, 24, &c) || !cur_u16le(&c, &flags) || !cur_skip(&c, 10)
        || !cur_u32le(&c, &packed) || !cur_skip(&c, 4) || !cur_u16le(&c, &name)
        || !cur_u16le(&c, &extra)) {
        return false;
    }
    end = 30 + (uint64_t)name + extra + (packed == UINT32_MAX ? 0 : packed);
    e->kind = "zip-member";
    e->size = num_of(end);
    return end <= view_left(v);
}

static bool has_central(struct source *src, uint64_t at)
{
    struct view there = { .src = src, .at = at };
    struct cursor c;
    struct bytes sig;
    return view_take(&there, 0, 4, &c) && cur_take(&c, 4, &sig) && bytes_eq(sig, BYTES("PK\1\2"));
}

/* APPNOTE 4.3.16: the directory lies right before the end record (or before the
 * zip64 records) and starts with a central header. */
static bool zip_end_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    uint32_t dir_bytes, dir_at;
    uint16_t comment;
    if (!view_take(v, 12, 10, &c) || !cur_u32le(&c, &dir_bytes) || !cur_u32le(&c, &dir_at)
        || !cur_u16le(&c, &comment)) {
        return false;
    }
    e->kind = "zip";
    uint64_t end = v->at + 22 + (comment <= view_left(v) - 22 ? comment : view_left(v) - 22);
    /* zip64: its readings are the zip parser's */
    if (dir_bytes == UINT32_MAX || dir_at == UINT32_MAX) {
        e->inner = (struct range){ 0, end };
        return true;
    }
    for (size_t i = 0; i < 2; i++) { /* right before, or before the zip64 record and locator */
        uint64_t behind = (uint64_t)dir_bytes + (i == 0 ? 0 : ZIP64_BYTES);
        if (behind <= v->at && has_central(v->src, v->at - behind)) {
            uint64_t dir = v->at - behind, start = dir >= dir_at ? dir - dir_at : 0;
            e->inner = (struct range){ start, end - start };
            return true;
        }
    }
    e->inner = (struct range){ 0, end }; /* readers that count from the front */
    return dir_at < v->at && has_central(v->src, dir_at);
}

bool archive_confirm(struct view *v, enum magic m, struct budget *b, struct exec *e)
{
    switch (m) {
    case MAGIC_ZIP_END: return zip_end_confirm(v, e);
    case MAGIC_ZIP_LOCAL: return local_confirm(v, e);
    case MAGIC_SEVENZIP: return sevenzip_confirm(v, e);
    case MAGIC_RAR: return rar_confirm(v, e);
    case MAGIC_CAB: return cab_confirm(v, e);
    case MAGIC_GZIP: return stream_confirm(v, "gzip", CODEC_GZIP, b, e);
    case MAGIC_BZIP2: return stream_confirm(v, "bzip2", CODEC_BZIP2, b, e);
    case MAGIC_XZ: return stream_confirm(v, "xz", CODEC_XZ, b, e);
    case MAGIC_ZSTD: return stream_confirm(v, "zstd", CODEC_ZSTD, b, e);
    default: return false;
    }
}
