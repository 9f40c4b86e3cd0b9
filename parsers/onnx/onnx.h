/* onnx.h - what the files of this room share. */
#ifndef MA_ONNX_ONNX_H
#define MA_ONNX_ONNX_H
#include "../base/parser.h"
#include "../base/stream.h"
#include "../codec/name_set.h"
#include "../codec/protobuf.h"

/* --- the schema (schema.c, from schema.def) --------------------------------------- */
enum message {
    MODEL,
    GRAPH,
    NODE,
    ATTRIBUTE,
    TENSOR,
    SEGMENT,
    SPARSE,
    ENTRY,
    EXTERNAL,
    OPSET,
    QUANT,
    FUNCTION,
    TRAINING,
    VALUE,
    TYPE,
    TENSOR_TYPE,
    SEQUENCE,
    MAP,
    SHAPE,
    DIM,
    GROUP,
    NUM_MESSAGES
};
enum field_wire { WIRE_NUM, WIRE_F32, WIRE_F64, WIRE_LEN };
enum action {
    DO_NONE,
    DO_SUB,
    DO_FIRST,
    DO_SECOND, /* FIRST, SECOND: texts that the message is about */
    DO_IR_VERSION,
    DO_PRODUCER,
    DO_DOC,
    DO_STRING,
    DO_DIMS,
    DO_DATA_TYPE,
    DO_VALUES,
    DO_RAW,
    DO_TENSOR_NAME,
    DO_LOCATION
};
struct schema {
    enum message in;
    uint32_t number;
    enum field_wire wire;
    enum action action;
    enum message sub;
    bool one;
};
/* NULL: the message has no such field, or not of that wire type. */
const struct schema *schema_find(enum message in, const struct pb_field *f);

/* --- a tensor at hand (tensor.c) ----------------------------------------------------- */
#define ONNX_DIMS 16u /* dimensions that are kept for the fact */
#define ONNX_KEYS 5u
struct tensor {
    struct range whole, name, raw; /* raw: the last raw_data */
    uint64_t num_dims, dims[ONNX_DIMS], items;
    bool overflow, negative, has_type;
    uint64_t data_type, location;
    uint64_t values[12]; /* by field number: elements seen in it */
    unsigned num_raw;
    /* values of location, offset, length, checksum, basepath */
    struct range external[ONNX_KEYS];
    unsigned external_seen;
};

/* --- the walk -------------------------------------------------------------------------- */
struct frame {
    enum message is;
    uint32_t via; /* field number in the message around it; GROUP: its number */
    uint64_t start, end;
    uint64_t seen; /* bit a field number: singular sub-messages that were there */
    struct range first, second; /* the texts that it is about */
};
/* function numbers; callee: a hash until resolved */
struct edge {
    uint64_t caller, callee;
};
struct onnx {
    struct object *o;
    struct stream *in;
    struct frame *stack;
    size_t depth; /* LIMIT_protobuf_depth frames */
    struct tensor tensor;
    uint64_t ir_version, unknown_bytes, num_overlong, num_graphs, num_opsets;
    bool rejected, unsupported;
    struct name_set functions; /* hash of domain and name, number */
    struct edge *edges;
    size_t num_edges, edges_cap;
    uint64_t last_domain; /* hash of the domain reported last */
};

/* False: stop; x->rejected says whether the file or the machine. */
MUST_CHECK bool onnx_note(struct onnx *x, struct range at, const char *slug, const char *detail,
                          struct num declared, struct num actual);
bool onnx_reject(struct onnx *x, struct range at, const char *slug, const char *detail);
/* The first bytes of a text, at most room. */
MUST_CHECK bool onnx_text(struct onnx *x, struct range at, uint8_t *buf, size_t cap,
                          struct bytes *out);

/* tensor.c: one field of the tensor, its body not skipped; then the end of it. */
MUST_CHECK bool tensor_field(struct onnx *x, const struct schema *s, const struct pb_field *f);
MUST_CHECK bool tensor_end(struct onnx *x, const struct frame *fr);
uint64_t tensor_item_bits(uint64_t data_type);
/* external.c: one key of external data; then all of them. */
MUST_CHECK bool external_entry(struct onnx *x, const struct frame *fr);
MUST_CHECK bool external_end(struct onnx *x, struct bytes tensor_name);
/* functions.c */
MUST_CHECK bool functions_node(struct onnx *x, const struct frame *node, struct bytes op,
                               struct bytes domain);
MUST_CHECK bool functions_add(struct onnx *x, const struct frame *fr);
MUST_CHECK bool functions_end(struct onnx *x);
#endif
