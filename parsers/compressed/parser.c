/* parser.c - one compressed stream around a file: gzip, bzip2, xz, LZMA-alone, zstd, lz4, zlib.
 *
 *   [magic ...packed bytes...]   the whole object; what is inside goes on the queue
 *
 * joblib tells these apart by the first bytes and nothing else, and so do we.
 * joblib's old z-file is zlib behind a header: "ZF", then the unpacked length in
 * hexadecimal, padded to 19 characters; early writers left one more space. */
#include "../base/parser.h"

extern const struct parser gzip_parser, bzip2_parser, xz_parser, lzma_parser, zstd_parser,
    lz4_parser, zlib_parser, zfile_parser;

#define ZFILE_HEAD 21u /* "ZF" and 19 characters */
enum { CLAIMS = 80, NOT_MINE = 0 };

static enum parse_end unpack_from(struct object *o, const char *format, enum codec codec,
                                  uint64_t at, struct num declared)
{
    struct inner in = { .codec = codec,
                        .label = BYTES("unpacked"),
                        .code = true,
                        .sole_content = true,
                        .declared_bytes = declared };
    in.at = (struct range){ at, o->src->size - at };
    return emit_format(o->sink, format) && emit_inner(o->sink, &in) ? PARSE_WHOLE : PARSE_STOPPED;
}

static enum parse_end unpack(struct object *o, const char *format, enum codec codec)
{
    return unpack_from(o, format, codec, 0, (struct num){ 0 });
}

static bool starts(const struct glimpse *g, struct bytes magic)
{
    return bytes_start(g->head, magic);
}

/* RFC 1952 2.3.1: ID1 ID2 CM. */
static int bid_gzip(const struct glimpse *g)
{
    return starts(g, BYTES("\x1f\x8b\x08")) ? CLAIMS : NOT_MINE;
}
static int bid_xz(const struct glimpse *g)
{
    return starts(g, BYTES("\xfd"
                           "7zXZ\0"))
               ? CLAIMS
               : NOT_MINE;
}
static enum parse_end parse_gzip(struct object *o) { return unpack(o, "gzip", CODEC_GZIP); }
static enum parse_end parse_bzip2(struct object *o) { return unpack(o, "bzip2", CODEC_BZIP2); }
static enum parse_end parse_xz(struct object *o) { return unpack(o, "xz", CODEC_XZ); }
static enum parse_end parse_lzma(struct object *o) { return unpack(o, "lzma", CODEC_LZMA_ALONE); }
static enum parse_end parse_zstd(struct object *o) { return unpack(o, "zstd", CODEC_ZSTD); }
static enum parse_end parse_lz4(struct object *o) { return unpack(o, "lz4", CODEC_LZ4); }
static enum parse_end parse_zlib(struct object *o) { return unpack(o, "zlib", CODEC_ZLIB); }

/* "BZh", level, then a block's or the end's magic. */
static int bid_bzip2(const struct glimpse *g)
{
    struct bytes h = g->head;
    bool level = h.n > 3 && h.p[3] >= '1' && h.p[3] <= '9';
    struct bytes after = bytes_sub(h, 4, 6);
    return starts(g, BYTES("BZh")) && level
                   && (bytes_start(BYTES("1AY&SY"), after)
                       || bytes_start(BYTES("\x17rE8P\x90"), after))
               ? CLAIMS
               : NOT_MINE;
}

/* RFC 8878 3.1.1 and 3.1.2: a frame, or a skippable one. */
static int bid_zstd(const struct glimpse *g)
{
    struct bytes h = g->head;
    bool skippable = h.n >= 4 && (h.p[0] & 0xF0) == 0x50
                     && bytes_start(bytes_sub(h, 1, 3), BYTES("\x2a\x4d\x18"));
    return starts(g, BYTES("\x28\xb5\x2f\xfd")) ? CLAIMS : skippable ? CLAIMS - 20 : NOT_MINE;
}

static int bid_lz4(const struct glimpse *g)
{
    return starts(g, BYTES("\x04\x22\x4d\x18")) ? CLAIMS : NOT_MINE;
}

/* LZMA-alone: properties 0x5D, a dictionary size 2^n or 2^n + 2^(n-1), a size that is unknown or
 * below 2^38 (as xz(1) has it). */
static int bid_lzma(const struct glimpse *g)
{
    struct cursor c = cur_of(g->head, 0);
    uint8_t properties;
    uint32_t dictionary;
    uint64_t size;
    if (!cur_u8(&c, &properties) || !cur_u32le(&c, &dictionary) || !cur_u64le(&c, &size)) {
        return NOT_MINE;
    }
    uint32_t low = dictionary & (0u - dictionary), rest = dictionary - low;
    bool shaped = dictionary != 0 && (rest == 0 || rest == low * 2u);
    return properties == 0x5d && shaped && (size == UINT64_MAX || size < (UINT64_C(1) << 38))
               ? CLAIMS
               : NOT_MINE;
}

/* RFC 1950 2.2 and the first block of RFC 1951 3.2.3: text starting "x^" is none. */
static int bid_zlib(const struct glimpse *g)
{
    struct bytes h = g->head;
    if (h.n < 6 || h.p[0] != 0x78 || (h.p[0] << 8 | h.p[1]) % 31 != 0 || (h.p[1] & 0x20) != 0) {
        return NOT_MINE;
    }
    unsigned type = h.p[2] >> 1 & 3u;
    bool stored = type == 0 && h.n >= 7 && (h.p[3] ^ h.p[5]) == 0xFF && (h.p[4] ^ h.p[6]) == 0xFF;
    bool dynamic = type == 2 && (h.p[2] >> 3) <= 29 && (h.p[3] & 31) <= 29;
    return type == 1 || stored || dynamic ? CLAIMS - 20 : NOT_MINE;
}

static bool hex_length(struct bytes text, uint64_t *out)
{
    uint64_t v = 0;
    size_t digits = 0;
    for (size_t i = bytes_start(text, BYTES("0x")) ? 2 : 0;
         i < text.n && text.p[i] != ' ' && text.p[i] != 'L'; i++) {
        uint8_t c = (uint8_t)(text.p[i] | 0x20);
        bool digit = text.p[i] >= '0' && text.p[i] <= '9';
        if ((!digit && (c < 'a' || c > 'f')) || digits++ >= 16) {
            return false;
        }
        v = v << 4 | (uint64_t)(digit ? text.p[i] - '0' : c - 'a' + 10);
    }
    *out = v;
    return digits > 0;
}

static int bid_zfile(const struct glimpse *g)
{
    uint64_t n;
    return starts(g, BYTES("ZF0x")) && hex_length(bytes_sub(g->head, 2, ZFILE_HEAD - 2), &n)
               ? CLAIMS
               : NOT_MINE;
}

static enum parse_end parse_zfile(struct object *o)
{
    uint8_t head[ZFILE_HEAD + 1] = { 0 };
    size_t got = 0;
    uint64_t declared = 0;
    if (!source_read_some(o->src, 0, head, sizeof head, &got)) {
        return PARSE_STOPPED;
    }
    if (got < sizeof head || !hex_length((struct bytes){ head + 2, ZFILE_HEAD - 2 }, &declared)) {
        return emit_format(o->sink, "joblib-zfile")
                       && emit_anomaly(o->sink, (struct range){ 0, got }, "zfile-truncated",
                                       "the file ends inside its header")
                   ? PARSE_MALFORMED
                   : PARSE_STOPPED;
    }
    return unpack_from(o, "joblib-zfile", CODEC_ZLIB,
                       ZFILE_HEAD + (head[ZFILE_HEAD] == ' ' ? 1u : 0u), num_of(declared));
}

const struct parser gzip_parser = { "gzip", bid_gzip, parse_gzip, "gzip streams",
                                    "all members were unpacked, and what is inside was read" };
const struct parser bzip2_parser = { "bzip2", bid_bzip2, parse_bzip2, "bzip2 streams",
                                     "all streams were unpacked, and what is inside was read" };
const struct parser xz_parser = { "xz", bid_xz, parse_xz, "xz streams",
                                  "all streams were unpacked, and what is inside was read" };
const struct parser lzma_parser = { "lzma", bid_lzma, parse_lzma, "LZMA-alone streams",
                                    "the stream was unpacked, and what is inside was read" };
const struct parser zstd_parser = { "zstd", bid_zstd, parse_zstd, "zstd frames",
                                    "all frames were unpacked, and what is inside was read" };
const struct parser lz4_parser = { "lz4", bid_lz4, parse_lz4, "lz4 frames",
                                   "all frames were unpacked, and what is inside was read" };
const struct parser zlib_parser = { "zlib", bid_zlib, parse_zlib,
                                    "zlib streams, as joblib writes them",
                                    "the stream was unpacked, and what is inside was read" };
const struct parser zfile_parser = { "joblib-zfile", bid_zfile, parse_zfile,
                                     "joblib's compressed files before 0.10",
                                     "the stream was unpacked to its declared length, and read" };
