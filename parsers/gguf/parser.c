/* parser.c - GGUF, the model files of ggml and llama.cpp.
 *
 *   "GGUF"  u32 version (1..3)   u64 tensors   u64 keys        (32 bits each in v1)
 *   keys:     string key, u32 type, value                      string: u64 length, bytes
 *   tensors:  string name, u32 dims, u64 each, u32 type, u64 offset
 *   padding to general.alignment (32)
 *   data:     tensor after tensor in this order, each padded to the alignment
 *
 * All numbers are little-endian or, since v3, all big-endian.  The parser accepts what
 * gguf_init_from_file (ggml/src/gguf.cpp, 2026-08) accepts; the rest is an anomaly. */
#include "gguf.h"

extern const struct parser gguf_parser;

enum {
    BID_MAGIC = 95, /* the magic is certain, but a pickle can begin with it */
    NEWEST_VERSION = 3,
    DEFAULT_ALIGNMENT = 32, /* bytes; GGUF_DEFAULT_ALIGNMENT */
    MIN_KV_BYTES = 13, /* the smallest key: an empty string, a type and a byte */
    MIN_TENSOR_BYTES = 24 /* the smallest tensor: an empty string, no dimensions */
};

static const struct range version_at = { 4, 4 };
static const struct range counts_at = { 8, 16 };

static int bid(const struct glimpse *g)
{
    return bytes_start(g->head, BYTES("GGUF")) ? BID_MAGIC : 0;
}

/* The reference takes a version whose low half is 0 for one of the other byte order. */
static bool read_byte_order(struct gguf *g)
{
    if ((g->version & 0xFFFF) != 0 || g->version == 0) {
        return true;
    }
    g->big = true;
    g->version = __builtin_bswap32(g->version);
    return gguf_note(g, version_at, "gguf-big-endian",
                     "a big-endian file: readers on other machines refuse it", NUM_NONE, NUM_NONE);
}

static bool read_version(struct gguf *g)
{
    struct bytes magic;
    if (!stream_take(g->in, 4, &magic) || !gguf_u32(g, &g->version)) {
        return gguf_truncated(g, "the file ends in its first 8 bytes");
    }
    if (!read_byte_order(g)) {
        return false;
    }

    if (g->version == 1) {
        return gguf_note(g, version_at, "gguf-version-1",
                         "version 1, which llama.cpp no longer reads", NUM_NONE, NUM_NONE);
    }
    if (g->version >= 2 && g->version <= NEWEST_VERSION) {
        return true;
    }

    g->unsupported = g->version > NEWEST_VERSION;
    return gguf_reject(g, version_at, "gguf-bad-version",
                       "a version that does not exist, or that is newer than this reader");
}

/* The rest of the file can hold `count` records of at least min_bytes. */
static bool check_count(struct gguf *g, uint64_t count, uint64_t min_bytes, const char *detail)
{
    if (count <= stream_left(g->in) / min_bytes) {
        return true;
    }
    return gguf_past_end(g, counts_at, detail, count);
}

static bool read_counts(struct gguf *g)
{
    if (!gguf_count(g, &g->num_tensors) || !gguf_count(g, &g->num_kv)) {
        return gguf_truncated(g, "the file ends in its header");
    }
    return check_count(g, g->num_tensors, MIN_TENSOR_BYTES,
                       "more tensors declared than the file can hold")
           && check_count(g, g->num_kv, MIN_KV_BYTES, "more keys declared than the file can hold");
}

static bool read_header(struct gguf *g)
{
    return emit_format(g->o->sink, "gguf") && read_version(g) && read_counts(g);
}

static enum parse_end end_of(const struct gguf *g, bool ok)
{
    if (ok) {
        return PARSE_WHOLE;
    }
    if (!g->rejected) {
        return PARSE_STOPPED;
    }
    return g->unsupported ? PARSE_UNSUPPORTED : PARSE_MALFORMED;
}

static enum parse_end parse(struct object *o)
{
    struct gguf g = { .o = o, .alignment = DEFAULT_ALIGNMENT };
    g.in = stream_open(o->budget, o->src, (struct range){ 0, o->src->size });
    if (g.in == NULL) {
        return PARSE_STOPPED;
    }

    bool ok = read_header(&g) && gguf_read_kv(&g) && gguf_read_tensors(&g);
    name_set_done(&g.keys, o->budget);
    name_set_done(&g.tensors, o->budget);
    budget_free(o->budget, g.text, g.text_cap);
    stream_close(o->budget, g.in);
    return end_of(&g, ok);
}

const struct parser gguf_parser = {
    "gguf", bid, parse, "GGUF 1 to 3, both byte orders",
    "every key was read, and every tensor lies where the table says"
};
