/* parser.c - ONNX: a protocol buffer, ModelProto, without a magic number.
 *
 *   08 ir_version   12 n producer   42 n opset_import   3A n graph   ...  in any order
 *   graph: nodes, whose attributes hold tensors and further graphs; initializers; types
 *
 * The parser keeps open messages on an explicit stack and reads field after field by the table of
 * schema.def.  Weights (raw_data) are neither read nor copied.  Reference: onnx.proto (IR 14),
 * checker.cc. */
#include "onnx.h"

#include "../codec/string_facts.h"

#include <string.h>

extern const struct parser onnx_parser;

enum {
    BID_GRAPH_AND_VERSION = 70,
    BID_TWO_FIELDS = 60,
    MAX_IR_VERSION = 14,
    MIN_OPSET_IR_VERSION = 3, /* from it on a model names its operator sets */
    TEXT_SHOWN = 256 /* bytes of a name that facts carry */
};

/* --- bid ---------------------------------------------------------------------------- */

/* Field numbers of ModelProto that are evidence. */
enum { IR_VERSION = 1, PRODUCER = 2, MODEL_VERSION = 5, GRAPH = 7, OPSET = 8 };

enum {
    PLAUSIBLE_IR_VERSION = 255, /* versions count up by one */
    PLAUSIBLE_BYTES = 1024 /* of a producer's name or an operator set */
};

/* The first byte is the tag of a field of GraphProto: node, name, initializer, doc, input ... */
static bool looks_like_graph(struct cursor c, uint64_t len)
{
    uint8_t tag;
    if (len == 0 || !cur_u8(&c, &tag)) {
        return true;
    }

    switch (tag) {
    case 0x0A:
    case 0x12:
    case 0x2A:
    case 0x52:
    case 0x5A:
    case 0x62:
    case 0x6A:
    case 0x72:
    case 0x7A: return true;
    default: return false;
    }
}

static bool is_model_field(uint64_t number)
{
    switch (number) {
    case 14: /* metadata_props */
    case 20: /* training_info */
    case 25: /* functions */
    case 26: /* configuration */ return true;
    default: return number >= 1 && number <= 8;
    }
}

/* The fields of a ModelProto that the head shows. */
struct sighting {
    bool ir;
    bool graph;
    bool opset;
    bool producer;
};

/* Reads a field of the top level.  False if no ModelProto has it, or the head ends. */
static bool look_at_field(struct cursor *c, uint64_t size, struct sighting *s)
{
    uint64_t tag, v;
    if (!cur_varint(c, &tag)) {
        return false;
    }

    uint64_t number = tag >> 3;
    bool scalar = number == IR_VERSION || number == MODEL_VERSION;
    enum pb_wire wire = scalar ? PB_VARINT : PB_BYTES;
    if (!is_model_field(number) || (tag & 7) != (uint64_t)wire || !cur_varint(c, &v)) {
        return false;
    }
    if (scalar) {
        s->ir |= number == IR_VERSION && v >= 1 && v <= PLAUSIBLE_IR_VERSION;
        return true;
    }

    if (v > size - c->at) {
        return false;
    }

    s->graph |= number == GRAPH && looks_like_graph(*c, v);
    s->opset |= number == OPSET && v <= PLAUSIBLE_BYTES;
    s->producer |= number == PRODUCER && v <= PLAUSIBLE_BYTES;
    return cur_skip(c, v);
}

static int bid(const struct glimpse *g)
{
    struct cursor c = cur_of(g->head, 0);
    struct sighting s = { 0 };
    while (cur_left(&c) > 0 && look_at_field(&c, g->size, &s)) {
    }
    if (s.ir && s.graph) {
        return BID_GRAPH_AND_VERSION;
    }
    if (s.graph && s.opset) {
        return BID_TWO_FIELDS;
    }

    return s.ir && s.opset && s.producer ? BID_TWO_FIELDS : 0;
}

/* --- ends of messages -------------------------------------------------------------------- */

static bool emit_meta(struct onnx *x, struct range at, struct bytes key, struct bytes value,
                      struct num number)
{
    struct fact f = { .kind = FACT_META, .at = at };
    f.meta.key = key;
    f.meta.value = value;
    f.meta.number = number;
    return emit(x->o->sink, &f);
}

/* An operator domain, for the rules that know domains.  Repetitions of the last one are left
 * out. */
static bool emit_domain(struct onnx *x, struct range at, struct bytes domain)
{
    uint64_t hash = name_set_hash(1, domain);
    if (hash == x->last_domain) {
        return true;
    }
    x->last_domain = hash;
    return emit_meta(x, at, BYTES("domain"), domain, NUM_NONE);
}

/* "domain::Operator", which a runtime looks up in its registry. */
static bool end_node(struct onnx *x, const struct frame *fr)
{
    uint8_t text[2 * TEXT_SHOWN + 2];
    struct bytes domain, op;
    if (!onnx_text(x, fr->second, text, TEXT_SHOWN, &domain)) {
        return false;
    }

    text[domain.n] = ':';
    text[domain.n + 1] = ':';
    if (!onnx_text(x, fr->first, text + domain.n + 2, TEXT_SHOWN, &op)) {
        return false;
    }

    struct bytes whole = { text, domain.n + 2 + op.n };
    return emit_domain(x, fr->second, domain)
           && emit_meta(x, fr->first, BYTES("op"), whole, NUM_NONE)
           && functions_node(x, op, domain);
}

/* A key and a value of the metadata. */
static bool end_entry(struct onnx *x, const struct frame *fr)
{
    uint8_t key[TEXT_SHOWN];
    struct bytes name;
    return onnx_text(x, fr->first, key, sizeof key, &name)
           && strings_emit(x->o, BYTES("metadata"), name, fr->second);
}

static bool end_opset(struct onnx *x, const struct frame *fr)
{
    uint8_t text[TEXT_SHOWN];
    struct bytes domain;
    x->num_opsets += x->depth == 1; /* those of the model, not of its functions */
    return onnx_text(x, fr->first, text, sizeof text, &domain) && emit_domain(x, fr->first, domain);
}

static bool end_model(struct onnx *x)
{
    struct range all = { 0, x->o->src->size };
    bool lacks_opset = x->num_opsets == 0 && x->ir_version >= MIN_OPSET_IR_VERSION;
    if (x->ir_version == 0 || x->num_graphs == 0 || lacks_opset) {
        return onnx_reject(x, all, "onnx-incomplete",
                           "no version of the format, no graph, or no operator set");
    }
    if (x->ir_version > MAX_IR_VERSION) {
        x->unsupported = true;
        return onnx_reject(x, all, "onnx-ir-version",
                           "a version of the format that is newer than this reader");
    }
    if (x->unknown_bytes > 0
        && !onnx_note(x, all, "onnx-unknown-fields", "fields that no version of the format has",
                      NUM_NONE, num_of(x->unknown_bytes))) {
        return false;
    }
    if (x->num_overlong > 0
        && !onnx_note(x, all, "protobuf-overlong",
                      "numbers that are spelled with more bytes than they need", NUM_NONE,
                      num_of(x->num_overlong))) {
        return false;
    }

    return functions_end(x);
}

static bool close_message(struct onnx *x)
{
    struct frame fr = x->stack[--x->depth];
    switch (fr.type) {
    case MSG_NODE: return end_node(x, &fr);
    case MSG_TENSOR: return tensor_end(x);
    case MSG_ENTRY: return end_entry(x, &fr);
    case MSG_EXTERNAL: return external_entry(x, &fr);
    case MSG_OPSET: return end_opset(x, &fr);
    case MSG_GRAPH: x->num_graphs++; return true;
    case MSG_FUNCTION: return functions_add(x, &fr);
    case MSG_MODEL: return end_model(x);
    case MSG_TRAINING:
        return emit_anomaly(x->o->sink, (struct range){ fr.start, fr.end - fr.start },
                            "onnx-training", "training information");
    case MSG_GROUP:
        return onnx_reject(x, (struct range){ fr.start, 0 }, "onnx-bad-wire",
                           "a group that does not end");
    default: return true;
    }
}

/* --- fields ------------------------------------------------------------------------------ */

static bool open_message(struct onnx *x, enum message type, uint64_t field, struct range at)
{
    if (!budget_fits(x->o->budget, LIMIT_protobuf_depth, x->depth + 1)) {
        return false;
    }
    if (type == MSG_TENSOR) {
        x->tensor = (struct tensor){ .whole = at, .items = 1 };
    }

    struct frame *fr = &x->stack[x->depth++];
    *fr = (struct frame){ .type = type, .field = (uint32_t)field };
    fr->start = at.off;
    fr->end = at.off + at.len;
    return true;
}

static bool open_sub(struct onnx *x, struct frame *fr, const struct schema *s,
                     const struct pb_field *f)
{
    uint64_t bit = UINT64_C(1) << (s->number & 63);
    bool is_duplicate = s->one && (fr->seen & bit) != 0;
    fr->seen |= bit;
    if (is_duplicate
        && !emit_anomaly(x->o->sink, f->body, "onnx-merged",
                         "duplicate message: protobuf merges the two")) {
        return false;
    }

    return open_message(x, s->sub, s->number, f->body);
}

static bool open_group(struct onnx *x, const struct pb_field *f)
{
    uint64_t end = x->stack[x->depth - 1].end;
    return emit_anomaly(x->o->sink, (struct range){ f->at, 0 }, "onnx-group",
                        "a group, which no version of the format has")
           && open_message(x, MSG_GROUP, f->number, (struct range){ f->at, end - f->at });
}

static bool close_group(struct onnx *x, const struct pb_field *f)
{
    const struct frame *fr = &x->stack[x->depth - 1];
    if (fr->type != MSG_GROUP || fr->field != f->number) {
        return onnx_reject(x, (struct range){ f->at, 0 }, "onnx-bad-wire",
                           "the end of a group that was not opened");
    }
    x->unknown_bytes += x->in->pos - fr->start;
    x->depth--;
    return true;
}

/* A field or group that no schema has.  Its bytes are counted; the search reads them. */
static bool read_unknown_field(struct onnx *x, const struct pb_field *f)
{
    const struct frame *fr = &x->stack[x->depth - 1];
    if (f->wire == PB_GROUP) {
        return open_group(x, f);
    }
    if (f->wire == PB_GROUP_END) {
        return close_group(x, f);
    }
    if (!stream_skip(x->in, f->body.len)) {
        return false;
    }
    if (fr->type != MSG_GROUP) { /* the fields of a group are counted at its end */
        x->unknown_bytes += x->in->pos - f->at;
    }

    return true;
}

static bool read_ir_version(struct onnx *x, const struct pb_field *f)
{
    struct num version = f->wire == PB_VARINT ? num_of(f->value) : NUM_NONE;
    x->ir_version = f->value;
    return stream_skip(x->in, f->body.len)
           && emit_meta(x, (struct range){ f->at, 0 }, BYTES("ir_version"),
                        (struct bytes){ NULL, 0 }, version);
}

static bool read_producer(struct onnx *x, const struct pb_field *f)
{
    uint8_t text[TEXT_SHOWN];
    struct bytes name;
    return onnx_text(x, f->body, text, sizeof text, &name) && stream_skip(x->in, f->body.len)
           && emit_meta(x, f->body, BYTES("producer_name"), name, NUM_NONE);
}

static bool read_text(struct onnx *x, const struct pb_field *f, struct bytes role)
{
    return strings_emit(x->o, role, (struct bytes){ NULL, 0 }, f->body)
           && stream_skip(x->in, f->body.len);
}

static bool read_known_field(struct onnx *x, const struct schema *s, const struct pb_field *f)
{
    struct frame *fr = &x->stack[x->depth - 1];
    switch (s->action) {
    case DO_SUB: return open_sub(x, fr, s, f);
    case DO_FIRST: fr->first = f->body; break;
    case DO_SECOND: fr->second = f->body; break;
    case DO_IR_VERSION: return read_ir_version(x, f);
    case DO_PRODUCER: return read_producer(x, f);
    case DO_DOC: return read_text(x, f, BYTES("doc"));
    case DO_STRING: return read_text(x, f, BYTES("attribute"));
    case DO_NONE: break;
    default: return tensor_field(x, s, f);
    }
    return stream_skip(x->in, f->body.len);
}

static bool reject_wire(struct onnx *x, enum pb_end end, const struct pb_field *f)
{
    struct range at = { f->at, 0 };
    switch (end) {
    case PB_FAILED: return false;
    case PB_TRUNCATED: return onnx_reject(x, at, "onnx-bad-wire", "a message ends inside a field");
    case PB_BAD_TAG:
        return onnx_reject(x, at, "onnx-bad-wire", "a tag or number that protobuf does not have");
    default: break;
    }

    x->rejected =
        onnx_note(x, at, "length-past-end", "a field is longer than the message around it",
                  num_of(f->body.len), num_of(x->stack[x->depth - 1].end - f->body.off));
    return false;
}

/* The next field of the innermost message. */
static bool read_field(struct onnx *x)
{
    const struct frame *fr = &x->stack[x->depth - 1];
    struct pb_field f;
    enum pb_end end = pb_next(x->in, fr->end, &f);
    if (end != PB_FIELD) {
        return reject_wire(x, end, &f);
    }

    x->num_overlong += f.overlong;
    const struct schema *s = schema_find(fr->type, &f);
    if (s == NULL) {
        return read_unknown_field(x, &f);
    }

    return read_known_field(x, s, &f);
}

static bool read_model(struct onnx *x)
{
    if (!open_message(x, MSG_MODEL, 0, (struct range){ 0, x->o->src->size })) {
        return false;
    }

    while (x->depth > 0) {
        bool at_end = x->in->pos >= x->stack[x->depth - 1].end;
        if (at_end && !close_message(x)) {
            return false;
        }
        if (!at_end && !read_field(x)) {
            return false;
        }
    }

    return true;
}

static enum parse_end end_of(const struct onnx *x, bool ok)
{
    if (ok) {
        return PARSE_WHOLE;
    }
    if (!x->rejected) {
        return PARSE_STOPPED;
    }
    return x->unsupported ? PARSE_UNSUPPORTED : PARSE_MALFORMED;
}

static enum parse_end parse(struct object *o)
{
    struct onnx x = { .o = o };
    size_t stack_bytes = (size_t)(o->budget->max[LIMIT_protobuf_depth] + 1) * sizeof *x.stack;
    enum parse_end end = PARSE_STOPPED;
    x.in = stream_open(o->budget, o->src, (struct range){ 0, o->src->size });
    x.stack = budget_resize(o->budget, NULL, 0, stack_bytes);
    if (x.in != NULL && x.stack != NULL) {
        bool ok = emit_format(o->sink, "onnx") && read_model(&x);
        end = end_of(&x, ok);
    }

    name_set_done(&x.functions, o->budget);
    budget_free(o->budget, x.edges, x.edges_cap * sizeof *x.edges);
    budget_free(o->budget, x.stack, stack_bytes);
    stream_close(o->budget, x.in);
    return end;
}

const struct parser onnx_parser = {
    "onnx", bid, parse, "ONNX models, IR 1 to 14",
    "every message was walked; data beside the model is there, long enough, and inside its folder"
};
