/* parser.c - NumPy's .npy: one array.
 *
 *   93 'N' 'U' 'M' 'P' 'Y'  major  minor      NEP 1; numpy.lib.format
 *   u16 (1.x) or u32 (2.x, 3.x) header length
 *   header: a Python dictionary literal, blanks, '\n'
 *   the array's bytes - or, when the type holds objects, a pickle */
#include "header.h"

#include "../base/parser.h"

extern const struct parser npy_parser;

enum {
    BID_MAGIC = 95,
    MAGIC_BYTES = 8, /* with the version */
    VERSION_AT = 6,
    NEWEST_VERSION = 3,
    HEADER_V1_AT = 10, /* version 1 has a length of two bytes, later ones of four */
    HEADER_V2_AT = 12,
    LONG_HEADER = 65536 /* bytes; NumPy itself writes a few hundred */
};

static int bid(const struct glimpse *g)
{
    return bytes_start(g->head, BYTES("\x93NUMPY")) ? BID_MAGIC : 0;
}

struct npy {
    struct object *o;
    uint64_t data_at; /* offset of the array's first byte */
    uint64_t left; /* bytes from there to the end of the file */
};

static bool note(struct npy *n, const char *slug, const char *detail, struct num declared,
                 struct num actual)
{
    struct range data = { n->data_at, n->left };
    return emit_anomaly_nums(n->o->sink, data, slug, detail, declared, actual);
}

static enum parse_end reject(struct npy *n, const char *slug, const char *detail)
{
    bool ok = note(n, slug, detail, NUM_NONE, NUM_NONE);
    return ok ? PARSE_MALFORMED : PARSE_STOPPED;
}

/* Sets *out to the header's text.  False: a failed read, or the file ends before. */
static bool find_header(struct object *o, struct range *out, uint8_t *major)
{
    uint8_t head[HEADER_V2_AT];
    size_t got = 0;
    uint16_t n16 = 0;
    uint32_t n32 = 0;
    struct bytes magic;
    if (!source_read_some(o->src, 0, head, sizeof head, &got)) {
        return false;
    }

    struct cursor c = cur_of((struct bytes){ head, got }, 0);
    if (!cur_take(&c, MAGIC_BYTES, &magic)) {
        return false;
    }

    *major = magic.p[VERSION_AT];

    bool ok;
    if (*major == 1) {
        ok = cur_u16le(&c, &n16);
        *out = (struct range){ HEADER_V1_AT, n16 };
    } else {
        ok = cur_u32le(&c, &n32);
        *out = (struct range){ HEADER_V2_AT, n32 };
    }

    return ok && out->off <= o->src->size && out->len <= o->src->size - out->off;
}

static bool emit_array(struct npy *n, const struct npy_header *h)
{
    uint64_t present = h->array_bytes < n->left ? h->array_bytes : n->left;
    struct fact f = { .kind = FACT_TENSOR, .at = { n->data_at, present } };
    f.tensor.name = BYTES("array");
    f.tensor.dtype = h->descr;
    f.tensor.shape = h->shape;
    f.tensor.declared_bytes = num_of(h->array_bytes);
    f.tensor.actual_bytes = num_of(n->left);
    return emit(n->o->sink, &f);
}

/* numpy.load unpickles the data of an array of objects. */
static enum parse_end emit_objects(struct npy *n)
{
    struct inner in = {
        .at = { n->data_at, n->left }, .label = BYTES("objects"), .code = true, .pickle = true
    };
    struct fact f = { .kind = FACT_REGION, .at = in.at };
    f.region.role = BYTES("array");
    f.region.name = BYTES("objects");
    bool ok = emit(n->o->sink, &f) && emit_inner(n->o->sink, &in);
    return ok ? PARSE_WHOLE : PARSE_STOPPED;
}

static enum parse_end emit_trailing(struct npy *n, uint64_t array_bytes)
{
    struct fact f = { .kind = FACT_REGION };
    f.at = (struct range){ n->data_at + array_bytes, n->left - array_bytes };
    f.region.role = BYTES("trailing");
    struct inner in = { .at = f.at, .label = BYTES("trailing bytes"), .code = true };
    bool ok = emit(n->o->sink, &f) && emit_inner(n->o->sink, &in)
              && note(n, "npy-trailing-bytes", "bytes after the array", num_of(array_bytes),
                      num_of(n->left));
    return ok ? PARSE_WHOLE : PARSE_STOPPED;
}

/* An array without objects, whose bytes are not code. */
static enum parse_end emit_plain(struct npy *n, const struct npy_header *h)
{
    if (!emit_array(n, h)) {
        return PARSE_STOPPED;
    }
    if (h->array_bytes > n->left) {
        bool ok =
            note(n, "length-past-end", "the header declares more array bytes than the file has",
                 num_of(h->array_bytes), num_of(n->left));
        return ok ? PARSE_MALFORMED : PARSE_STOPPED;
    }

    if (h->array_bytes < n->left) {
        return emit_trailing(n, h->array_bytes);
    }

    return PARSE_WHOLE;
}

/* How numpy.load reads a header that this parser cannot read is unknown: it may unpickle the rest.
 * object: the header names a type of objects. */
static enum parse_end reject_header(struct npy *n, const char *why, bool object)
{
    struct inner in = {
        .at = { n->data_at, n->left }, .label = BYTES("objects"), .code = true, .pickle = object
    };
    if (!emit_inner(n->o->sink, &in)) {
        return PARSE_STOPPED;
    }
    return reject(n, "npy-bad-header", why);
}

static enum parse_end read_array(struct npy *n, struct bytes text)
{
    struct npy_header h = { 0 };
    const char *why = "";
    if (!npy_header_read(text, &h, &why)) {
        return reject_header(n, why, h.object);
    }
    if (h.object) {
        return emit_objects(n);
    }

    return emit_plain(n, &h);
}

static enum parse_end read_header(struct npy *n, struct range at)
{
    uint8_t *text = budget_resize(n->o->budget, NULL, 0, (size_t)at.len + 1);
    if (text == NULL) {
        return PARSE_STOPPED;
    }

    enum parse_end end = PARSE_STOPPED;
    if (source_read(n->o->src, at.off, text, (size_t)at.len)) {
        end = read_array(n, (struct bytes){ text, (size_t)at.len });
    }

    budget_free(n->o->budget, text, (size_t)at.len + 1);
    return end;
}

static enum parse_end parse(struct object *o)
{
    struct npy n = { .o = o };
    struct range at;
    uint8_t major = 0;
    if (!emit_format(o->sink, "numpy")) {
        return PARSE_STOPPED;
    }
    if (!find_header(o, &at, &major)) {
        if (source_failed(o->src)) {
            return PARSE_STOPPED;
        }
        return reject(&n, "npy-truncated", "the file ends inside its header");
    }

    n.data_at = at.off + at.len;
    n.left = o->src->size - n.data_at;
    if (major < 1 || major > NEWEST_VERSION) {
        bool ok =
            note(&n, "npy-bad-version", "a version that NumPy does not know", NUM_NONE, NUM_NONE);
        return ok ? PARSE_UNSUPPORTED : PARSE_STOPPED;
    }

    if (at.len > LONG_HEADER
        && !note(&n, "npy-long-header", "a header of more than 64 KiB", num_of(at.len), NUM_NONE)) {
        return PARSE_STOPPED;
    }
    if (at.len > BOUND_numpy_header_bytes) {
        return reject_header(&n, "a header of more than 1 MiB", true);
    }

    return read_header(&n, at);
}

const struct parser npy_parser = {
    "numpy", bid, parse, ".npy arrays",
    "type and shape give exactly the bytes that are there; object arrays were read as pickles"
};
