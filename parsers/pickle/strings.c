/* strings.c - string constants, read again from where they stand in the file. */
#include "vm.h"

#include "../codec/opcodes.h"
#include "dtypes.h"

#include <stdio.h>
#include <string.h>

void text_done(struct vm *m, struct text *t)
{
    budget_free(m->o->budget, t->p, t->cap);
    *t = (struct text){ 0 };
}

static bool put(struct vm *m, struct text *t, uint8_t byte)
{
    if (!budget_grow(m->o->budget, &t->p, &t->cap, t->n + 1, 1)) {
        return false;
    }
    t->p[t->n++] = byte;
    return true;
}

static bool put_code_point(struct vm *m, struct text *t, uint32_t c)
{
    if (c < 0x80) {
        return put(m, t, (uint8_t)c);
    }
    if (c < 0x800) {
        return put(m, t, (uint8_t)(0xC0 | c >> 6)) && put(m, t, (uint8_t)(0x80 | (c & 0x3F)));
    }
    if (c < 0x10000) {
        return put(m, t, (uint8_t)(0xE0 | c >> 12)) && put(m, t, (uint8_t)(0x80 | (c >> 6 & 0x3F)))
               && put(m, t, (uint8_t)(0x80 | (c & 0x3F)));
    }
    return put(m, t, (uint8_t)(0xF0 | (c >> 18 & 7)))
           && put(m, t, (uint8_t)(0x80 | (c >> 12 & 0x3F)))
           && put(m, t, (uint8_t)(0x80 | (c >> 6 & 0x3F)))
           && put(m, t, (uint8_t)(0x80 | (c & 0x3F)));
}

enum { NOT_A_DIGIT = 99 };

static int digit(uint8_t c)
{
    uint8_t lower = c | 0x20;
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : NOT_A_DIGIT;
}

/* Up to max digits of `base`; *used says how many there were. */
static uint32_t number(struct bytes b, size_t max, int base, size_t *used)
{
    uint32_t v = 0;
    size_t i = 0;
    while (i < b.n && i < max && digit(b.p[i]) < base) {
        v = v * (uint32_t)base + (uint32_t)digit(b.p[i++]);
    }
    *used = i;
    return v;
}

/* STRING: codecs.escape_decode.  *used: bytes of b after the backslash. */
static bool put_escape(struct vm *m, struct text *t, struct bytes b, size_t *used)
{
    static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
    const char *known = b.p[0] == 0 ? NULL : strchr(from, b.p[0]);
    *used = 1;
    if (b.p[0] == 'x') {
        uint32_t v = number(bytes_sub(b, 1, 2), 2, 16, used);
        *used += 1;
        return put(m, t, (uint8_t)v);
    }
    if (b.p[0] >= '0' && b.p[0] <= '7') {
        return put(m, t, (uint8_t)number(b, 3, 8, used));
    }
    if (known != NULL) {
        return put(m, t, (uint8_t)to[known - from]);
    }
    return put(m, t, '\\') && put(m, t, b.p[0]);
}

static bool decode_string(struct vm *m, struct bytes raw, struct text *out)
{
    for (size_t i = 0; i < raw.n;) {
        size_t used = 0;
        bool escape = raw.p[i] == '\\' && i + 1 < raw.n;
        if (escape ? !put_escape(m, out, bytes_sub(raw, i + 1, raw.n), &used)
                   : !put(m, out, raw.p[i])) {
            return false;
        }
        i += 1 + used;
    }
    return true;
}

/* Digits that follow the escape at the start of b; 0: no escape is there. */
static size_t escape_digits(struct bytes b)
{
    if (b.n < 2 || b.p[0] != '\\') {
        return 0;
    }
    switch (b.p[1]) {
    case 'u': return 4;
    case 'U': return 8;
    default: return 0;
    }
}

/* UNICODE: raw-unicode-escape.  A backslash and the character after it go together, so the second
 * of two backslashes starts no escape; only \uXXXX and \UXXXXXXXX mean something, other bytes are
 * Latin-1.  Source: CPython Objects/unicodeobject.c, PyUnicode_DecodeRawUnicodeEscape. */
static bool decode_unicode(struct vm *m, struct bytes raw, struct text *out)
{
    for (size_t i = 0; i < raw.n;) {
        size_t want = escape_digits(bytes_sub(raw, i, raw.n));
        size_t used = 0;
        uint32_t c = want > 0 ? number(bytes_sub(raw, i + 2, raw.n), want, 16, &used) : 0;
        bool escaped = want > 0 && used == want;
        bool pair = !escaped && raw.p[i] == '\\' && i + 1 < raw.n;
        if (!put_code_point(m, out, escaped ? c : raw.p[i])
            || (pair && !put_code_point(m, out, raw.p[i + 1]))) {
            return false;
        }
        i += escaped ? want + 2 : (size_t)pair + 1;
    }
    return true;
}

/* Where the body of the constant at v lies, and which opcode it is. */
static bool locate(struct vm *m, struct val v, uint8_t *op, struct range *body)
{
    uint8_t head[9] = { 0 };
    struct source *src = m->in->src;
    uint64_t at = val_at(v);
    size_t got = 0;
    if ((val_kind(v) != K_TEXT && val_kind(v) != K_BYTES)
        || !source_read_some(src, at, head, 9, &got) || got < 2) {
        return false;
    }
    *op = head[0];
    for (size_t i = 0; i < m->num_relocated; i++) {
        if (m->relocated_operand[i].at == at) {
            *body = m->relocated_operand[i].body;
            return true;
        }
    }
    size_t width = opcode_length_bytes(*op);
    *body = (struct range){ at + 1 + width, 0 };
    for (size_t i = width; i-- > 0;) {
        body->len = body->len << 8 | head[1 + i];
    }
    if (width == 0) { /* a line; its length was checked when it was pushed */
        uint8_t piece[512];
        for (uint64_t p = at + 1; source_read_some(src, p, piece, sizeof piece, &got) && got > 0;
             p += got) {
            const uint8_t *nl = memchr(piece, '\n', got);
            if (nl != NULL) {
                body->len = p + (uint64_t)(nl - piece) - (at + 1);
                break;
            }
        }
    }
    return body->off <= src->size && body->len <= src->size - body->off;
}

bool text_range(struct vm *m, struct val v, struct range *out)
{
    uint8_t op;
    return locate(m, v, &op, out) && op != OP_STRING && op != OP_UNICODE;
}

/* Digits with an optional sign and L, base 0 as the C unpickler has it would also take 0x: not
 * for sizes. */
static bool decimal(struct source *src, uint64_t at, uint64_t *out, bool *negative)
{
    uint8_t b[24] = { 0 };
    size_t got = 0;
    *out = 0;
    if (!source_read_some(src, at, b, sizeof b, &got)) {
        return false;
    }
    *negative = b[0] == '-';
    size_t from = *negative ? 1 : 0, i = from;
    for (; i < got && b[i] >= '0' && b[i] <= '9'; i++) {
        if (!mul_u64(*out, 10, out) || !add_u64(*out, (uint64_t)(b[i] - '0'), out)) {
            return false;
        }
    }
    bool ended = i < got && (b[i] == '\n' || b[i] == 'L');
    bool leading_zero = i > from + 1 && b[from] == '0';
    if (*negative) {
        *out = ~*out + 1;
    }
    return i > from && ended && !leading_zero;
}

bool number_bits(struct vm *m, struct val v, uint64_t *out, bool *negative)
{
    uint8_t b[16] = { 0 };
    size_t got = 0, n, from = 1;
    *negative = false;
    if (val_kind(v) != K_NUMBER || !source_read_some(m->in->src, val_at(v), b, sizeof b, &got)
        || got < 2) {
        return false;
    }
    switch (b[0]) {
    case OP_BININT1:
    case OP_BININT2:
    case OP_BININT: n = opcode_rows[b[0]].argument; break;
    case OP_LONG1: /* two's complement, little-endian */
        n = b[1];
        from = 2;
        break;
    case OP_INT:
    case OP_LONG: return decimal(m->in->src, val_at(v) + 1, out, negative);
    default: return false;
    }
    bool is_signed = b[0] == OP_BININT || b[0] == OP_LONG1;
    *negative = is_signed && n > 0 && n <= 9 && (b[from + n - 1] & 0x80) != 0;
    if (n > 9 || (n == 9 && b[from + 8] != 0)) {
        return false;
    }
    *out = 0;
    for (size_t i = n < 8 ? n : 8; i-- > 0;) {
        *out = *out << 8 | b[from + i];
    }
    return true;
}

bool number_read(struct vm *m, struct val v, uint64_t *out)
{
    bool negative;
    return number_bits(m, v, out, &negative) && !negative;
}

/* STRING's quotes; blanks around them are what old unpicklers strip. */
static struct bytes unquote(struct bytes b)
{
    while (b.n > 0 && (b.p[b.n - 1] == ' ' || b.p[b.n - 1] == '\r' || b.p[b.n - 1] == '\t')) {
        b.n--;
    }
    bool quoted = b.n >= 2 && (b.p[0] == '\'' || b.p[0] == '"') && b.p[b.n - 1] == b.p[0];
    return quoted ? bytes_sub(b, 1, b.n - 2) : b;
}

/* Raw bytes that one decoded byte can take: \U and eight digits. */
#define ESCAPE_BYTES 10u

static bool decode(struct vm *m, uint8_t op, struct bytes raw, struct text *out)
{
    if (op == OP_STRING) {
        return decode_string(m, unquote(raw), out);
    }
    if (op == OP_UNICODE) {
        return decode_unicode(m, raw, out);
    }
    if (raw.n == 0) {
        return true;
    }
    if (!budget_grow(m->o->budget, &out->p, &out->cap, raw.n, 1)) {
        return false;
    }
    memcpy(out->p, raw.p, raw.n);
    out->n = raw.n;
    return true;
}

static bool read_constant(struct vm *m, uint8_t op, struct range at, struct text *out)
{
    size_t n = (size_t)at.len;
    uint8_t *raw = budget_resize(m->o->budget, NULL, 0, n + 1);
    if (raw == NULL) {
        return false;
    }
    bool ok =
        source_read(m->in->src, at.off, raw, n) && decode(m, op, (struct bytes){ raw, n }, out);
    budget_free(m->o->budget, raw, n + 1);
    if (!ok) {
        text_done(m, out);
    }
    return ok;
}

bool text_read(struct vm *m, struct val v, uint64_t max, struct text *out)
{
    struct range at;
    uint8_t op;
    *out = (struct text){ 0 };
    if (!locate(m, v, &op, &at)) {
        return false;
    }
    bool escapes = op == OP_STRING || op == OP_UNICODE;
    uint64_t max_raw = max;
    if (escapes && (!mul_u64(max, ESCAPE_BYTES, &max_raw) || !add_u64(max_raw, 2, &max_raw))) {
        return false;
    }
    if (at.len > max_raw || !read_constant(m, op, at, out)) {
        return false;
    }
    if (out->n > max) {
        text_done(m, out);
        return false;
    }
    return true;
}

bool text_prefix(struct vm *m, struct val v, uint64_t max, struct text *out)
{
    struct range at;
    uint8_t op;
    *out = (struct text){ 0 };
    if (!locate(m, v, &op, &at)) {
        return false;
    }
    at.len = at.len < max ? at.len : max;
    return read_constant(m, op, at, out);
}

/* --- previews --------------------------------------------------------------- */

struct out {
    char *p;
    size_t n, cap;
};

static void add(struct out *o, struct bytes b)
{
    for (size_t i = 0; i < b.n && o->n < o->cap; i++) {
        o->p[o->n++] = (char)b.p[i];
    }
}

static void add_text(struct vm *m, struct out *o, struct val v)
{
    struct text t;
    if (!text_prefix(m, v, m->o->budget->max[LIMIT_preview_bytes], &t)) {
        add(o, BYTES("'...'"));
        return;
    }
    add(o, val_kind(v) == K_BYTES ? BYTES("b'") : BYTES("'"));
    add(o, (struct bytes){ t.p, t.n });
    add(o, BYTES("'"));
    text_done(m, &t);
}

static void add_number(struct vm *m, struct out *o, uint64_t at)
{
    uint8_t b[9] = { 0 };
    char text[32];
    size_t got = 0;
    if (!source_read_some(m->in->src, at, b, sizeof b, &got)) {
        return;
    }
    uint32_t four =
        (uint32_t)b[1] | (uint32_t)b[2] << 8 | (uint32_t)b[3] << 16 | (uint32_t)b[4] << 24;
    switch (b[0]) {
    case OP_BININT1: snprintf(text, sizeof text, "%u", b[1]); break;
    case OP_BININT2: snprintf(text, sizeof text, "%u", b[1] | b[2] << 8); break;
    case OP_BININT: snprintf(text, sizeof text, "%d", (int)four); break;
    default: snprintf(text, sizeof text, "<number>"); break;
    }
    add(o, bytes_of(text));
}

static void add_val(struct vm *m, struct out *o, struct val v)
{
    switch (val_kind(v)) {
    case K_NONE: add(o, BYTES("None")); break;
    case K_BOOL: add(o, BYTES("<bool>")); break;
    case K_NUMBER: add_number(m, o, val_at(v)); break;
    case K_TEXT:
    case K_BYTES: add_text(m, o, v); break;
    case K_LIST: add(o, BYTES("[...]")); break;
    case K_DICT: add(o, BYTES("{...}")); break;
    case K_SET:
    case K_FROZENSET: add(o, BYTES("{...}")); break;
    case K_BYTEARRAY: add(o, BYTES("bytearray(...)")); break;
    case K_TUPLE: add(o, BYTES("(...)")); break;
    case K_GLOBAL:
    case K_MODULE:
    case K_INSTANCE:
        add(o, global_module(m, val_payload(v)));
        if (global_name(m, val_payload(v)).n > 0) {
            add(o, BYTES("."));
            add(o, global_name(m, val_payload(v)));
        }
        if (val_kind(v) == K_INSTANCE) {
            add(o, BYTES("(...)"));
        }
        break;
    case K_PERSID: add(o, BYTES("<persistent id>")); break;
    case K_DTYPE:
        add(o, BYTES("numpy.dtype("));
        if (dtype_row(m, v)->unsized) {
            add(o, BYTES("numpy.record"));
        } else {
            add_text(m, o, val_of(K_TEXT, dtype_row(m, v)->text_at));
        }
        add(o, BYTES(")"));
        break;
    case K_WRAPPED: add(o, BYTES("<callable>")); break;
    case K_EXT: add(o, BYTES("<extension>")); break;
    case K_UNKNOWN: add(o, BYTES("<unknown>")); break;
    }
}

size_t preview(struct vm *m, struct val v, char *p, size_t cap)
{
    struct out o = { p, 0, cap };
    const struct tuple *t = tuple_get(m, v);
    if (t == NULL) {
        add_val(m, &o, v);
        return o.n;
    }
    for (size_t i = 0; i < t->n && i < BOUND_pickle_tuple_items; i++) {
        add(&o, i > 0 ? BYTES(", ") : BYTES(""));
        add_val(m, &o, t->items[i]);
    }
    add(&o, t->n > BOUND_pickle_tuple_items ? BYTES(", ...") : BYTES(""));
    return o.n;
}
