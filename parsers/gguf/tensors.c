/* tensors.c - the tensor table, and the check that the data lies where the table says. */
#include "gguf.h"

#include "../codec/shape.h"

#include <string.h>

#define MAX_DIMS 4u /* GGML_MAX_DIMS */
#define MAX_NAME 64u /* bytes; GGML_MAX_NAME, with the NUL */

/* A type of tensors by its id in the file (ggml.h, enum ggml_type).  Without items: removed, or
 * never defined. */
struct ggml_type {
    const char *name;
    uint16_t items; /* items of a block */
    uint16_t bytes; /* bytes of a block */
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
    uint32_t dims;
    uint32_t type;
    uint64_t ne[MAX_DIMS]; /* items along each dimension; 1 beyond dims */
    uint64_t offset; /* relative to gguf.data_at */
    uint64_t bytes; /* computed from type and shape */
};

/* The type with this id, or NULL. */
static const struct ggml_type *type_of(uint32_t id)
{
    if (id >= sizeof types / sizeof types[0] || types[id].items == 0) {
        return NULL;
    }
    return &types[id];
}

/* Rounds n up to a multiple of alignment, a power of two.  False: beyond 64 bits. */
static bool align_up(uint64_t n, uint64_t alignment, uint64_t *out)
{
    if (!add_u64(n, alignment - 1, out)) {
        return false;
    }
    *out &= ~(alignment - 1);
    return true;
}

/* --- one record --------------------------------------------------------------------- */

static bool read_dims(struct gguf *g, struct tensor *t)
{
    if (!gguf_u32(g, &t->dims)) {
        return gguf_truncated(g, "the file ends in the tensor table");
    }
    if (t->dims > MAX_DIMS) {
        return gguf_reject(g, t->name, "gguf-bad-dims", "a tensor of more than four dimensions");
    }

    for (uint32_t i = 0; i < MAX_DIMS; i++) {
        t->ne[i] = 1;
        if (i < t->dims && !gguf_count(g, &t->ne[i])) {
            return gguf_truncated(g, "the file ends in the tensor table");
        }
    }

    return true;
}

/* The product of the dimensions, within 63 bits at each step.  The reference means the same, but
 * its check is skipped when the product has wrapped already. */
static bool count_items(const struct tensor *t, uint64_t *items)
{
    *items = 1;
    for (uint32_t i = 0; i < MAX_DIMS; i++) {
        if (t->ne[i] > INT64_MAX || !mul_u64(*items, t->ne[i], items) || *items > INT64_MAX) {
            return false;
        }
    }
    return true;
}

static bool set_bytes(struct gguf *g, struct tensor *t)
{
    const struct ggml_type *type = type_of(t->type);
    uint64_t items;
    if (type == NULL) {
        g->unsupported = true;
        return gguf_reject(g, t->name, "gguf-unknown-type",
                           "a tensor of a type that is not known here: forks have more of them");
    }
    if (!count_items(t, &items) || !mul_u64(items / type->items, type->bytes, &t->bytes)
        || t->bytes > INT64_MAX) {
        return gguf_reject(g, t->name, "tensor-size-overflow",
                           "dimensions whose product does not fit in 63 bits");
    }

    return t->ne[0] % type->items == 0
           || gguf_reject(g, t->name, "gguf-bad-block",
                          "a row that is not a whole number of blocks");
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
        return gguf_truncated(g, "the file ends in the tensor table");
    }

    return set_bytes(g, t);
}

/* --- the first pass over the table: its end, and the names -------------------------------- */

/* Adds the hash of a name up to a NUL, where the reference ends it. */
static bool add_name(struct gguf *g, const struct tensor *t)
{
    struct bytes name;
    if (!gguf_text(g, t->name, MAX_NAME, &name)) {
        return false;
    }

    size_t n = 0;
    while (n < name.n && name.p[n] != 0) {
        n++;
    }

    uint64_t hash = name_set_hash(0, bytes_sub(name, 0, n));
    bool odd = n < name.n || n == 0;
    if (odd
        && !gguf_note(g, t->name, "gguf-odd-name", "a tensor's name is empty or holds a NUL",
                      NUM_NONE, NUM_NONE)) {
        return false;
    }

    return name_set_add(&g->tensors, g->o->budget, hash, t->name.off);
}

static bool check_names(struct gguf *g)
{
    if (!name_set_sort(&g->tensors, g->o->budget)) {
        return false;
    }

    for (size_t i = 1; i < g->tensors.n; i++) {
        const struct name *name = &g->tensors.list[i];
        if (name->hash == name[-1].hash) {
            return gguf_reject(g, (struct range){ name->index, 0 }, "gguf-duplicate-name",
                               "duplicate tensor");
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
        if (!read_record(g, &t) || !add_name(g, &t)) {
            return false;
        }
    }

    return check_names(g);
}

/* --- the second pass: where the data lies ---------------------------------------------------- */

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

static bool count_nonzero(struct gguf *g, uint64_t at, uint64_t end, uint64_t *nonzero)
{
    uint8_t piece[4096];
    *nonzero = 0;
    while (at < end) {
        size_t n = end - at < sizeof piece ? (size_t)(end - at) : sizeof piece;
        if (!source_read(g->o->src, at, piece, n)) {
            return false;
        }
        for (size_t i = 0; i < n; i++) {
            *nonzero += piece[i] != 0;
        }
        at += n;
    }

    return true;
}

/* Padding from one offset to another, as far as the file goes; writers fill it with zeros. */
static bool check_padding(struct gguf *g, uint64_t from, uint64_t to)
{
    uint64_t nonzero;
    uint64_t end = to < g->o->src->size ? to : g->o->src->size;
    if (from >= end) {
        return true;
    }
    if (!count_nonzero(g, from, end, &nonzero)) {
        return false;
    }

    struct fact f = { .kind = FACT_REGION, .at = { from, end - from } };
    f.region.role = BYTES("padding");
    f.region.nonzero = num_of(nonzero);
    if (!emit(g->o->sink, &f)) {
        return false;
    }

    return nonzero == 0
           || gguf_note(g, f.at, "nonzero-padding", "padding that holds more than zeros", NUM_NONE,
                        num_of(nonzero));
}

/* The number of bytes from at to end that the file has. */
static uint64_t bytes_present(const struct gguf *g, uint64_t at, uint64_t end)
{
    uint64_t size = g->o->src->size;
    if (at >= size) {
        return 0;
    }
    return (end < size ? end : size) - at;
}

/* The reference expects each offset to be the sum of the padded sizes before it (gguf.cpp:779),
 * and llama.cpp expects no tensor to reach past the end.  *sum becomes that of the next tensor. */
static bool check_place(struct gguf *g, const struct tensor *t, uint64_t *sum)
{
    uint64_t at, end, next, padded;
    if (t->offset != *sum) {
        return gguf_reject(g, t->name, "gguf-bad-offset",
                           "a tensor that does not follow the one before it");
    }
    if (!add_u64(g->data_at, *sum, &at) || !add_u64(at, t->bytes, &end)
        || !add_u64(*sum, t->bytes, &next) || !align_up(next, g->alignment, &next)) {
        return gguf_reject(g, t->name, "tensor-size-overflow",
                           "padded sizes whose sum does not fit in 64 bits");
    }

    uint64_t actual = bytes_present(g, at, end);
    if (!emit_tensor(g, t, at, actual)) {
        return false;
    }
    if (actual < t->bytes) {
        return gguf_reject(g, t->name, "tensor-past-end",
                           "a tensor reaches past the end of the file");
    }

    *sum = next;
    return add_u64(g->data_at, next, &padded) && check_padding(g, end, padded);
}

static bool check_end(struct gguf *g, uint64_t end)
{
    struct fact f = { .kind = FACT_REGION, .at = { end, g->o->src->size - end } };
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
           && gguf_note(g, f.at, "trailing-bytes", "bytes behind the last tensor", NUM_NONE,
                        num_of(f.at.len));
}

/* Reads the table at this offset again and checks the place of each tensor. */
static bool second_pass(struct gguf *g, uint64_t table)
{
    uint64_t end;
    uint64_t sum = 0;
    struct tensor t;
    if (!stream_seek(g->in, table)) {
        return false;
    }

    for (uint64_t i = 0; i < g->num_tensors; i++) {
        if (!read_record(g, &t) || !check_place(g, &t, &sum)) {
            return false;
        }
    }

    return add_u64(g->data_at, sum, &end) && check_end(g, end);
}

bool gguf_read_tensors(struct gguf *g)
{
    uint64_t table = g->in->pos;
    if (!first_pass(g)) {
        return false;
    }

    uint64_t header_end = g->in->pos;
    struct fact f = { .kind = FACT_REGION, .at = { 0, header_end } };
    f.region.role = BYTES("header");
    if (!emit(g->o->sink, &f)) {
        return false;
    }
    if (g->num_tensors == 0) {
        return check_end(g, header_end);
    }

    if (!align_up(header_end, g->alignment, &g->data_at)) {
        return gguf_reject(g, f.at, "gguf-bad-alignment", "an alignment that reaches past 64 bits");
    }

    return check_padding(g, header_end, g->data_at) && second_pass(g, table);
}
