/* dtypes.c - NumPy types that a pickle makes, and whether their states can be true.
 *
 *   numpy.dtype(text, align, copy)                       text: "f8", "O8", "S5", "V16"
 *   BUILD (version, order, subdtype, names, fields, size, alignment, flags [, metadata])
 *
 * Only a type without object references may have items that are bytes.  NumPy believes the flags
 * of the state: a type of objects that says it has none makes it dereference bytes of the file.
 * Source: numpy/core/src/multiarray/descriptor.c, arraydescr_reduce and arraydescr_setstate. */
#include "dtypes.h"

#include "../codec/dtype.h"
#include "dict_notes.h"

#define TEXT_BYTES 64u /* longer type texts are not written by dtype.__reduce__ */

enum {
    STATE_VERSION,
    STATE_ORDER,
    STATE_SUBDTYPE,
    STATE_NAMES,
    STATE_FIELDS,
    STATE_SIZE,
    STATE_ALIGNMENT,
    STATE_FLAGS,
    STATE_ITEMS, /* number of items of version 3 */
    STATE_MAX_ITEMS /* number of items of version 4, the last of which is metadata */
};
/* NPY_ITEM_REFCOUNT, NPY_LIST_PICKLE, NPY_ITEM_IS_POINTER: items are or hold references. */
#define FLAGS_OBJECT 0x07u
#define FLAGS_OF_OBJECT_TYPE 0x3Fu

const struct dtype_row *dtype_row(const struct vm *m, struct val v)
{
    return val_kind(v) == K_DTYPE ? &m->dtypes[val_payload(v)] : NULL;
}

/* numpy.record is a structured type whose items have their fields as attributes. */
static bool is_record(const struct vm *m, struct val v)
{
    if (val_kind(v) != K_GLOBAL) {
        return false;
    }
    struct bytes module = global_module(m, val_payload(v)), name = global_name(m, val_payload(v));
    bool numpy = bytes_eq(module, BYTES("numpy")) || bytes_eq(module, BYTES("numpy.rec"))
                 || bytes_eq(module, BYTES("numpy.core.records"));
    return numpy && bytes_eq(name, BYTES("record"));
}

bool dtype_made(struct vm *m, struct val text, struct val *out)
{
    struct dtype_row row = { .kind = DTYPE_UNCLEAR };
    struct text t;
    struct dtype d;
    bool record = is_record(m, text);
    if (val_kind(text) != K_TEXT && !record) {
        return true;
    }
    if (record) {
        row = (struct dtype_row){ .letter = 'V', .unsized = true };
    } else if (text_read(m, text, TEXT_BYTES, &t)) {
        if (dtype_parse((struct bytes){ t.p, t.n }, &d)) {
            row.letter = d.kind;
            row.item_bytes = d.item_bytes;
            row.kind = d.object ? DTYPE_OBJECT : DTYPE_PLAIN;
        }
        text_done(m, &t);
    }
    row.text_at = record ? 0 : val_at(text);
    if (!budget_grow(m->o->budget, &m->dtypes, &m->dtypes_cap, m->num_dtypes + 1,
                     sizeof *m->dtypes)) {
        return false;
    }
    m->dtypes[m->num_dtypes] = row;
    *out = val_of(K_DTYPE, m->num_dtypes++);
    return true;
}

/* (dtype, offset) or (dtype, offset, title): a field. */
static const struct dtype_row *field_type(const struct vm *m, struct val value)
{
    const struct tuple *t = tuple_get(m, value);
    bool sized = t != NULL && (t->n == 2 || t->n == 3);
    return sized ? dtype_row(m, t->items[0]) : NULL;
}

bool dtype_note_item(struct vm *m, struct val dict, struct val value)
{
    struct dict_note *note = dict_note_find(m, dict);
    const struct dtype_row *field = val_kind(value) == K_TUPLE ? field_type(m, value) : NULL;
    if (field == NULL) {
        if (note != NULL) {
            note->fields |= FIELDS_OTHER;
        }
        return true;
    }
    if (val_kind(dict) != K_DICT) {
        return true;
    }
    enum dtype_kind kind = field->kind;
    note = dict_note_add(m, dict);
    if (note == NULL) {
        return false;
    }
    note->fields |= FIELDS_SEEN;
    if (kind != DTYPE_PLAIN) {
        note->fields |= kind == DTYPE_OBJECT ? FIELDS_OBJECT : FIELDS_OTHER;
    }
    return true;
}

static bool is_none(struct val v) { return val_kind(v) == K_NONE; }

/* What the fields, or the element of a subarray, make of a type of kind V. */
static enum dtype_kind kind_of_parts(const struct vm *m, const struct tuple *t)
{
    const struct tuple *sub = tuple_get(m, t->items[STATE_SUBDTYPE]);
    bool named = !is_none(t->items[STATE_NAMES]) || !is_none(t->items[STATE_FIELDS]);
    if (sub != NULL) {
        const struct dtype_row *base = sub->n == 2 ? dtype_row(m, sub->items[0]) : NULL;
        return base != NULL && !named ? base->kind : DTYPE_UNCLEAR;
    }
    if (!is_none(t->items[STATE_SUBDTYPE])) {
        return DTYPE_UNCLEAR;
    }
    if (!named) {
        return DTYPE_PLAIN;
    }
    const struct dict_note *fields = dict_note_find(m, t->items[STATE_FIELDS]);
    if (fields == NULL || fields->fields == 0 || (fields->fields & FIELDS_OTHER) != 0) {
        return DTYPE_UNCLEAR;
    }
    return (fields->fields & FIELDS_OBJECT) != 0 ? DTYPE_OBJECT : DTYPE_PLAIN;
}

static bool has_no_parts(const struct tuple *t)
{
    return is_none(t->items[STATE_SUBDTYPE]) && is_none(t->items[STATE_NAMES])
           && is_none(t->items[STATE_FIELDS]);
}

/* Sizes are in the state only for the types whose text may leave them open. */
static bool size_fits(struct vm *m, const struct dtype_row *row, const struct tuple *t)
{
    uint64_t size;
    bool negative;
    if (!number_bits(m, t->items[STATE_SIZE], &size, &negative)) {
        return false;
    }
    if (row->unsized) {
        return !negative;
    }
    bool open = row->letter == 'S' || row->letter == 'U' || row->letter == 'V';
    return open ? !negative && size == row->item_bytes : negative;
}

static enum dtype_kind kind_of_state(struct vm *m, const struct dtype_row *row,
                                     const struct tuple *t)
{
    uint64_t flags;
    bool negative; /* flags are a signed char: the top bit is NPY_ALIGNED_STRUCT */
    bool sized = t != NULL && t->n >= STATE_ITEMS && t->n <= STATE_MAX_ITEMS;
    if (!sized || !number_bits(m, t->items[STATE_FLAGS], &flags, &negative)) {
        return DTYPE_UNCLEAR;
    }
    bool references = (flags & FLAGS_OBJECT) != 0;
    if (row->letter == 'O') {
        bool honest = flags == FLAGS_OF_OBJECT_TYPE && has_no_parts(t);
        return honest ? DTYPE_OBJECT : DTYPE_UNCLEAR;
    }
    if (row->kind == DTYPE_UNCLEAR || !size_fits(m, row, t)) {
        return DTYPE_UNCLEAR;
    }
    enum dtype_kind kind = DTYPE_PLAIN;
    if (row->letter == 'V') {
        kind = kind_of_parts(m, t);
    } else if (!has_no_parts(t)) {
        return DTYPE_UNCLEAR;
    }
    bool agrees = references == (kind == DTYPE_OBJECT);
    return agrees ? kind : DTYPE_UNCLEAR;
}

bool dtype_build(struct vm *m, struct val dtype, struct val state)
{
    struct dtype_row *row = &m->dtypes[val_payload(dtype)];
    enum dtype_kind kind = kind_of_state(m, row, tuple_get(m, state));
    bool again = row->built && row->kind != kind;
    row->built = true;
    if (row->unsized && kind != DTYPE_UNCLEAR) {
        bool negative;
        if (!number_bits(m, tuple_get(m, state)->items[STATE_SIZE], &row->item_bytes, &negative)) {
            return true;
        }
    }
    row->kind = again ? DTYPE_UNCLEAR : kind;
    bool unknown_text = row->letter == 0; /* no contradiction: nothing is known of the type */
    return row->kind != DTYPE_UNCLEAR || unknown_text
           || emit_anomaly(m->o->sink, (struct range){ m->at, 0 }, "pickle-dtype-state",
                           "the state of a NumPy type contradicts its text or its fields");
}
