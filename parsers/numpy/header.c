/* header.c - a Python literal, as far as numpy.lib.format writes one.
 *
 *   {'descr': DESCR, 'fortran_order': False, 'shape': (2, 3), }
 *   DESCR: '<f8' | [(NAME, DESCR), (NAME, DESCR, SHAPE), ...]     nested structs
 *   NAME:  'x' | ('title', 'x')
 *
 * Structs nest; their sizes are summed on an explicit stack of BOUND_numpy_nesting levels.  The
 * readers of one token skip blanks before it, and move the cursor on success only. */
#include "header.h"

#include "../base/limits.h"
#include "../codec/dtype.h"

#define MAX_QUOTED 65536u /* bytes of a name or type */

/* The keys of the dictionary; each is there once. */
enum { KEY_DESCR = 1, KEY_FORTRAN_ORDER = 2, KEY_SHAPE = 4, ALL_KEYS = 7, KEY_NONE = 0 };

/* One open struct. */
struct level {
    uint64_t sum; /* bytes of the fields that are complete */
    uint64_t field; /* bytes of the current field */
    bool sized; /* the current field's DESCR was read */
};

static bool is_blank(uint8_t b) { return b == ' ' || b == '\n' || b == '\t' || b == '\r'; }

static void skip_blanks(struct cursor *c)
{
    uint8_t b;
    struct cursor look = *c;
    while (cur_u8(&look, &b) && is_blank(b)) {
        *c = look;
    }
}

static bool read_char(struct cursor *c, char what)
{
    struct cursor look = *c;
    uint8_t b;
    skip_blanks(&look);
    if (!cur_u8(&look, &b) || b != (uint8_t)what) {
        return false;
    }
    *c = look;
    return true;
}

static bool read_word(struct cursor *c, struct bytes what)
{
    struct cursor look = *c;
    struct bytes got;
    skip_blanks(&look);
    if (!cur_take(&look, what.n, &got) || !bytes_eq(got, what)) {
        return false;
    }
    *c = look;
    return true;
}

/* 'text' or "text".  Names with a backslash are refused: escapes are not decoded. */
static bool read_quoted(struct cursor *c, struct bytes *out)
{
    struct cursor look = *c;
    uint8_t quote;
    skip_blanks(&look);
    if (!cur_u8(&look, &quote) || (quote != '\'' && quote != '"')) {
        return false;
    }
    if (!cur_until(&look, quote, MAX_QUOTED, out)) {
        return false;
    }

    for (size_t i = 0; i < out->n; i++) {
        if (out->p[i] == '\\') {
            return false;
        }
    }

    *c = look;
    return true;
}

/* 12, or 12L of Python 2. */
static bool read_integer(struct cursor *c, uint64_t *out)
{
    struct cursor look = *c;
    struct cursor last;
    uint8_t b;
    bool any = false;
    *out = 0;
    skip_blanks(&look);
    for (last = look; cur_u8(&look, &b) && b >= '0' && b <= '9'; last = look) {
        if (!mul_u64(*out, 10, out) || !add_u64(*out, (uint64_t)(b - '0'), out)) {
            return false;
        }
        any = true;
    }

    *c = last;
    (void)read_char(c, 'L'); /* optional */
    return any;
}

/* (2, 3), (2,), (), or a bare 2, which NumPy accepts for a sub-array. */
static bool read_shape(struct cursor *c, uint64_t *product)
{
    uint64_t n;
    *product = 1;
    if (!read_char(c, '(')) {
        return read_integer(c, product);
    }

    while (!read_char(c, ')')) {
        if (!read_integer(c, &n) || !mul_u64(*product, n, product)) {
            return false;
        }
        if (!read_char(c, ',')) {
            return read_char(c, ')');
        }
    }

    return true;
}

static bool read_field_name(struct cursor *c)
{
    struct bytes ignored;
    if (!read_char(c, '(')) {
        return read_quoted(c, &ignored);
    }
    return read_quoted(c, &ignored) && read_char(c, ',') && read_quoted(c, &ignored)
           && read_char(c, ')');
}

/* A DESCR that is a type string. */
static bool read_type_string(struct cursor *c, struct npy_header *h, uint64_t *size)
{
    struct bytes text;
    struct dtype d;
    if (!read_quoted(c, &text) || !dtype_parse(text, &d)) {
        return false;
    }
    h->object |= d.object;
    *size = d.item_bytes;
    return true;
}

/* After a field's DESCR: [, SHAPE] ")" [","].  Optional parts may be missing, so their results are
 * not checked. */
static bool end_field(struct cursor *c, struct level *l)
{
    uint64_t times = 1;
    bool closed = false;
    if (read_char(c, ',')) {
        closed = read_char(c, ')');
        if (!closed && !read_shape(c, &times)) {
            return false;
        }
        if (!closed) {
            (void)read_char(c, ','); /* optional */
        }
    }

    if (!closed && !read_char(c, ')')) {
        return false;
    }

    l->sized = false;
    (void)read_char(c, ','); /* optional after the last field */
    return mul_u64(l->field, times, &l->field) && add_u64(l->sum, l->field, &l->sum);
}

/* The levels of structs that are open. */
struct stack {
    struct level levels[BOUND_numpy_nesting];
    size_t depth; /* index of the innermost one */
};

/* Up to the field's DESCR: a type string, or "[", which opens a level. */
static bool begin_field(struct cursor *c, struct npy_header *h, struct stack *s)
{
    struct level *l = &s->levels[s->depth];
    if (!read_char(c, '(') || !read_field_name(c) || !read_char(c, ',')) {
        return false;
    }
    if (!read_char(c, '[')) {
        l->sized = read_type_string(c, h, &l->field);
        return l->sized;
    }
    if (++s->depth == BOUND_numpy_nesting) {
        return false;
    }

    s->levels[s->depth] = (struct level){ 0 };
    return true;
}

/* Fields up to the end of the outermost list. */
static bool read_struct(struct cursor *c, struct npy_header *h, uint64_t *size)
{
    struct stack s = { 0 };
    for (;;) {
        struct level *l = &s.levels[s.depth];
        if (l->sized) {
            if (!end_field(c, l)) {
                return false;
            }
        } else if (!read_char(c, ']')) {
            if (!begin_field(c, h, &s)) {
                return false;
            }
        } else if (s.depth > 0) {
            struct level *outer = &s.levels[--s.depth];
            outer->field = l->sum;
            outer->sized = true;
        } else {
            *size = l->sum;
            return true;
        }
    }
}

static bool read_descr(struct cursor *c, struct npy_header *h)
{
    if (read_char(c, '[')) {
        return read_struct(c, h, &h->item_bytes);
    }
    return read_type_string(c, h, &h->item_bytes);
}

/* The bytes between two positions in the same text. */
static struct bytes between(struct bytes text, const struct cursor *from, const struct cursor *to)
{
    return bytes_sub(text, text.n - cur_left(from), cur_left(from) - cur_left(to));
}

static unsigned key_of(struct bytes name)
{
    if (bytes_eq(name, BYTES("descr"))) {
        return KEY_DESCR;
    }
    if (bytes_eq(name, BYTES("fortran_order"))) {
        return KEY_FORTRAN_ORDER;
    }
    return bytes_eq(name, BYTES("shape")) ? KEY_SHAPE : KEY_NONE;
}

static bool read_entry(struct bytes text, struct cursor *c, struct npy_header *h, unsigned *seen)
{
    struct bytes name;
    if (!read_quoted(c, &name) || !read_char(c, ':')) {
        return false;
    }

    skip_blanks(c);

    struct cursor start = *c;
    unsigned key = key_of(name);
    bool ok;
    /* Python takes the last of two equal keys; NumPy does not write them. */
    if (key == KEY_NONE || (*seen & key) != 0) {
        return false;
    }

    *seen |= key;
    switch (key) {
    case KEY_DESCR:
        ok = read_descr(c, h);
        h->descr = between(text, &start, c);
        return ok;
    case KEY_SHAPE:
        ok = read_shape(c, &h->num_items);
        h->shape = between(text, &start, c);
        return ok;
    default: return read_word(c, BYTES("True")) || read_word(c, BYTES("False"));
    }
}

/* {KEY: VALUE, ...} with or without a comma behind the last value. */
static bool read_dictionary(struct bytes text, struct cursor *c, struct npy_header *h,
                            unsigned *seen)
{
    if (!read_char(c, '{')) {
        return false;
    }

    while (!read_char(c, '}')) {
        if (!read_entry(text, c, h, seen)) {
            return false;
        }
        if (!read_char(c, ',')) {
            return read_char(c, '}');
        }
    }

    return true;
}

bool npy_header_read(struct bytes text, struct npy_header *out, const char **why)
{
    struct cursor c = cur_of(text, 0);
    unsigned seen = 0;
    *out = (struct npy_header){ 0 };
    *why = "the header is not a dictionary as NumPy writes it";
    if (!read_dictionary(text, &c, out, &seen)) {
        return false;
    }

    skip_blanks(&c);
    if (seen != ALL_KEYS || cur_left(&c) != 0) {
        return false;
    }

    *why = "the array's size does not fit in 64 bits";
    return mul_u64(out->item_bytes, out->num_items, &out->array_bytes);
}
