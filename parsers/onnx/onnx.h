/* onnx.h - the shared declarations of the ONNX parser. */
#ifndef MA_ONNX_ONNX_H
#define MA_ONNX_ONNX_H
#include "../base/parser.h"
#include "../base/stream.h"
#include "../codec/name_set.h"
#include "../codec/protobuf.h"

/* --- the schema (schema.c, from schema.def) --------------------------------------- */

/* Messages of onnx.proto. */
enum message {
    MSG_MODEL,
    MSG_GRAPH,
    MSG_NODE,
    MSG_ATTRIBUTE,
    MSG_TENSOR,
    MSG_SEGMENT,
    MSG_SPARSE,
    MSG_ENTRY,
    MSG_EXTERNAL,
    MSG_OPSET,
    MSG_QUANT,
    MSG_FUNCTION,
    MSG_TRAINING,
    MSG_VALUE,
    MSG_TYPE,
    MSG_TENSOR_TYPE,
    MSG_SEQUENCE,
    MSG_MAP,
    MSG_SHAPE,
    MSG_DIM,
    MSG_GROUP, /* a group of protobuf, which no message of onnx.proto has */
    NUM_MESSAGES
};

/* How the values of a field are encoded. */
enum field_wire { WIRE_NUM, WIRE_F32, WIRE_F64, WIRE_LEN };

/* What the parser does with a field. */
enum action {
    DO_NONE, /* nothing; the search reads its bytes */
    DO_SUB, /* opens a sub-message */
    DO_FIRST, /* keeps its place in frame.first */
    DO_SECOND, /* keeps its place in frame.second */
    DO_IR_VERSION,
    DO_PRODUCER,
    DO_DOC,
    DO_STRING,
    DO_DIMS, /* this and the following: fields of a tensor, for tensor_field() */
    DO_DATA_TYPE,
    DO_VALUES,
    DO_RAW,
    DO_TENSOR_NAME,
    DO_LOCATION
};

/* One field of a message. */
struct schema {
    enum message in;
    uint32_t number;
    enum field_wire wire;
    enum action action;
    enum message sub; /* for DO_SUB: the message of the field */
    bool one; /* for DO_SUB: the field is not repeated */
};

/* schema_find() returns the schema of a field, or NULL if the message has no field of that number
 * and wire type. */
const struct schema *schema_find(enum message in, const struct pb_field *f);

/* --- the current tensor (tensor.c) ---------------------------------------------------- */

#define ONNX_DIMS 16u /* dimensions that are kept for the fact */
#define ONNX_KEYS 5u /* keys of external data */
#define ONNX_TENSOR_FIELDS 12u /* field numbers below it can hold values */

struct tensor {
    struct range whole; /* the message */
    struct range name;
    struct range raw; /* the last raw_data */
    uint64_t num_dims;
    uint64_t dims[ONNX_DIMS]; /* the first of them */
    uint64_t items; /* product of the dimensions */
    bool overflow; /* the product does not fit in 64 bits */
    bool negative; /* a dimension is negative */
    uint64_t data_type;
    uint64_t location;
    uint64_t values[ONNX_TENSOR_FIELDS]; /* elements in each field, by field number */
    unsigned num_raw; /* raw_data fields */
    /* the values of location, offset, length, checksum and basepath */
    struct range external[ONNX_KEYS];
    unsigned external_seen; /* one bit for each of these keys */
};

/* --- the state of the parser --------------------------------------------------------------- */

/* An open message. */
struct frame {
    enum message type;
    uint32_t field; /* its number in the message around it; for a group its own number */
    uint64_t start; /* offset of its first byte */
    uint64_t end; /* offset behind its last byte */
    uint64_t seen; /* one bit for each singular sub-message, by field number */
    struct range first; /* the texts of DO_FIRST and DO_SECOND, such as name and domain */
    struct range second;
};

/* A call between functions. */
struct edge {
    uint64_t caller; /* number of the function */
    uint64_t callee; /* hash of its name; its number after functions_end() has resolved it */
};

struct onnx {
    struct object *o;
    struct stream *in;
    struct frame *stack; /* LIMIT_protobuf_depth frames, depth of them in use */
    size_t depth;
    struct tensor tensor;
    uint64_t ir_version;
    uint64_t unknown_bytes; /* bytes of fields that no schema has */
    uint64_t num_overlong; /* numbers with more bytes than they need */
    uint64_t num_graphs;
    uint64_t num_opsets;
    bool rejected; /* onnx's checker refuses the file; an anomaly says why */
    bool unsupported; /* with rejected: a newer version of the format */
    struct name_set functions; /* hash of domain and name; the index is the function's number */
    struct edge *edges;
    size_t num_edges;
    size_t edges_cap;
    uint64_t last_domain; /* hash of the domain that was emitted last */
};

/* --- note.c ---------------------------------------------------------------------------------- */

/* onnx_note() emits an anomaly.  Returns false if the sink stops. */
MUST_CHECK bool onnx_note(struct onnx *x, struct range at, const char *slug, const char *detail,
                          struct num declared, struct num actual);

/* onnx_reject() emits an anomaly for which onnx's checker refuses the file.  Always returns false:
 * the parse ends there. */
bool onnx_reject(struct onnx *x, struct range at, const char *slug, const char *detail);

/* onnx_text() reads the first bytes of a text, at most cap, into buf.  *out points into buf.
 * Returns false on a failed read. */
MUST_CHECK bool onnx_text(struct onnx *x, struct range at, uint8_t *buf, size_t cap,
                          struct bytes *out);

/* --- tensor.c, external.c, functions.c ------------------------------------------------------- */

/* All of these return false if the parse ends there: the file was rejected (x->rejected), or a
 * read, the budget or the sink failed. */

/* tensor_field() reads one field of the current tensor and moves behind it. */
MUST_CHECK bool tensor_field(struct onnx *x, const struct schema *s, const struct pb_field *f);

/* tensor_end() checks the current tensor and emits it. */
MUST_CHECK bool tensor_end(struct onnx *x);

/* external_entry() keeps one key and its value (frame.first and .second) for the current tensor. */
MUST_CHECK bool external_entry(struct onnx *x, const struct frame *fr);

/* external_end() checks and emits the external data of the current tensor. */
MUST_CHECK bool external_end(struct onnx *x, struct bytes tensor_name);

/* functions_node() keeps the call that a node within a function may be. */
MUST_CHECK bool functions_node(struct onnx *x, struct bytes op, struct bytes domain);

/* functions_add() adds a function by its name and domain (frame.first and .second). */
MUST_CHECK bool functions_add(struct onnx *x, const struct frame *fr);

/* functions_end() reports duplicate functions, and functions that call each other in a circle. */
MUST_CHECK bool functions_end(struct onnx *x);

#endif
