/* parser.c - ONNX: a protocol buffer, ModelProto, without a magic.
 *
 *   08 ir_version   12 n producer   42 n opset_import   3A n graph   ...  in any order
 *   graph: nodes, whose attributes hold tensors and further graphs; initializers; types
 *
 * Walked with a stack of our own, field by field by the table of schema.def; the weights
 * (raw_data) are neither read nor copied here.  Reference: onnx.proto (IR 14), checker.cc. */
#include "onnx.h"

#include "../codec/string_facts.h"

#include <string.h>

extern const struct parser onnx_parser;

#define MAX_IR_VERSION 14u

/* --- bid ---------------------------------------------------------------------------- */

/* A varint in the head; the bid has no source. */
static bool look_varint(struct cursor *c, uint64_t *out) { return cur_varint(c, out); }

/* First tags of a GraphProto: node, name, initializer, doc, input ... */
static bool graph_begins(struct cursor c, uint64_t len)
{
    uint8_t tag;
    return len == 0 || !cur_u8(&c, &tag) || tag == 0x0A || tag == 0x12 || tag == 0x2A || tag == 0x52
           || tag == 0x5A || tag == 0x62 || tag == 0x6A || tag == 0x72 || tag == 0x7A;
}

struct sighting {
    bool ir, graph, opset, producer, other;
};

/* One top-level field; false: no ModelProto has it so, or the head ends. */
static bool look_field(struct cursor *c, uint64_t size, struct sighting *s, bool *on)
{
    uint64_t tag, v;
    struct cursor start = *c;
    *on = false;
    if (!look_varint(c, &tag)) {
        return cur_left(&start) < 10; /* the head ends within a varint */
    }
    uint64_t number = tag >> 3, wire = tag & 7;
    bool scalar = number == 1 || number == 5;
    bool known = scalar || (number >= 2 && number <= 8) || number == 14 || number == 20
                 || number == 25 || number == 26;
    if (!known || wire != (scalar ? 0u : 2u)) {
        return false;
    }
    if (!look_varint(c, &v)) {
        return cur_left(c) < 10;
    }
    s->ir |= number == 1 && v >= 1 && v <= 255;
    if (!scalar && v > size - c->at) {
        return false;
    }
    s->graph |= number == 7 && graph_begins(*c, v);
    s->opset |= number == 8 && v <= 1024;
    s->producer |= number == 2 && v <= 1024;
    s->other |= number == 3 || number == 14;
    *on = scalar || cur_skip(c, v);
    return true;
}

static int bid(const struct glimpse *g)
{
    struct cursor c = cur_of(g->head, 0);
    struct sighting s = { 0 };
    bool on = true;
    while (on && cur_left(&c) > 0) {
        if (!look_field(&c, g->size, &s, &on)) {
            on = false; /* what came before may be enough */
            break;
        }
    }
    int known = s.ir + s.graph + s.opset + s.producer + s.other;
    return s.ir && s.graph && known >= 2   ? 70
           : s.graph && s.opset            ? 60
           : s.ir && s.opset && s.producer ? 60
                                           : 0;
}

/* --- messages that end ------------------------------------------------------------------ */

static bool emit_meta(struct onnx *x, struct range at, struct bytes key, struct bytes value,
                      struct num number)
{
    struct fact f = { .kind = FACT_META, .at = at };
    f.meta.key = key;
    f.meta.value = value;
    f.meta.number = number;
    return emit(x->o->sink, &f);
}

/* Operator domains, each once in a row: rules hold them against the known ones. */
static bool emit_domain(struct onnx *x, struct range at, struct bytes domain)
{
    uint64_t hash = name_set_hash(1, domain);
    if (hash == x->last_domain) {
        return true;
    }
    x->last_domain = hash;
    return emit_meta(x, at, BYTES("domain"), domain, NUM_NONE);
}

/* "domain::Operator": what a runtime looks up in its registry. */
static bool node_end(struct onnx *x, const struct frame *fr)
{
    uint8_t text[520];
    struct bytes domain, op;
    if (!onnx_text(x, fr->second, text, 256, &domain)) {
        return false;
    }
    text[domain.n] = text[domain.n + 1] = ':';
    if (!onnx_text(x, fr->first, text + domain.n + 2, 256, &op)) {
        return false;
    }
    struct bytes whole = { text, domain.n + 2 + op.n };
    return emit_domain(x, fr->second, domain)
           && emit_meta(x, fr->first, BYTES("op"), whole, NUM_NONE)
           && functions_node(x, fr, op, domain);
}

static bool entry_end(struct onnx *x, const struct frame *fr)
{
    uint8_t key[256];
    struct bytes name;
    return onnx_text(x, fr->first, key, sizeof key, &name)
           && strings_emit(x->o, BYTES("metadata"), name, fr->second);
}

static bool opset_end(struct onnx *x, const struct frame *fr)
{
    uint8_t text[256];
    struct bytes domain;
    return onnx_text(x, fr->first, text, sizeof text, &domain) && emit_domain(x, fr->first, domain);
}

static bool model_end(struct onnx *x)
{
    struct range all = { 0, x->o->src->size };
    if (x->ir_version == 0 || x->num_graphs == 0 || (x->num_opsets == 0 && x->ir_version >= 3)) {
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
    switch (fr.is) {
    case NODE: return node_end(x, &fr);
    case TENSOR: return tensor_end(x, &fr);
    case ENTRY: return entry_end(x, &fr);
    case EXTERNAL: return external_entry(x, &fr);
    case OPSET: x->num_opsets += x->depth == 1; return opset_end(x, &fr);
    case GRAPH: x->num_graphs++; return true;
    case FUNCTION: return functions_add(x, &fr);
    case MODEL: return model_end(x);
    case TRAINING:
        return emit_anomaly(x->o->sink, (struct range){ fr.start, fr.end - fr.start },
                            "onnx-training", "training information");
    case GROUP:
        return onnx_reject(x, (struct range){ fr.start, 0 }, "onnx-bad-wire",
                           "a group that does not end");
    default: return true;
    }
}

/* --- fields ------------------------------------------------------------------------------ */

static bool open_message(struct onnx *x, enum message is, uint64_t via, struct range at)
{
    if (!budget_fits(x->o->budget, LIMIT_protobuf_depth, x->depth + 1)) {
        return false;
    }
    if (is == TENSOR) {
        x->tensor = (struct tensor){ .whole = at, .items = 1 };
    }
    x->stack[x->depth++] =
        (struct frame){ .is = is, .via = (uint32_t)via, .start = at.off, .end = at.off + at.len };
    return true;
}

static bool open_sub(struct onnx *x, struct frame *fr, const struct schema *s,
                     const struct pb_field *f)
{
    uint64_t bit = UINT64_C(1) << (s->number & 63);
    bool twice = s->one && (fr->seen & bit) != 0;
    fr->seen |= bit;
    if (twice
        && !emit_anomaly(x->o->sink, f->body, "onnx-merged",
                         "a part that is there twice: protobuf merges the two")) {
        return false;
    }
    return open_message(x, s->sub, s->number, f->body);
}

/* Fields that no schema has, groups among them: counted, and searched like every byte. */
static bool unknown_field(struct onnx *x, const struct pb_field *f)
{
    struct frame *fr = &x->stack[x->depth - 1];
    if (f->wire == PB_GROUP) {
        return emit_anomaly(x->o->sink, (struct range){ f->at, 0 }, "onnx-group",
                            "a group, which no version of the format has")
               && open_message(x, GROUP, f->number, (struct range){ f->at, fr->end - f->at });
    }
    if (f->wire == PB_GROUP_END) {
        bool ours = fr->is == GROUP && fr->via == f->number;
        if (!ours) {
            return onnx_reject(x, (struct range){ f->at, 0 }, "onnx-bad-wire",
                               "the end of a group that was not opened");
        }
        x->unknown_bytes += x->in->pos - fr->start;
        x->depth--;
        return true;
    }
    if (!stream_skip(x->in, f->body.len)) {
        return false;
    }
    x->unknown_bytes += fr->is == GROUP ? 0 : x->in->pos - f->at;
    return true;
}

static bool ir_version(struct onnx *x, const struct pb_field *f)
{
    x->ir_version = f->value;
    return stream_skip(x->in, f->body.len)
           && emit_meta(x, (struct range){ f->at, 0 }, BYTES("ir_version"),
                        (struct bytes){ NULL, 0 },
                        f->wire == PB_VARINT ? num_of(f->value) : NUM_NONE);
}

static bool producer(struct onnx *x, const struct pb_field *f)
{
    uint8_t text[256];
    struct bytes name;
    return onnx_text(x, f->body, text, sizeof text, &name) && stream_skip(x->in, f->body.len)
           && emit_meta(x, f->body, BYTES("producer_name"), name, NUM_NONE);
}

static bool known_field(struct onnx *x, const struct schema *s, const struct pb_field *f)
{
    struct frame *fr = &x->stack[x->depth - 1];
    switch (s->action) {
    case DO_SUB: return open_sub(x, fr, s, f);
    case DO_FIRST: fr->first = f->body; break;
    case DO_SECOND: fr->second = f->body; break;
    case DO_IR_VERSION: return ir_version(x, f);
    case DO_PRODUCER: return producer(x, f);
    case DO_DOC:
        return strings_emit(x->o, BYTES("doc"), (struct bytes){ NULL, 0 }, f->body)
               && stream_skip(x->in, f->body.len);
    case DO_STRING:
        return strings_emit(x->o, BYTES("attribute"), (struct bytes){ NULL, 0 }, f->body)
               && stream_skip(x->in, f->body.len);
    case DO_NONE: break;
    default: return tensor_field(x, s, f);
    }
    return stream_skip(x->in, f->body.len);
}

static bool bad_wire(struct onnx *x, enum pb_end end, const struct pb_field *f)
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

static bool walk(struct onnx *x)
{
    while (x->depth > 0) {
        const struct frame *fr = &x->stack[x->depth - 1];
        struct pb_field f;
        if (x->in->pos >= fr->end) {
            if (!close_message(x)) {
                return false;
            }
            continue;
        }
        enum pb_end end = pb_next(x->in, fr->end, &f);
        if (end != PB_FIELD) {
            return bad_wire(x, end, &f);
        }
        x->num_overlong += f.overlong;
        const struct schema *s = fr->is == GROUP ? NULL : schema_find(fr->is, &f);
        if (!(s != NULL ? known_field(x, s, &f) : unknown_field(x, &f))) {
            return false;
        }
    }
    return true;
}

static enum parse_end parse(struct object *o)
{
    struct onnx x = { .o = o };
    size_t stack_bytes = (size_t)(o->budget->max[LIMIT_protobuf_depth] + 1) * sizeof *x.stack;
    enum parse_end end = PARSE_STOPPED;
    x.in = stream_open(o->budget, o->src, (struct range){ 0, o->src->size });
    x.stack = budget_resize(o->budget, NULL, 0, stack_bytes);
    if (x.in != NULL && x.stack != NULL) {
        bool ok = emit_format(o->sink, "onnx")
                  && open_message(&x, MODEL, 0, (struct range){ 0, o->src->size }) && walk(&x);
        end = ok              ? PARSE_WHOLE
              : !x.rejected   ? PARSE_STOPPED
              : x.unsupported ? PARSE_UNSUPPORTED
                              : PARSE_MALFORMED;
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
