/* entry.c - one tensor: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}.
 *
 * serde also accepts the fields as an array in this order, and a dtype as {"F32": null}. */
#include "safetensors.h"

#include <string.h>

enum field { FIELD_DTYPE, FIELD_SHAPE, FIELD_OFFSETS, NUM_FIELDS, FIELD_NONE };

#define SHAPE_TEXT 256u /* bytes of a shape that a fact shows */
#define NAME_SHOWN 256u /* bytes of a name that a fact shows */
#define ALL_FIELDS ((1u << NUM_FIELDS) - 1)

/* The tensor that is being read. */
struct entry {
    struct st *s;
    struct range at; /* its name's bytes in the file */
    uint8_t name[NAME_SHOWN]; /* the first bytes of its name, num_name of them */
    size_t num_name;
    const char *dtype; /* one of dtypes[] */
    uint64_t item_bits; /* bits of an element of that type */
    char shape[SHAPE_TEXT]; /* text such as [2, 3], of num_shape bytes */
    size_t num_shape;
    uint64_t items; /* product of the shape */
    bool overflow; /* the product does not fit in 64 bits */
    uint64_t begin; /* data_offsets */
    uint64_t end;
    unsigned seen; /* bit 1 << field for each field that was read */
};

/* Bits of an element.  Names are case-sensitive (tensor.rs, enum Dtype). */
static const struct {
    const char *name;
    uint64_t bits;
} dtypes[] = { { "F32", 32 },        { "F16", 16 },        { "BF16", 16 },   { "I64", 64 },
               { "I32", 32 },        { "I16", 16 },        { "I8", 8 },      { "U8", 8 },
               { "BOOL", 8 },        { "F64", 64 },        { "U64", 64 },    { "U32", 32 },
               { "U16", 16 },        { "F8_E4M3", 8 },     { "F8_E5M2", 8 }, { "F8_E8M0", 8 },
               { "F8_E4M3FNUZ", 8 }, { "F8_E5M2FNUZ", 8 }, { "F6_E2M3", 6 }, { "F6_E3M2", 6 },
               { "F4", 4 },          { "C64", 64 } };

/* Rejects the file for a token that does not fit; for JSON_BAD the reason is that of the JSON. */
static bool reject(struct entry *e, const struct json_token *t, const char *why)
{
    if (t->kind == JSON_BAD) {
        return st_reject_json(e->s, t);
    }
    return st_reject(e->s, t->at, "safetensors-bad-entry", why);
}

static bool set_dtype(struct entry *e, const struct json_token *t)
{
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++) {
        if (bytes_eq(t->text, bytes_of(dtypes[i].name))) {
            e->dtype = dtypes[i].name;
            e->item_bits = dtypes[i].bits;
            return true;
        }
    }
    return reject(e, t, "a dtype that is not known");
}

/* {"F32": null}, another spelling of an enum for serde. */
static bool read_dtype_object(struct entry *e)
{
    struct json_token t;
    json_next(&e->s->json, &t);
    if (t.kind != JSON_KEY) {
        return reject(e, &t, "a dtype that is an empty object");
    }
    if (!set_dtype(e, &t)) {
        return false;
    }

    json_next(&e->s->json, &t);
    if (t.kind != JSON_NULL) {
        return reject(e, &t, "a dtype with a value");
    }

    json_next(&e->s->json, &t);
    if (t.kind != JSON_OBJECT_END) {
        return reject(e, &t, "a dtype of several names");
    }

    return st_note(e->s, t.at, "safetensors-odd-form", "a dtype spelled as an object", "accepts");
}

static bool read_dtype(struct entry *e, const struct json_token *t)
{
    if (t->kind == JSON_STRING) {
        return set_dtype(e, t);
    }
    if (t->kind == JSON_OBJECT) {
        return read_dtype_object(e);
    }
    return reject(e, t, "a dtype that is not a string");
}

/* Appends a dimension to the shape's text, unless the text is full. */
static void append_dimension(struct entry *e, uint64_t n, bool first)
{
    char digits[24];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    if (!first) {
        digits[--at] = ' ';
        digits[--at] = ',';
    }

    size_t len = sizeof digits - at;
    if (e->num_shape + len + 2 < SHAPE_TEXT) {
        memcpy(e->shape + e->num_shape, digits + at, len);
        e->num_shape += len;
    }
}

/* The product is computed from the left and checked at each step: an overflow counts even if a
 * later dimension is 0 (tensor.rs:642). */
static bool read_shape(struct entry *e, const struct json_token *open)
{
    struct json_token t;
    uint64_t n;
    bool first = true;
    if (open->kind != JSON_ARRAY) {
        return reject(e, open, "a shape that is not an array");
    }

    e->items = 1;
    e->num_shape = 1;
    e->shape[0] = '[';
    for (json_next(&e->s->json, &t); t.kind != JSON_ARRAY_END; json_next(&e->s->json, &t)) {
        if (!json_token_u64(&t, &n)) {
            return reject(e, &t, "a dimension that is not an integer of 64 bits");
        }
        e->overflow |= !mul_u64(e->items, n, &e->items);
        append_dimension(e, n, first);
        first = false;
    }

    e->shape[e->num_shape++] = ']';
    return true;
}

static bool read_offset(struct entry *e, uint64_t *out)
{
    struct json_token t;
    json_next(&e->s->json, &t);
    return json_token_u64(&t, out) || reject(e, &t, "an offset that is not an integer of 64 bits");
}

static bool read_offsets(struct entry *e, const struct json_token *open)
{
    struct json_token t;
    if (open->kind != JSON_ARRAY) {
        return reject(e, open, "offsets that are not an array");
    }
    if (!read_offset(e, &e->begin) || !read_offset(e, &e->end)) {
        return false;
    }

    json_next(&e->s->json, &t);
    return t.kind == JSON_ARRAY_END || reject(e, &t, "offsets are two numbers");
}

/* Reads the value of a field, whose first token is *t. */
static bool read_field(struct entry *e, enum field which, const struct json_token *t)
{
    if (t->kind == JSON_BAD) {
        return reject(e, t, "");
    }

    e->seen |= 1u << which;
    switch (which) {
    case FIELD_DTYPE: return read_dtype(e, t);
    case FIELD_SHAPE: return read_shape(e, t);
    default: return read_offsets(e, t);
    }
}

static bool emit_text(struct entry *e, const struct json_token *t)
{
    struct fact f = { .kind = FACT_STRING, .at = t->at };
    f.string.role = BYTES("metadata");
    f.string.key = (struct bytes){ e->name, e->num_name };
    f.string.text = t->text;
    f.string.length = num_of(t->length);
    return emit(e->s->o->sink, &f);
}

/* A field that the loader ignores.  It may hold any JSON, so rules see its text. */
static bool read_unknown_field(struct entry *e, struct range key)
{
    struct json_token t;
    struct fact f = { .kind = FACT_ANOMALY, .at = key };
    uint64_t end;
    json_next(&e->s->json, &t);
    if (t.kind == JSON_STRING && !emit_text(e, &t)) {
        return false;
    }
    if (t.kind == JSON_BAD || !json_skip(&e->s->json, &t, &end)) {
        t.kind = JSON_BAD;
        return reject(e, &t, "");
    }

    f.at.len = end - key.off;
    f.anomaly.slug = BYTES("safetensors-unknown-field");
    f.anomaly.detail = BYTES("a field of a tensor that the loader ignores");
    f.anomaly.loader = BYTES("accepts");
    f.anomaly.actual = num_of(f.at.len);
    return emit(e->s->o->sink, &f);
}

static enum field field_of(struct bytes name)
{
    if (bytes_eq(name, BYTES("dtype"))) {
        return FIELD_DTYPE;
    }
    if (bytes_eq(name, BYTES("shape"))) {
        return FIELD_SHAPE;
    }
    return bytes_eq(name, BYTES("data_offsets")) ? FIELD_OFFSETS : FIELD_NONE;
}

static bool read_named_field(struct entry *e, const struct json_token *key)
{
    struct json_token t;
    enum field which = field_of(key->text);
    if (which == FIELD_NONE) {
        return read_unknown_field(e, key->at);
    }
    if ((e->seen & 1u << which) != 0) {
        return reject(e, key, "duplicate field");
    }

    json_next(&e->s->json, &t);
    return read_field(e, which, &t);
}

static bool read_object_form(struct entry *e)
{
    struct json_token t;
    for (json_next(&e->s->json, &t); t.kind == JSON_KEY; json_next(&e->s->json, &t)) {
        if (!read_named_field(e, &t)) {
            return false;
        }
    }
    if (t.kind != JSON_OBJECT_END) {
        return reject(e, &t, "");
    }

    return e->seen == ALL_FIELDS || reject(e, &t, "a field is missing");
}

static bool read_array_form(struct entry *e, struct range at)
{
    struct json_token t;
    for (enum field which = FIELD_DTYPE; which < NUM_FIELDS; which++) {
        json_next(&e->s->json, &t);
        if (!read_field(e, which, &t)) {
            return false;
        }
    }

    json_next(&e->s->json, &t);
    if (t.kind != JSON_ARRAY_END) {
        return reject(e, &t, "an entry of more than three fields");
    }

    return st_note(e->s, at, "safetensors-odd-form", "a tensor spelled as an array", "accepts");
}

static bool emit_tensor(struct entry *e, uint64_t wanted)
{
    struct fact f = { .kind = FACT_TENSOR };
    uint64_t data = e->s->o->src->size - e->s->data_at;
    if (e->begin <= data) {
        uint64_t left = data - e->begin;
        uint64_t len = e->end < e->begin ? 0 : e->end - e->begin;
        f.at = (struct range){ e->s->data_at + e->begin, len < left ? len : left };
    }

    f.tensor.name = (struct bytes){ e->name, e->num_name };
    f.tensor.dtype = bytes_of(e->dtype);
    f.tensor.shape = (struct bytes){ (const uint8_t *)e->shape, e->num_shape };
    f.tensor.declared_bytes = num_of(wanted);
    f.tensor.actual_bytes = num_of(f.at.len);
    return emit(e->s->o->sink, &f);
}

/* Compares shape and dtype with the offsets (tensor.rs:642-660).  layout.c rejects the file for it,
 * unless a later entry of the same name replaces this one. */
static enum st_size size_of(const struct entry *e, uint64_t *wanted)
{
    uint64_t bits = 0;
    *wanted = 0;
    if (e->overflow || !mul_u64(e->items, e->item_bits, &bits)) {
        return ST_SIZE_OVERFLOW;
    }

    *wanted = bits / 8;
    if (bits % 8 != 0) {
        return ST_SIZE_BITS;
    }

    bool fits = e->end >= e->begin && e->end - e->begin == *wanted;
    return fits ? ST_SIZE_FITS : ST_SIZE_DIFFERS;
}

static bool add_entry(struct entry *e, uint64_t hash)
{
    struct st *s = e->s;
    uint64_t wanted;
    enum st_size size = size_of(e, &wanted);
    if (!emit_tensor(e, wanted) || !budget_fits(s->o->budget, LIMIT_tensors, s->num_entries + 1)
        || !budget_grow(s->o->budget, &s->entries, &s->entries_cap, s->num_entries + 1,
                        sizeof *s->entries)) {
        return false;
    }

    s->entries[s->num_entries] = (struct st_entry){ e->at.off, e->begin, e->end, size, false };
    return name_set_add(&s->names, s->o->budget, hash, s->num_entries++);
}

bool st_read_entry(struct st *s, const struct json_token *key)
{
    struct entry e = { .s = s, .at = key->at };
    struct json_token t;
    uint64_t hash = key->hash;
    e.num_name = key->text.n < sizeof e.name ? key->text.n : sizeof e.name;
    if (e.num_name > 0) {
        memcpy(e.name, key->text.p, e.num_name);
    }

    json_next(&s->json, &t);
    bool ok;
    switch (t.kind) {
    case JSON_OBJECT: ok = read_object_form(&e); break;
    case JSON_ARRAY: ok = read_array_form(&e, t.at); break;
    default: ok = reject(&e, &t, "a tensor that is not an object"); break;
    }
    return ok && add_entry(&e, hash);
}
