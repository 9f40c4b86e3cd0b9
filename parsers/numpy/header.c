/* header.c - a Python literal, as far as numpy.lib.format writes one.
 *
 *   {'descr': DESCR, 'fortran_order': False, 'shape': (2, 3), }
 *   DESCR: '<f8' | [(NAME, DESCR), (NAME, DESCR, SHAPE), ...]     nested structs
 *   NAME:  'x' | ('title', 'x')
 *
 * Structs nest, so sizes are summed on a stack of our own, BOUND_numpy_nesting deep. */
#include "header.h"

#include "../base/limits.h"
#include "../codec/dtype.h"

/* One open struct: the size so far of its fields, and of the field at hand. */
struct level {
    uint64_t sum, field;
    bool sized;
};

static void blanks(struct cursor *c)
{
    uint8_t b;
    struct cursor look = *c;
    while (cur_u8(&look, &b) && (b == ' ' || b == '\n' || b == '\t' || b == '\r')) {
        *c = look;
    }
}

static bool eat(struct cursor *c, char what)
{
    struct cursor look = *c;
    uint8_t b;
    blanks(&look);
    if (!cur_u8(&look, &b) || b != (uint8_t)what) {
        return false;
    }
    *c = look;
    return true;
}

static bool word(struct cursor *c, struct bytes what)
{
    struct cursor look = *c;
    struct bytes got;
    blanks(&look);
    if (!cur_take(&look, what.n, &got) || !bytes_eq(got, what)) {
        return false;
    }
    *c = look;
    return true;
}

/* 'text' or "text" without escapes: field names with a backslash are beyond us, and said to be. */
static bool quoted(struct cursor *c, struct bytes *out)
{
    struct cursor look = *c;
    uint8_t quote;
    blanks(&look);
    if (!cur_u8(&look, &quote) || (quote != '\'' && quote != '"')
        || !cur_until(&look, quote, 65536, out)) {
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

/* 12, 12L (Python 2). */
static bool integer(struct cursor *c, uint64_t *out)
{
    struct cursor look = *c, last;
    uint8_t b;
    bool any = false;
    *out = 0;
    blanks(&look);
    for (last = look; cur_u8(&look, &b) && b >= '0' && b <= '9'; last = look) {
        if (!mul_u64(*out, 10, out) || !add_u64(*out, (uint64_t)(b - '0'), out)) {
            return false;
        }
        any = true;
    }
    *c = last;
    (void)eat(c, 'L'); /* optional */
    return any;
}

/* (2, 3), (2,), (), and a bare 2 as numpy takes it for a sub-array. */
static bool shape(struct cursor *c, uint64_t *product)
{
    uint64_t n;
    *product = 1;
    if (!eat(c, '(')) {
        return integer(c, product);
    }
    while (!eat(c, ')')) {
        if (!integer(c, &n) || !mul_u64(*product, n, product)) {
            return false;
        }
        if (!eat(c, ',')) {
            return eat(c, ')');
        }
    }
    return true;
}

static bool field_name(struct cursor *c)
{
    struct bytes ignored;
    if (!eat(c, '(')) {
        return quoted(c, &ignored);
    }
    return quoted(c, &ignored) && eat(c, ',') && quoted(c, &ignored) && eat(c, ')');
}

/* A type string at the place of a DESCR. */
static bool type_string(struct cursor *c, struct npy_header *h, uint64_t *size)
{
    struct bytes text;
    struct dtype d;
    if (!quoted(c, &text) || !dtype_parse(text, &d)) {
        return false;
    }
    h->object |= d.object;
    *size = d.item_bytes;
    return true;
}

/* After a field's DESCR: [, SHAPE] ")" [","] */
static bool end_field(struct cursor *c, struct level *l)
{
    uint64_t times = 1;
    bool closed = false;
    if (eat(c, ',')) {
        closed = eat(c, ')');
        if (!closed && !shape(c, &times)) {
            return false;
        }
        (void)(closed || eat(c, ',')); /* optional */
    }
    if (!closed && !eat(c, ')')) {
        return false;
    }
    l->sized = false;
    (void)eat(c, ','); /* the last one may lack it */
    return mul_u64(l->field, times, &l->field) && add_u64(l->sum, l->field, &l->sum);
}

/* Fields up to the list's end; an inner struct opens a level. */
static bool struct_type(struct cursor *c, struct npy_header *h, uint64_t *size)
{
    struct level levels[BOUND_numpy_nesting] = { { 0 } };
    size_t depth = 0;
    for (;;) {
        struct level *l = &levels[depth];
        if (!l->sized && eat(c, ']')) {
            if (depth == 0) {
                *size = l->sum;
                return true;
            }
            levels[--depth].field = l->sum;
            levels[depth].sized = true;
        } else if (l->sized) {
            if (!end_field(c, l)) {
                return false;
            }
        } else if (!eat(c, '(') || !field_name(c) || !eat(c, ',')) {
            return false;
        } else if (eat(c, '[')) {
            if (++depth == BOUND_numpy_nesting) {
                return false;
            }
            levels[depth] = (struct level){ 0 };
        } else {
            l->sized = type_string(c, h, &l->field);
            if (!l->sized) {
                return false;
            }
        }
    }
}

static bool descr(struct cursor *c, struct npy_header *h)
{
    return eat(c, '[') ? struct_type(c, h, &h->item_bytes) : type_string(c, h, &h->item_bytes);
}

/* Bytes between two places of the same text. */
static struct bytes between(struct bytes text, const struct cursor *from, const struct cursor *to)
{
    return bytes_sub(text, text.n - cur_left(from), cur_left(from) - cur_left(to));
}

static bool entry(struct bytes text, struct cursor *c, struct npy_header *h, unsigned *seen)
{
    struct bytes key;
    if (!quoted(c, &key) || !eat(c, ':')) {
        return false;
    }
    blanks(c);
    struct cursor start = *c;
    unsigned bit = bytes_eq(key, BYTES("descr"))           ? 1
                   : bytes_eq(key, BYTES("fortran_order")) ? 2
                   : bytes_eq(key, BYTES("shape"))         ? 4
                                                           : 0;
    if (bit == 0 || (*seen & bit) != 0) { /* twice: Python takes the last, nobody writes it */
        return false;
    }
    *seen |= bit;
    if (bit == 1) {
        bool ok = descr(c, h);
        h->descr = between(text, &start, c);
        return ok;
    }
    if (bit == 4) {
        bool ok = shape(c, &h->num_items);
        h->shape = between(text, &start, c);
        return ok;
    }
    return word(c, BYTES("True")) || word(c, BYTES("False"));
}

bool npy_header_read(struct bytes text, struct npy_header *out, const char **why)
{
    struct cursor c = cur_of(text, 0);
    unsigned seen = 0;
    *out = (struct npy_header){ 0 };
    *why = "the header is no dictionary as NumPy writes it";
    if (!eat(&c, '{')) {
        return false;
    }
    while (!eat(&c, '}')) {
        if (!entry(text, &c, out, &seen)) {
            return false;
        }
        if (!eat(&c, ',')) {
            if (!eat(&c, '}')) {
                return false;
            }
            break;
        }
    }
    blanks(&c);
    if (seen != 7 || cur_left(&c) != 0) {
        return false;
    }
    *why = "the array's size does not fit in 64 bits";
    return mul_u64(out->item_bytes, out->num_items, &out->array_bytes);
}
