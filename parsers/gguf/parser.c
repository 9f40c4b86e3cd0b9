/* parser.c - GGUF, the model files of ggml and llama.cpp.
 *
 *   "GGUF"  u32 version (1..3)   u64 tensors   u64 keys        (32 bits each in v1)
 *   keys:     string key, u32 type, value                      string: u64 length, bytes
 *   tensors:  string name, u32 dims, u64 each, u32 type, u64 offset
 *   padding to general.alignment (32)
 *   data:     tensor after tensor in this order, each padded to the alignment
 *
 * All little-endian, or, since v3, all big-endian.  Accepts what gguf_init_from_file
 * (ggml/src/gguf.cpp, 2026-08) accepts; what that never looks at is an anomaly. */
#include "gguf.h"

extern const struct parser gguf_parser;

/* the smallest record of each */
enum { MIN_KV_BYTES = 13, MIN_TENSOR_BYTES = 24 };

static int bid(const struct glimpse *g) { return bytes_start(g->head, BYTES("GGUF")) ? 95 : 0; }

/* A version whose low half is 0 was written by a machine of the other byte order (gguf.cpp). */
static bool read_version(struct gguf *g)
{
    struct bytes magic;
    struct num none = { 0 };
    if (!stream_take(g->in, 4, &magic) || !gguf_u32(g, &g->version)) {
        return gguf_cut(g, "the file ends in its first 8 bytes");
    }
    struct range at = { 4, 4 };
    if ((g->version & 0xFFFF) == 0 && g->version != 0) {
        g->big = true;
        g->version = __builtin_bswap32(g->version);
        if (!gguf_note(g, at, "gguf-big-endian",
                       "a big-endian file: readers on other machines refuse it", none, none)) {
            return false;
        }
    }
    if (g->version == 1) {
        return gguf_note(g, at, "gguf-version-1", "version 1, which llama.cpp no longer reads",
                         none, none);
    }
    if (g->version >= 2 && g->version <= 3) {
        return true;
    }
    g->unsupported = g->version > 3;
    return gguf_reject(g, at, "gguf-bad-version",
                       "a version that does not exist, or that is newer than this reader");
}

static bool check_count(struct gguf *g, uint64_t count, uint64_t record, const char *what)
{
    if (count <= stream_left(g->in) / record) {
        return true;
    }
    g->rejected = true;
    g->rejected = gguf_note(g, (struct range){ 8, 16 }, "length-past-end", what, num_of(count),
                            num_of(stream_left(g->in)));
    return false;
}

static bool read_counts(struct gguf *g)
{
    if (!gguf_count(g, &g->num_tensors) || !gguf_count(g, &g->num_kv)) {
        return gguf_cut(g, "the file ends in its header");
    }
    return check_count(g, g->num_tensors, MIN_TENSOR_BYTES,
                       "more tensors declared than the file can hold")
           && check_count(g, g->num_kv, MIN_KV_BYTES, "more keys declared than the file can hold");
}

static bool read_all(struct gguf *g)
{
    return emit_format(g->o->sink, "gguf") && read_version(g) && read_counts(g) && gguf_read_kv(g)
           && gguf_read_tensors(g);
}

static enum parse_end parse(struct object *o)
{
    struct gguf g = { .o = o, .alignment = 32 };
    g.in = stream_open(o->budget, o->src, (struct range){ 0, o->src->size });
    if (g.in == NULL) {
        return PARSE_STOPPED;
    }
    bool ok = read_all(&g);
    name_set_done(&g.keys, o->budget);
    name_set_done(&g.tensors, o->budget);
    budget_free(o->budget, g.text, g.text_cap);
    stream_close(o->budget, g.in);
    return ok              ? PARSE_WHOLE
           : !g.rejected   ? PARSE_STOPPED
           : g.unsupported ? PARSE_UNSUPPORTED
                           : PARSE_MALFORMED;
}

const struct parser gguf_parser = {
    "gguf", bid, parse, "GGUF 1 to 3, both byte orders",
    "every key was read, and every tensor lies where the table says"
};
