/* tensor.c - TensorProto: what checker.cc demands of it, and what the checker does not see. */
#include "onnx.h"

#include "../codec/shape.h"

#include <string.h>

enum {
    FIELD_FLOAT = 4,
    FIELD_INT32 = 5,
    FIELD_STRING = 6,
    FIELD_INT64 = 7,
    FIELD_RAW = 9,
    FIELD_DOUBLE = 10,
    FIELD_UINT64 = 11
};
enum { TYPE_STRING = 8, LOCATION_EXTERNAL = 1 };

#define NAME_SHOWN 256u /* bytes of a name that facts carry */

/* Types of elements by data_type (onnx.proto, TensorProto.DataType). */
static const struct {
    const char *name;
    uint8_t bits; /* of an element in raw_data */
    uint8_t field; /* the field of its values if they are not in raw_data */
    uint8_t per_item; /* values of an element: two for complex numbers */
} data_types[] = {
    [1] = { "FLOAT", 32, FIELD_FLOAT, 1 },         [2] = { "UINT8", 8, FIELD_INT32, 1 },
    [3] = { "INT8", 8, FIELD_INT32, 1 },           [4] = { "UINT16", 16, FIELD_INT32, 1 },
    [5] = { "INT16", 16, FIELD_INT32, 1 },         [6] = { "INT32", 32, FIELD_INT32, 1 },
    [7] = { "INT64", 64, FIELD_INT64, 1 },         [8] = { "STRING", 0, FIELD_STRING, 1 },
    [9] = { "BOOL", 8, FIELD_INT32, 1 },           [10] = { "FLOAT16", 16, FIELD_INT32, 1 },
    [11] = { "DOUBLE", 64, FIELD_DOUBLE, 1 },      [12] = { "UINT32", 32, FIELD_UINT64, 1 },
    [13] = { "UINT64", 64, FIELD_UINT64, 1 },      [14] = { "COMPLEX64", 64, FIELD_FLOAT, 2 },
    [15] = { "COMPLEX128", 128, FIELD_DOUBLE, 2 }, [16] = { "BFLOAT16", 16, FIELD_INT32, 1 },
    [17] = { "FLOAT8E4M3FN", 8, FIELD_INT32, 1 },  [18] = { "FLOAT8E4M3FNUZ", 8, FIELD_INT32, 1 },
    [19] = { "FLOAT8E5M2", 8, FIELD_INT32, 1 },    [20] = { "FLOAT8E5M2FNUZ", 8, FIELD_INT32, 1 },
    [21] = { "UINT4", 4, FIELD_INT32, 1 },         [22] = { "INT4", 4, FIELD_INT32, 1 },
    [23] = { "FLOAT4E2M1", 4, FIELD_INT32, 1 },    [24] = { "FLOAT8E8M0", 8, FIELD_INT32, 1 },
    [25] = { "UINT2", 2, FIELD_INT32, 1 },         [26] = { "INT2", 2, FIELD_INT32, 1 }
};

static bool is_known_type(uint64_t t)
{
    return t > 0 && t < sizeof data_types / sizeof data_types[0];
}

/* --- fields --------------------------------------------------------------------------- */

static void add_dim(struct tensor *t, uint64_t n)
{
    t->negative |= n > INT64_MAX;
    t->overflow |= !mul_u64(t->items, n, &t->items);
    if (t->num_dims < ONNX_DIMS) {
        t->dims[t->num_dims] = n;
    }
    t->num_dims++;
}

static bool reject_packed(struct onnx *x, const struct pb_field *f)
{
    return onnx_reject(x, f->body, "onnx-bad-wire", "packed numbers that are cut off");
}

/* One dimension, or several as packed varints. */
static bool read_dims(struct onnx *x, const struct pb_field *f)
{
    uint64_t end = f->body.off + f->body.len;
    if (f->wire == PB_VARINT) {
        add_dim(&x->tensor, f->value);
        return true;
    }

    while (x->in->pos < end) {
        uint64_t v;
        bool overlong = false; /* not counted within a packed field */
        if (pb_varint(x->in, end, &v, &overlong) != PB_FIELD) {
            return reject_packed(x, f);
        }
        add_dim(&x->tensor, v);
    }

    return true;
}

/* The number of elements in a field that is not made of varints; strings come one a field. */
static uint64_t count_fixed(enum field_wire wire, uint64_t bytes)
{
    switch (wire) {
    case WIRE_F32: return bytes / 4;
    case WIRE_F64: return bytes / 8;
    default: return 1;
    }
}

/* Counts the elements of a value field. */
static bool count_values(struct onnx *x, const struct schema *s, const struct pb_field *f)
{
    uint64_t n = 1;
    if (f->wire == PB_BYTES && s->wire == WIRE_NUM) {
        if (!pb_count_varints(x->in, f->body, &n)) {
            return !source_failed(x->in->src) && reject_packed(x, f);
        }
    } else if (f->wire == PB_BYTES) {
        n = count_fixed(s->wire, f->body.len);
        if (!stream_skip(x->in, f->body.len)) {
            return false;
        }
    }

    x->tensor.values[s->number] += n;
    return true;
}

bool tensor_field(struct onnx *x, const struct schema *s, const struct pb_field *f)
{
    struct tensor *t = &x->tensor;
    switch (s->action) {
    case DO_DIMS: return read_dims(x, f);
    case DO_VALUES: return count_values(x, s, f);
    case DO_DATA_TYPE: t->data_type = f->value; break;
    case DO_LOCATION: t->location = f->value; break;
    case DO_TENSOR_NAME: t->name = f->body; break;
    case DO_RAW:
        t->raw = f->body;
        t->num_raw++;
        break;
    default: break;
    }
    return stream_skip(x->in, f->body.len);
}

/* --- the checks at the end of a tensor --------------------------------------------------- */

static bool emit_tensor(struct onnx *x, struct bytes name, uint64_t declared)
{
    const struct tensor *t = &x->tensor;
    struct fact f = { .kind = FACT_TENSOR, .at = t->num_raw > 0 ? t->raw : t->whole };
    char shape[SHAPE_CAP(ONNX_DIMS)];
    uint64_t num_dims = t->num_dims < ONNX_DIMS ? t->num_dims : ONNX_DIMS;
    f.tensor.name = name;
    if (is_known_type(t->data_type)) {
        f.tensor.dtype = bytes_of(data_types[t->data_type].name);
    }

    f.tensor.shape = shape_text(t->dims, num_dims, shape);
    f.tensor.declared_bytes = num_of(declared);
    f.tensor.actual_bytes = num_of(t->raw.len);
    return emit(x->o->sink, &f);
}

/* The number of fields that hold data; a tensor has exactly one. */
static unsigned count_filled_fields(const struct tensor *t)
{
    unsigned n = t->num_raw > 0;
    for (size_t i = 0; i < sizeof t->values / sizeof t->values[0]; i++) {
        n += t->values[i] > 0;
    }
    return n;
}

static bool note_bad_tensor(struct onnx *x, const char *detail)
{
    return emit_anomaly(x->o->sink, x->tensor.whole, "onnx-bad-tensor", detail);
}

/* Compares raw_data with dimensions and type.  The checker accepts more bytes than they need. */
static bool check_raw(struct onnx *x, uint64_t wanted)
{
    const struct tensor *t = &x->tensor;
    if (t->num_raw > 1
        && !onnx_note(x, t->whole, "onnx-hidden-data", "raw data that a later field replaces",
                      num_of(wanted), num_of(t->raw.len))) {
        return false;
    }
    if (t->data_type == TYPE_STRING) {
        return note_bad_tensor(x, "strings as raw data");
    }
    if (t->raw.len < wanted) {
        return onnx_note(x, t->raw, "tensor-size-mismatch", "less raw data than the shape asks for",
                         num_of(wanted), num_of(t->raw.len));
    }

    return t->raw.len == wanted
           || onnx_note(x, t->raw, "onnx-hidden-data", "more raw data than the shape asks for",
                        num_of(wanted), num_of(t->raw.len));
}

/* Elements of a type that one number of a value field holds. */
static uint64_t items_of_number(unsigned bits)
{
    switch (bits) {
    case 4: return 2;
    case 2: return 4;
    default: return 1;
    }
}

/* Compares the values of the type's own field with the dimensions. */
static bool check_values(struct onnx *x)
{
    const struct tensor *t = &x->tensor;
    uint64_t have = t->values[data_types[t->data_type].field];
    uint64_t per = items_of_number(data_types[t->data_type].bits);
    uint64_t wanted = t->items / per + (t->items % per != 0);
    if (!mul_u64(wanted, data_types[t->data_type].per_item, &wanted) || have < wanted) {
        return onnx_note(x, t->whole, "tensor-size-mismatch",
                         "fewer values than the shape asks for", num_of(wanted), num_of(have));
    }

    return have == wanted
           || onnx_note(x, t->whole, "onnx-hidden-data", "more values than the shape asks for",
                        num_of(wanted), num_of(have));
}

static bool check_inline(struct onnx *x, uint64_t wanted)
{
    const struct tensor *t = &x->tensor;
    unsigned fields = count_filled_fields(t);
    if (t->items == 0) {
        bool is_empty_raw = t->num_raw == 1 && fields == 1 && t->raw.len == 0;
        return fields == 0 || is_empty_raw
               || note_bad_tensor(x, "a tensor of no elements that has data");
    }
    if (fields == 0) {
        return note_bad_tensor(x, "a tensor without data");
    }
    if (fields > 1) {
        return note_bad_tensor(x, "a tensor with data in two fields");
    }
    if (t->num_raw > 0) {
        return check_raw(x, wanted);
    }

    return check_values(x);
}

/* Sets *wanted to the bytes that dimensions and type ask for. */
static bool check_tensor(struct onnx *x, uint64_t *wanted)
{
    const struct tensor *t = &x->tensor;
    uint64_t bits = 0;
    *wanted = 0;
    if (t->negative) {
        return note_bad_tensor(x, "a negative dimension");
    }
    if (!is_known_type(t->data_type)) {
        return note_bad_tensor(x, "a tensor without a known type");
    }
    if (t->overflow || !mul_u64(t->items, data_types[t->data_type].bits, &bits)) {
        return emit_anomaly(x->o->sink, t->whole, "tensor-size-overflow",
                            "dimensions whose product does not fit in 64 bits");
    }

    *wanted = bits / 8 + (bits % 8 != 0);
    if (t->location == LOCATION_EXTERNAL) {
        return count_filled_fields(t) == 0 || note_bad_tensor(x, "external data, and data inline");
    }

    return check_inline(x, *wanted);
}

bool tensor_end(struct onnx *x)
{
    uint8_t text[NAME_SHOWN];
    struct bytes name;
    uint64_t wanted;
    if (!onnx_text(x, x->tensor.name, text, sizeof text, &name) || !check_tensor(x, &wanted)
        || !emit_tensor(x, name, wanted)) {
        return false;
    }

    bool is_external = x->tensor.location == LOCATION_EXTERNAL || x->tensor.external_seen != 0;
    return !is_external || external_end(x, name);
}
