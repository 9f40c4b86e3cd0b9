/* tensor.c - TensorProto: what checker.cc asks of it, and what it lets pass. */
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

/* Bits of an element by data_type (onnx.proto, TensorProto.DataType), and the field its values
 * go into. */
static const struct {
    const char *name;
    uint8_t bits, field, per_item;
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

static bool known_type(uint64_t t) { return t > 0 && t < sizeof data_types / sizeof data_types[0]; }

uint64_t tensor_item_bits(uint64_t data_type)
{
    return known_type(data_type) ? data_types[data_type].bits : 0;
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

static bool dims(struct onnx *x, const struct pb_field *f)
{
    uint64_t end = f->body.off + f->body.len;
    if (f->wire == PB_VARINT) {
        add_dim(&x->tensor, f->value);
        return true;
    }
    while (x->in->pos < end) { /* packed: bare varints */
        uint64_t v = 0;
        uint8_t b = 0x80;
        for (unsigned n = 0; (b & 0x80) != 0; n++) {
            if (n == 10 || x->in->pos >= end || !stream_u8(x->in, &b)) {
                return onnx_reject(x, f->body, "onnx-bad-wire", "packed numbers that are cut off");
            }
            v |= n < 9 || b <= 1 ? (uint64_t)(b & 0x7F) << 7 * n : 0;
        }
        add_dim(&x->tensor, v);
    }
    return true;
}

/* How many elements a value field adds. */
static bool count_values(struct onnx *x, const struct schema *s, const struct pb_field *f)
{
    uint64_t n = 1;
    if (f->wire == PB_BYTES && s->wire == WIRE_NUM) {
        if (!pb_count_varints(x->in, f->body, &n)) {
            return !source_failed(x->in->src)
                   && onnx_reject(x, f->body, "onnx-bad-wire", "packed numbers that are cut off");
        }
    } else if (f->wire == PB_BYTES) {
        n = s->wire == WIRE_F32 ? f->body.len / 4 : s->wire == WIRE_F64 ? f->body.len / 8 : 1;
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
    case DO_DIMS: return dims(x, f);
    case DO_VALUES: return count_values(x, s, f);
    case DO_DATA_TYPE:
        t->data_type = f->value;
        t->has_type = true;
        break;
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

/* --- rules at its end -------------------------------------------------------------------- */

static bool emit_tensor(struct onnx *x, struct bytes name, uint64_t declared)
{
    const struct tensor *t = &x->tensor;
    struct fact f = { .kind = FACT_TENSOR, .at = t->num_raw > 0 ? t->raw : t->whole };
    char shape[SHAPE_CAP(ONNX_DIMS)];
    f.tensor.name = name;
    f.tensor.dtype = known_type(t->data_type) ? bytes_of(data_types[t->data_type].name)
                                              : (struct bytes){ NULL, 0 };
    f.tensor.shape = shape_text(t->dims, t->num_dims < ONNX_DIMS ? t->num_dims : ONNX_DIMS, shape);
    f.tensor.declared_bytes = num_of(declared);
    f.tensor.actual_bytes = num_of(t->raw.len);
    return emit(x->o->sink, &f);
}

static unsigned fields_with_values(const struct tensor *t)
{
    unsigned n = t->num_raw > 0;
    for (size_t i = 0; i < sizeof t->values / sizeof t->values[0]; i++) {
        n += t->values[i] > 0;
    }
    return n;
}

static bool bad(struct onnx *x, const char *detail)
{
    return emit_anomaly(x->o->sink, x->tensor.whole, "onnx-bad-tensor", detail);
}

/* raw_data against dims and type: a surplus passes the checker. */
static bool check_raw(struct onnx *x, uint64_t wanted)
{
    const struct tensor *t = &x->tensor;
    if (t->num_raw > 1
        && !onnx_note(x, t->whole, "onnx-hidden-data", "raw data that a later field replaces",
                      num_of(wanted), num_of(t->raw.len))) {
        return false;
    }
    if (t->data_type == TYPE_STRING) {
        return bad(x, "strings as raw data");
    }
    if (t->raw.len < wanted) {
        return onnx_note(x, t->raw, "tensor-size-mismatch", "less raw data than the shape asks for",
                         num_of(wanted), num_of(t->raw.len));
    }
    return t->raw.len == wanted
           || onnx_note(x, t->raw, "onnx-hidden-data", "more raw data than the shape asks for",
                        num_of(wanted), num_of(t->raw.len));
}

/* Values one by one: 4-bit types come two to a number, 2-bit ones four. */
static bool check_values(struct onnx *x)
{
    const struct tensor *t = &x->tensor;
    unsigned field = data_types[t->data_type].field;
    uint64_t have = t->values[field], per = data_types[t->data_type].bits == 4   ? 2
                                            : data_types[t->data_type].bits == 2 ? 4
                                                                                 : 1;
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
    unsigned fields = fields_with_values(t);
    if (t->items == 0) {
        return fields == 0 || (t->num_raw == 1 && fields == 1 && t->raw.len == 0)
               || bad(x, "a tensor of no elements that has data");
    }
    if (fields != 1) {
        return bad(x, fields == 0 ? "a tensor without data" : "a tensor with data in two fields");
    }
    return t->num_raw > 0 ? check_raw(x, wanted) : check_values(x);
}

static bool check(struct onnx *x, uint64_t *wanted)
{
    const struct tensor *t = &x->tensor;
    uint64_t bits = 0;
    *wanted = 0;
    if (t->negative) {
        return bad(x, "a negative dimension");
    }
    if (!known_type(t->data_type)) {
        return bad(x, "a tensor of no type, or of none that is known");
    }
    if (t->overflow || !mul_u64(t->items, tensor_item_bits(t->data_type), &bits)) {
        return emit_anomaly(x->o->sink, t->whole, "tensor-size-overflow",
                            "dimensions whose product does not fit in 64 bits");
    }
    *wanted = bits / 8 + (bits % 8 != 0);
    if (t->location == LOCATION_EXTERNAL) {
        return fields_with_values(t) == 0 || bad(x, "external data, and data inline");
    }
    return check_inline(x, *wanted);
}

bool tensor_end(struct onnx *x, const struct frame *fr)
{
    uint8_t text[256];
    struct bytes name;
    uint64_t wanted;
    (void)fr; /* x->tensor has what it held */
    if (!onnx_text(x, x->tensor.name, text, sizeof text, &name) || !check(x, &wanted)
        || !emit_tensor(x, name, wanted)) {
        return false;
    }
    return x->tensor.location == LOCATION_EXTERNAL || x->tensor.external_seen != 0
               ? external_end(x, name)
               : true;
}
