/* entry.c - one tensor: {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}.
 *
 * serde also takes the fields as an array in this order, and a dtype as {"F32": null}. */
#include "safetensors.h"

#include <string.h>

enum field { FIELD_DTYPE, FIELD_SHAPE, FIELD_OFFSETS, NUM_FIELDS, FIELD_NONE };
#define SHAPE_TEXT 256u /* bytes of a shape that a fact shows */

struct entry {
    struct st *s;
    struct range at; /* of the name */
    uint8_t name[256];
    size_t num_name;
    const char *dtype;
    uint64_t item_bits;
    char shape[SHAPE_TEXT];
    size_t num_shape;
    uint64_t items; /* product of the shape */
    bool overflow;
    uint64_t begin, end;
    unsigned seen;
};

/* Bits of an element; names are case-sensitive (tensor.rs, enum Dtype). */
static const struct {
    const char *name;
    uint64_t bits;
} dtypes[] = { { "F32", 32 },        { "F16", 16 },        { "BF16", 16 },   { "I64", 64 },
               { "I32", 32 },        { "I16", 16 },        { "I8", 8 },      { "U8", 8 },
               { "BOOL", 8 },        { "F64", 64 },        { "U64", 64 },    { "U32", 32 },
               { "U16", 16 },        { "F8_E4M3", 8 },     { "F8_E5M2", 8 }, { "F8_E8M0", 8 },
               { "F8_E4M3FNUZ", 8 }, { "F8_E5M2FNUZ", 8 }, { "F6_E2M3", 6 }, { "F6_E3M2", 6 },
               { "F4", 4 },          { "C64", 64 } };

static bool bad(struct entry *e, const struct json_token *t, const char *why)
{
    struct st *s = e->s;
    if (t->kind == JSON_BAD) {
        return !s->json.stopped
               && st_reject(s, (struct range){ t->at.off, 0 }, "safetensors-bad-json", s->json.why);
    }
    return st_reject(s, t->at, "safetensors-bad-entry", why);
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
    return bad(e, t, "a dtype that is not known");
}

/* {"F32": null}: serde's other spelling of an enum. */
static bool dtype_object(struct entry *e)
{
    struct json_token t;
    json_next(&e->s->json, &t);
    if (t.kind != JSON_KEY || !set_dtype(e, &t)) {
        return t.kind == JSON_KEY ? false : bad(e, &t, "a dtype that is an empty object");
    }
    json_next(&e->s->json, &t);
    if (t.kind != JSON_NULL) {
        return bad(e, &t, "a dtype with a value");
    }
    json_next(&e->s->json, &t);
    return t.kind == JSON_OBJECT_END ? st_note(e->s, t.at, "safetensors-odd-form",
                                               "a dtype spelled as an object", "accepts")
                                     : bad(e, &t, "a dtype of several names");
}

static bool dtype(struct entry *e, const struct json_token *t)
{
    return t->kind == JSON_STRING   ? set_dtype(e, t)
           : t->kind == JSON_OBJECT ? dtype_object(e)
                                    : bad(e, t, "a dtype that is no string");
}

static void show_dimension(struct entry *e, uint64_t n, bool first)
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

/* The product is taken from the left and checked, so that an overflow comes before a later zero
 * (tensor.rs:642). */
static bool shape(struct entry *e, const struct json_token *open)
{
    struct json_token t;
    uint64_t n;
    if (open->kind != JSON_ARRAY) {
        return bad(e, open, "a shape that is no array");
    }
    e->items = 1;
    e->num_shape = 1;
    e->shape[0] = '[';
    bool first = true;
    for (json_next(&e->s->json, &t); t.kind != JSON_ARRAY_END; json_next(&e->s->json, &t)) {
        if (!json_token_u64(&t, &n)) {
            return bad(e, &t, "a dimension that is no integer of 64 bits");
        }
        e->overflow |= !mul_u64(e->items, n, &e->items);
        show_dimension(e, n, first);
        first = false;
    }
    e->shape[e->num_shape++] = ']';
    return true;
}

static bool offsets(struct entry *e, const struct json_token *open)
{
    struct json_token a, b, c;
    if (open->kind != JSON_ARRAY) {
        return bad(e, open, "offsets that are no array");
    }
    json_next(&e->s->json, &a);
    if (!json_token_u64(&a, &e->begin)) {
        return bad(e, &a, "an offset that is no integer of 64 bits");
    }
    json_next(&e->s->json, &b);
    if (!json_token_u64(&b, &e->end)) {
        return bad(e, &b, "an offset that is no integer of 64 bits");
    }
    json_next(&e->s->json, &c);
    return c.kind == JSON_ARRAY_END ? true : bad(e, &c, "offsets are two numbers");
}

static bool read_field(struct entry *e, enum field which, const struct json_token *t)
{
    if (t->kind == JSON_BAD) {
        return bad(e, t, "");
    }
    e->seen |= 1u << which;
    return which == FIELD_DTYPE ? dtype(e, t) : which == FIELD_SHAPE ? shape(e, t) : offsets(e, t);
}

/* Fields that the loader ignores: any JSON, a place for a payload. */
static bool unknown_field(struct entry *e, struct range key)
{
    struct json_token t;
    struct fact f = { .kind = FACT_ANOMALY, .at = key };
    uint64_t end;
    json_next(&e->s->json, &t);
    if (t.kind == JSON_STRING) {
        struct fact text = { .kind = FACT_STRING, .at = t.at };
        text.string.role = BYTES("metadata");
        text.string.key = (struct bytes){ e->name, e->num_name };
        text.string.text = t.text;
        text.string.length = num_of(t.length);
        if (!emit(e->s->o->sink, &text)) {
            return false;
        }
    }
    struct json_token opening = t;
    if (t.kind == JSON_BAD || !json_skip(&e->s->json, &opening, &end)) {
        t.kind = JSON_BAD;
        return bad(e, &t, "");
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
    return bytes_eq(name, BYTES("dtype"))          ? FIELD_DTYPE
           : bytes_eq(name, BYTES("shape"))        ? FIELD_SHAPE
           : bytes_eq(name, BYTES("data_offsets")) ? FIELD_OFFSETS
                                                   : FIELD_NONE;
}

static bool object_form(struct entry *e)
{
    struct json_token t;
    for (json_next(&e->s->json, &t); t.kind == JSON_KEY; json_next(&e->s->json, &t)) {
        enum field which = field_of(t.text);
        if (which == FIELD_NONE) {
            if (!unknown_field(e, t.at)) {
                return false;
            }
            continue;
        }
        if ((e->seen & 1u << which) != 0) {
            return bad(e, &t, "a field that is there twice");
        }
        json_next(&e->s->json, &t);
        if (!read_field(e, which, &t)) {
            return false;
        }
    }
    if (t.kind != JSON_OBJECT_END) {
        return bad(e, &t, "");
    }
    return e->seen == 7 ? true : bad(e, &t, "a field is missing");
}

static bool array_form(struct entry *e, struct range at)
{
    struct json_token t;
    for (enum field which = FIELD_DTYPE; which < NUM_FIELDS; which++) {
        json_next(&e->s->json, &t);
        if (!read_field(e, which, &t)) {
            return false;
        }
    }
    json_next(&e->s->json, &t);
    return t.kind == JSON_ARRAY_END ? st_note(e->s, at, "safetensors-odd-form",
                                              "a tensor spelled as an array", "accepts")
                                    : bad(e, &t, "an entry of more than three fields");
}

static bool emit_tensor(struct entry *e, uint64_t wanted)
{
    struct fact f = { .kind = FACT_TENSOR };
    uint64_t data = e->s->o->src->size - e->s->data_at;
    if (e->begin <= data) {
        uint64_t left = data - e->begin, len = e->end < e->begin ? 0 : e->end - e->begin;
        f.at = (struct range){ e->s->data_at + e->begin, len < left ? len : left };
    }
    f.tensor.name = (struct bytes){ e->name, e->num_name };
    f.tensor.dtype = bytes_of(e->dtype);
    f.tensor.shape = (struct bytes){ (const uint8_t *)e->shape, e->num_shape };
    f.tensor.declared_bytes = num_of(wanted);
    f.tensor.actual_bytes = num_of(f.at.len);
    return emit(e->s->o->sink, &f);
}

/* Shape and dtype against the offsets (tensor.rs:642-660); judged in layout.c, as a later entry
 * of this name may replace it. */
static enum st_size size_of(const struct entry *e, uint64_t *wanted)
{
    uint64_t bits = 0;
    *wanted = 0;
    if (e->overflow || !mul_u64(e->items, e->item_bits, &bits)) {
        return ST_SIZE_OVERFLOW;
    }
    *wanted = bits / 8;
    return bits % 8 != 0                                       ? ST_SIZE_BITS
           : e->end < e->begin || e->end - e->begin != *wanted ? ST_SIZE_DIFFERS
                                                               : ST_SIZE_FITS;
}

static bool keep(struct entry *e, uint64_t hash)
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
    bool ok = t.kind == JSON_OBJECT  ? object_form(&e)
              : t.kind == JSON_ARRAY ? array_form(&e, t.at)
                                     : bad(&e, &t, "a tensor that is no object");
    return ok && keep(&e, hash);
}
