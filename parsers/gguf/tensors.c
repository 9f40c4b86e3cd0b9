/* tensors.c - the tensor table, and that the data lies where it says. */
#include "gguf.h"

#include "../codec/shape.h"

#include <string.h>

#define MAX_DIMS 4u
#define MAX_NAME 64u /* GGML_MAX_NAME, the NUL included */

/* Items in a block and bytes of it, by id (ggml.h, enum ggml_type).  0: removed, or never there. */
struct ggml_type {
    const char *name;
    uint16_t items, bytes;
};
static const struct ggml_type types[] = {
    [0] = { "f32", 1, 4 },         [1] = { "f16", 1, 2 },         [2] = { "q4_0", 32, 18 },
    [3] = { "q4_1", 32, 20 },      [6] = { "q5_0", 32, 22 },      [7] = { "q5_1", 32, 24 },
    [8] = { "q8_0", 32, 34 },      [9] = { "q8_1", 32, 36 },      [10] = { "q2_K", 256, 84 },
    [11] = { "q3_K", 256, 110 },   [12] = { "q4_K", 256, 144 },   [13] = { "q5_K", 256, 176 },
    [14] = { "q6_K", 256, 210 },   [15] = { "q8_K", 256, 292 },   [16] = { "iq2_xxs", 256, 66 },
    [17] = { "iq2_xs", 256, 74 },  [18] = { "iq3_xxs", 256, 98 }, [19] = { "iq1_s", 256, 50 },
    [20] = { "iq4_nl", 32, 18 },   [21] = { "iq3_s", 256, 110 },  [22] = { "iq2_s", 256, 82 },
    [23] = { "iq4_xs", 256, 136 }, [24] = { "i8", 1, 1 },         [25] = { "i16", 1, 2 },
    [26] = { "i32", 1, 4 },        [27] = { "i64", 1, 8 },        [28] = { "f64", 1, 8 },
    [29] = { "iq1_m", 256, 56 },   [30] = { "bf16", 1, 2 },       [34] = { "tq1_0", 256, 54 },
    [35] = { "tq2_0", 256, 66 },   [39] = { "mxfp4", 32, 17 },    [40] = { "nvfp4", 64, 36 },
    [41] = { "q1_0", 128, 18 },    [42] = { "q2_0", 64, 18 }
};

struct tensor {
    struct range name;
    uint32_t dims, type;
    uint64_t ne[MAX_DIMS];
    uint64_t offset; /* relative to data_at */
    uint64_t bytes; /* by type and shape */
};

static const struct ggml_type *type_of(uint32_t id)
{
    return id < sizeof types / sizeof types[0] && types[id].items != 0 ? &types[id] : NULL;
}

static bool pad(uint64_t n, uint64_t alignment, uint64_t *out)
{
    return add_u64(n, alignment - 1, out) && (*out &= ~(alignment - 1), true);
}

/* --- one record --------------------------------------------------------------------- */

static bool read_dims(struct gguf *g, struct tensor *t)
{
    if (!gguf_u32(g, &t->dims)) {
        return gguf_cut(g, "the file ends in the tensor table");
    }
    if (t->dims > MAX_DIMS) {
        return gguf_reject(g, t->name, "gguf-bad-dims", "a tensor of more than four dimensions");
    }
    for (uint32_t i = 0; i < MAX_DIMS; i++) {
        t->ne[i] = 1;
        if (i < t->dims && !gguf_count(g, &t->ne[i])) {
            return gguf_cut(g, "the file ends in the tensor table");
        }
    }
    return true;
}

/* Checked from the left, as the reference means to: its own check is skipped when the product
 * has wrapped already. */
static bool set_bytes(struct gguf *g, struct tensor *t)
{
    const struct ggml_type *type = type_of(t->type);
    uint64_t items = 1;
    bool ok = true;
    if (type == NULL) {
        g->unsupported = true;
        return gguf_reject(g, t->name, "gguf-unknown-type",
                           "a tensor of a type that is not known here: forks have more of them");
    }
    for (uint32_t i = 0; i < MAX_DIMS; i++) {
        ok = ok && t->ne[i] <= INT64_MAX && mul_u64(items, t->ne[i], &items) && items <= INT64_MAX;
    }
    if (!ok || !mul_u64(items / type->items, type->bytes, &t->bytes) || t->bytes > INT64_MAX) {
        return gguf_reject(g, t->name, "tensor-size-overflow",
                           "dimensions whose product does not fit in 63 bits");
    }
    return t->ne[0] % type->items == 0
           || gguf_reject(g, t->name, "gguf-bad-block", "a row that is no whole number of blocks");
}

static bool read_record(struct gguf *g, struct tensor *t)
{
    if (!gguf_string(g, &t->name)) {
        return false;
    }
    if (t->name.len >= MAX_NAME) {
        return gguf_reject(g, t->name, "gguf-long-name", "a tensor's name of 64 bytes or more");
    }
    if (!read_dims(g, t)) {
        return false;
    }
    if (!gguf_u32(g, &t->type) || !gguf_u64(g, &t->offset)) {
        return gguf_cut(g, "the file ends in the tensor table");
    }
    return set_bytes(g, t);
}

/* --- the table, once for its end and names, once for the places ------------------------- */

/* Names end at a NUL for the reference. */
static bool keep_name(struct gguf *g, const struct tensor *t)
{
    struct bytes name;
    struct num none = { 0 };
    if (!gguf_text(g, t->name, MAX_NAME, &name)) {
        return false;
    }
    size_t n = 0;
    while (n < name.n && name.p[n] != 0) {
        n++;
    }
    return (n == name.n && n > 0)
                   || gguf_note(g, t->name, "gguf-odd-name",
                                "a tensor's name is empty or holds a NUL", none, none)
               ? name_set_add(&g->tensors, g->o->budget, name_set_hash(0, bytes_sub(name, 0, n)),
                              t->name.off)
               : false;
}

static bool check_names(struct gguf *g)
{
    if (!name_set_sort(&g->tensors, g->o->budget)) {
        return false;
    }
    for (size_t i = 1; i < g->tensors.n; i++) {
        if (g->tensors.list[i].hash == g->tensors.list[i - 1].hash) {
            return gguf_reject(g, (struct range){ g->tensors.list[i].index, 0 },
                               "gguf-duplicate-name", "a tensor that is there twice");
        }
    }
    return true;
}

static bool first_pass(struct gguf *g)
{
    struct tensor t;
    if (!budget_fits(g->o->budget, LIMIT_tensors, g->num_tensors)) {
        return false;
    }
    for (uint64_t i = 0; i < g->num_tensors; i++) {
        if (!read_record(g, &t) || !keep_name(g, &t)) {
            return false;
        }
    }
    return check_names(g);
}

static bool emit_tensor(struct gguf *g, const struct tensor *t, uint64_t at, uint64_t actual)
{
    struct fact f = { .kind = FACT_TENSOR, .at = { at, actual } };
    char shape[SHAPE_CAP(MAX_DIMS)];
    if (!gguf_text(g, t->name, MAX_NAME, &f.tensor.name)) {
        return false;
    }
    f.tensor.dtype = bytes_of(type_of(t->type)->name);
    f.tensor.shape = shape_text(t->ne, t->dims, shape);
    f.tensor.declared_bytes = num_of(t->bytes);
    f.tensor.actual_bytes = num_of(actual);
    return emit(g->o->sink, &f);
}

/* Bytes between things, up to max of them looked at: an honest writer leaves zeros there. */
static bool check_padding(struct gguf *g, uint64_t from, uint64_t to)
{
    uint8_t piece[4096];
    uint64_t nonzero = 0, end = to < g->o->src->size ? to : g->o->src->size;
    for (uint64_t at = from; at < end;) {
        size_t n = end - at < sizeof piece ? (size_t)(end - at) : sizeof piece;
        if (!source_read(g->o->src, at, piece, n)) {
            return false;
        }
        for (size_t i = 0; i < n; i++) {
            nonzero += piece[i] != 0;
        }
        at += n;
    }
    if (from >= end) {
        return true;
    }
    struct fact f = { .kind = FACT_REGION, .at = { from, end - from } };
    f.region.role = BYTES("padding");
    f.region.nonzero = num_of(nonzero);
    struct num none = { 0 };
    return emit(g->o->sink, &f)
           && (nonzero == 0
               || gguf_note(g, f.at, "nonzero-padding", "padding that holds more than zeros", none,
                            num_of(nonzero)));
}

/* gguf.cpp:779: each offset is the running sum of the padded sizes; llama.cpp: no tensor past
 * the end. */
static bool place(struct gguf *g, const struct tensor *t, uint64_t *sum)
{
    uint64_t at, end, next;
    if (t->offset != *sum) {
        return gguf_reject(g, t->name, "gguf-bad-offset",
                           "a tensor that does not follow the one before it");
    }
    if (!add_u64(g->data_at, *sum, &at) || !add_u64(at, t->bytes, &end)
        || !add_u64(*sum, t->bytes, &next) || !pad(next, g->alignment, &next)) {
        return gguf_reject(g, t->name, "tensor-size-overflow",
                           "padded sizes whose sum does not fit in 64 bits");
    }
    uint64_t size = g->o->src->size, actual = at >= size ? 0 : end > size ? size - at : t->bytes;
    if (!emit_tensor(g, t, at, actual)) {
        return false;
    }
    if (actual < t->bytes) {
        return gguf_reject(g, t->name, "tensor-past-end",
                           "a tensor reaches past the end of the file");
    }
    *sum = next;
    uint64_t padded;
    return add_u64(g->data_at, next, &padded) && check_padding(g, end, padded);
}

static bool check_end(struct gguf *g, uint64_t end)
{
    struct fact f = { .kind = FACT_REGION, .at = { end, g->o->src->size - end } };
    struct num none = { 0 };
    if (end > g->o->src->size) {
        return gguf_reject(g, (struct range){ g->o->src->size, 0 }, "gguf-truncated",
                           "the padding of the last tensor is missing");
    }
    if (end == g->o->src->size) {
        return true;
    }
    f.region.role = BYTES("trailing");
    struct inner in = { .at = f.at, .label = BYTES("trailing bytes"), .code = true };
    return emit(g->o->sink, &f) && emit_inner(g->o->sink, &in)
           && gguf_note(g, f.at, "trailing-bytes", "bytes behind the last tensor", none,
                        num_of(f.at.len));
}

bool gguf_read_tensors(struct gguf *g)
{
    uint64_t table = g->in->pos, sum = 0, end;
    struct tensor t;
    if (!first_pass(g)) {
        return false;
    }
    struct fact f = { .kind = FACT_REGION, .at = { 0, g->in->pos } };
    f.region.role = BYTES("header");
    if (!emit(g->o->sink, &f)) {
        return false;
    }
    uint64_t header_end = g->in->pos;
    if (g->num_tensors == 0) {
        return check_end(g, header_end);
    }
    if (!pad(header_end, g->alignment, &g->data_at)) {
        return gguf_reject(g, f.at, "gguf-bad-alignment", "an alignment that reaches past 64 bits");
    }
    if (!check_padding(g, header_end, g->data_at) || !stream_seek(g->in, table)) {
        return false;
    }
    for (uint64_t i = 0; i < g->num_tensors; i++) {
        if (!read_record(g, &t) || !place(g, &t, &sum)) {
            return false;
        }
    }
    return add_u64(g->data_at, sum, &end) && check_end(g, end);
}
