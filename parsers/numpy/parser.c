/* parser.c - NumPy's .npy: one array.
 *
 *   93 'N' 'U' 'M' 'P' 'Y'  major  minor      NEP 1; numpy.lib.format
 *   u16 (1.x) or u32 (2.x, 3.x) header length
 *   header: a Python dictionary literal, blanks, '\n'
 *   the array's bytes - or, when the type holds objects, a pickle */
#include "header.h"

#include "../base/parser.h"

extern const struct parser npy_parser;

#define MAGIC_BYTES 8u

static int bid(const struct glimpse *g)
{
    return bytes_start(g->head, BYTES("\x93NUMPY")) ? 95 : 0;
}

struct npy {
    struct object *o;
    uint64_t data_at;
    uint64_t left;
};

static bool note(struct npy *n, const char *slug, const char *detail, struct num declared,
                 struct num actual)
{
    struct range data = { n->data_at, n->left };
    return emit_anomaly_nums(n->o->sink, data, slug, detail, declared, actual);
}

static enum parse_end broken(struct npy *n, const char *slug, const char *detail)
{
    return note(n, slug, detail, NUM_NONE, NUM_NONE) ? PARSE_MALFORMED : PARSE_STOPPED;
}

/* Where the header's text lies. */
static bool find_header(struct object *o, struct range *out, uint8_t *major)
{
    uint8_t head[12];
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
    *major = magic.p[6];
    bool ok = *major == 1 ? cur_u16le(&c, &n16) : cur_u32le(&c, &n32);
    *out = (struct range){ *major == 1 ? 10 : 12, *major == 1 ? n16 : n32 };
    return ok && out->off <= o->src->size && out->len <= o->src->size - out->off;
}

static bool emit_array(struct npy *n, const struct npy_header *h)
{
    struct fact f = { .kind = FACT_TENSOR,
                      .at = { n->data_at, h->array_bytes < n->left ? h->array_bytes : n->left } };
    f.tensor.name = BYTES("array");
    f.tensor.dtype = h->descr;
    f.tensor.shape = h->shape;
    f.tensor.declared_bytes = num_of(h->array_bytes);
    f.tensor.actual_bytes = num_of(n->left);
    return emit(n->o->sink, &f);
}

/* Object arrays: numpy.load hands what follows to an unpickler. */
static enum parse_end object_array(struct npy *n)
{
    struct inner in = {
        .at = { n->data_at, n->left }, .label = BYTES("objects"), .code = true, .pickle = true
    };
    struct fact f = { .kind = FACT_REGION, .at = in.at };
    f.region.role = BYTES("array");
    f.region.name = BYTES("objects");
    return emit(n->o->sink, &f) && emit_inner(n->o->sink, &in) ? PARSE_WHOLE : PARSE_STOPPED;
}

static enum parse_end plain_array(struct npy *n, const struct npy_header *h)
{
    struct fact f = { .kind = FACT_REGION };
    if (!emit_array(n, h)) {
        return PARSE_STOPPED;
    }
    if (h->array_bytes > n->left) {
        bool said =
            note(n, "length-past-end", "the header declares more array bytes than the file has",
                 num_of(h->array_bytes), num_of(n->left));
        return said ? PARSE_MALFORMED : PARSE_STOPPED;
    }
    if (h->array_bytes == n->left) {
        return PARSE_WHOLE;
    }
    f.at = (struct range){ n->data_at + h->array_bytes, n->left - h->array_bytes };
    f.region.role = BYTES("trailing");
    struct inner in = { .at = f.at, .label = BYTES("trailing bytes"), .code = true };
    bool said = emit(n->o->sink, &f) && emit_inner(n->o->sink, &in)
                && note(n, "npy-trailing-bytes", "bytes after the array", num_of(h->array_bytes),
                        num_of(n->left));
    return said ? PARSE_WHOLE : PARSE_STOPPED;
}

/* numpy.load's answer to a header that we cannot read is unknown: the rest may be a pickle for
 * it. */
static enum parse_end unclear(struct npy *n, const char *why, bool object)
{
    struct inner in = {
        .at = { n->data_at, n->left }, .label = BYTES("objects"), .code = true, .pickle = object
    };
    return emit_inner(n->o->sink, &in) ? broken(n, "npy-bad-header", why) : PARSE_STOPPED;
}

static enum parse_end read_text(struct npy *n, struct range at)
{
    struct npy_header h = { 0 };
    const char *why = "";
    uint8_t *text = budget_resize(n->o->budget, NULL, 0, (size_t)at.len + 1);
    if (text == NULL) {
        return PARSE_STOPPED;
    }
    enum parse_end end = PARSE_STOPPED;
    if (source_read(n->o->src, at.off, text, (size_t)at.len)) {
        bool ok = npy_header_read((struct bytes){ text, (size_t)at.len }, &h, &why);
        end = !ok ? unclear(n, why, h.object) : h.object ? object_array(n) : plain_array(n, &h);
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
        return source_failed(o->src)
                   ? PARSE_STOPPED
                   : broken(&n, "npy-truncated", "the file ends inside its header");
    }
    n.data_at = at.off + at.len;
    n.left = o->src->size - n.data_at;
    if (major < 1 || major > 3) {
        return broken(&n, "npy-bad-version", "a version that NumPy does not know") == PARSE_STOPPED
                   ? PARSE_STOPPED
                   : PARSE_UNSUPPORTED;
    }
    struct num declared = num_of(at.len);
    if (at.len > 65536
        && !note(&n, "npy-long-header", "a header of more than 64 KiB", declared, NUM_NONE)) {
        return PARSE_STOPPED;
    }
    return at.len > BOUND_numpy_header_bytes ? unclear(&n, "a header of more than 1 MiB", true)
                                             : read_text(&n, at);
}

const struct parser npy_parser = {
    "numpy", bid, parse, ".npy arrays",
    "type and shape give exactly the bytes that are there; object arrays were read as pickles"
};
