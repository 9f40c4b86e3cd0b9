/* parser.c - one compressed stream around a file: gzip, bzip2, xz, LZMA-alone, zstd, lz4, zlib.
 *
 *   [magic ...packed bytes...]   the whole object; its content becomes an inner object
 *
 * The first bytes alone decide which format it is, as in joblib.  joblib's old z-file is zlib
 * behind a header: "ZF", then the unpacked length in hexadecimal, padded to 19 characters; early
 * writers added one more space. */
#include "../base/parser.h"
#include "../codec/hex.h"

extern const struct parser gzip_parser, bzip2_parser, xz_parser, lzma_parser, zstd_parser,
    lz4_parser, zlib_parser, zfile_parser;

enum {
    ZFILE_MAGIC = 2, /* bytes of "ZF" */
    ZFILE_HEAD = 21, /* "ZF" and 19 characters */
    MAX_HEX_DIGITS = 16 /* 64 bits */
};

enum {
    BID_NONE = 0,
    BID_WEAK = 60, /* a magic number that is short, or shared */
    BID_MAGIC = 80
};

static int bid_if(bool fits) { return fits ? BID_MAGIC : BID_NONE; }

static enum parse_end unpack_from(struct object *o, const char *format, enum codec codec,
                                  uint64_t at, struct num declared)
{
    struct inner in = { .codec = codec,
                        .label = BYTES("unpacked"),
                        .code = true,
                        .sole_content = true,
                        .declared_bytes = declared };
    in.at = (struct range){ at, o->src->size - at };
    bool ok = emit_format(o->sink, format) && emit_inner(o->sink, &in);
    return ok ? PARSE_WHOLE : PARSE_STOPPED;
}

static enum parse_end unpack(struct object *o, const char *format, enum codec codec)
{
    return unpack_from(o, format, codec, 0, (struct num){ 0 });
}

static bool starts(const struct glimpse *g, struct bytes magic)
{
    return bytes_start(g->head, magic);
}

/* ID1, ID2 and CM (RFC 1952, 2.3.1). */
static int bid_gzip(const struct glimpse *g) { return bid_if(starts(g, BYTES("\x1f\x8b\x08"))); }

static int bid_xz(const struct glimpse *g)
{
    return bid_if(starts(g, BYTES("\xfd"
                                  "7zXZ\0")));
}

static enum parse_end parse_gzip(struct object *o) { return unpack(o, "gzip", CODEC_GZIP); }
static enum parse_end parse_bzip2(struct object *o) { return unpack(o, "bzip2", CODEC_BZIP2); }
static enum parse_end parse_xz(struct object *o) { return unpack(o, "xz", CODEC_XZ); }
static enum parse_end parse_lzma(struct object *o) { return unpack(o, "lzma", CODEC_LZMA_ALONE); }
static enum parse_end parse_zstd(struct object *o) { return unpack(o, "zstd", CODEC_ZSTD); }
static enum parse_end parse_lz4(struct object *o) { return unpack(o, "lz4", CODEC_LZ4); }
static enum parse_end parse_zlib(struct object *o) { return unpack(o, "zlib", CODEC_ZLIB); }

/* "BZh", a level, and the magic number of a block or of the end. */
static int bid_bzip2(const struct glimpse *g)
{
    struct bytes h = g->head;
    struct bytes after = bytes_sub(h, 4, 6);
    bool has_level = h.n > 3 && h.p[3] >= '1' && h.p[3] <= '9';
    bool has_magic =
        bytes_start(BYTES("1AY&SY"), after) || bytes_start(BYTES("\x17rE8P\x90"), after);
    return bid_if(starts(g, BYTES("BZh")) && has_level && has_magic);
}

/* A frame, or a skippable frame (RFC 8878, 3.1.1 and 3.1.2). */
static int bid_zstd(const struct glimpse *g)
{
    struct bytes h = g->head;
    if (starts(g, BYTES("\x28\xb5\x2f\xfd"))) {
        return BID_MAGIC;
    }
    bool skippable = h.n >= 4 && (h.p[0] & 0xF0) == 0x50
                     && bytes_start(bytes_sub(h, 1, 3), BYTES("\x2a\x4d\x18"));
    return skippable ? BID_WEAK : BID_NONE;
}

static int bid_lz4(const struct glimpse *g) { return bid_if(starts(g, BYTES("\x04\x22\x4d\x18"))); }

/* A dictionary as liblzma takes it without being given the format: 2^n or 2^n + 2^(n-1) bytes, or
 * the largest. */
static bool is_lzma_dictionary(uint32_t bytes)
{
    uint32_t low = bytes & (0u - bytes);
    uint32_t rest = bytes - low;
    return bytes == UINT32_MAX || (bytes != 0 && (rest == 0 || rest == low * 2u));
}

/* lc + 9 * (lp + 5 * pb), where lc and lp together are at most 4. */
static bool are_lzma_properties(uint8_t b)
{
    unsigned lc = b % 9u;
    unsigned lp = b / 9u % 5u;
    return b < 9 * 5 * 5 && lc + lp <= 4;
}

/* Numbers of 32 bits that are small, as many headers of other formats begin. */
static bool are_small_numbers(uint32_t dictionary, uint64_t size)
{
    return dictionary << 8 == 0 && size << 40 == 0;
}

/* LZMA-alone has no magic number.  Python's lzma and pandas read any properties with a plausible
 * dictionary and a size that is unknown or below 2^38 bytes; given the format, any dictionary.  The
 * first byte of the range coder is 0, and the first symbol is a literal, which the highest bit of
 * the next byte says. */
static int bid_lzma(const struct glimpse *g)
{
    struct cursor c = cur_of(g->head, 0);
    uint8_t properties, first = 0, second = 0;
    uint32_t dictionary;
    uint64_t size;
    if (!cur_u8(&c, &properties) || !cur_u32le(&c, &dictionary) || !cur_u64le(&c, &size)) {
        return BID_NONE;
    }

    bool has_size = size == UINT64_MAX || size < (UINT64_C(1) << 38);
    bool is_usual = properties == 0x5d && has_size;
    if (is_usual && is_lzma_dictionary(dictionary)) {
        return BID_MAGIC;
    }
    bool begins = cur_u8(&c, &first) && cur_u8(&c, &second) && first == 0 && second < 0x80;
    bool known = is_usual || (are_lzma_properties(properties) && is_lzma_dictionary(dictionary));
    return bid_if(begins && known && has_size && !are_small_numbers(dictionary, size));
}

/* The first block of deflate (RFC 1951, 3.2.3) has a type that exists, and fields that fit it. */
static bool is_deflate_block(struct bytes b)
{
    switch (b.p[0] >> 1 & 3u) {
    case 0: /* stored: LEN and NLEN */
        return b.n >= 5 && (b.p[1] ^ b.p[3]) == 0xFF && (b.p[2] ^ b.p[4]) == 0xFF;
    case 1: return true;
    case 2: /* dynamic: HLIT and HDIST */ return b.p[0] >> 3 <= 29 && (b.p[1] & 31) <= 29;
    default: return false;
    }
}

/* The header of RFC 1950, 2.2, is short: text can begin with "x^", so the block behind it counts,
 * too. */
static int bid_zlib(const struct glimpse *g)
{
    struct bytes h = g->head;
    if (h.n < 6 || h.p[0] != 0x78) {
        return BID_NONE;
    }
    bool has_check = (h.p[0] << 8 | h.p[1]) % 31 == 0;
    bool has_dictionary = (h.p[1] & 0x20) != 0;
    bool fits = has_check && !has_dictionary && is_deflate_block(bytes_sub(h, 2, h.n));
    return fits ? BID_WEAK : BID_NONE;
}

/* The unpacked length in a z-file's header: digits up to a space or an L, which Python 2 wrote. */
static bool read_hex_length(struct bytes text, uint64_t *out)
{
    uint64_t v = 0;
    size_t digits = 0;
    size_t i = bytes_start(text, BYTES("0x")) ? 2 : 0;
    for (; i < text.n && text.p[i] != ' ' && text.p[i] != 'L'; i++) {
        int digit = hex_digit(text.p[i]);
        if (digit < 0 || digits++ >= MAX_HEX_DIGITS) {
            return false;
        }
        v = v << 4 | (uint64_t)digit;
    }

    *out = v;
    return digits > 0;
}

/* The characters of the length, behind "ZF". */
static struct bytes zfile_length(struct bytes head)
{
    return bytes_sub(head, ZFILE_MAGIC, ZFILE_HEAD - ZFILE_MAGIC);
}

static int bid_zfile(const struct glimpse *g)
{
    uint64_t n;
    return bid_if(starts(g, BYTES("ZF0x")) && read_hex_length(zfile_length(g->head), &n));
}

static enum parse_end reject_zfile(struct object *o, uint64_t bytes)
{
    bool ok = emit_format(o->sink, "joblib-zfile")
              && emit_anomaly(o->sink, (struct range){ 0, bytes }, "zfile-truncated",
                              "the file ends inside its header");
    return ok ? PARSE_MALFORMED : PARSE_STOPPED;
}

static enum parse_end parse_zfile(struct object *o)
{
    uint8_t buf[ZFILE_HEAD + 1] = { 0 };
    size_t got = 0;
    uint64_t declared = 0;
    if (!source_read_some(o->src, 0, buf, sizeof buf, &got)) {
        return PARSE_STOPPED;
    }

    struct bytes head = { buf, sizeof buf };
    if (got < sizeof buf || !read_hex_length(zfile_length(head), &declared)) {
        return reject_zfile(o, got);
    }

    uint64_t at = buf[ZFILE_HEAD] == ' ' ? ZFILE_HEAD + 1 : ZFILE_HEAD;
    return unpack_from(o, "joblib-zfile", CODEC_ZLIB, at, num_of(declared));
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
