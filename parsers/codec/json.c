#include "json.h"

#include "name_set.h"

#include <string.h>

#define NUMBER_MAX 64u /* characters of a number that are kept; no integer of 64 bits is longer */

bool json_init(struct json_in *j, struct stream *in, struct budget *b, size_t text_max)
{
    *j = (struct json_in){ .in = in, .budget = b, .at = in->pos, .text_max = text_max, .why = "" };
    j->text_cap = text_max + NUMBER_MAX;
    j->text = budget_malloc(b, j->text_cap);
    return j->text != NULL;
}

void json_done(struct json_in *j)
{
    budget_free(j->budget, j->text, j->text_cap);
    j->text = NULL;
}

/* --- bytes ---------------------------------------------------------------------- */

/* A fresh chunk; false at the end of the input. */
static bool refill(struct json_in *j)
{
    uint64_t left = stream_left(j->in);
    j->at = j->in->pos;
    if (left == 0
        || !stream_take(j->in, left < STREAM_BUFFER ? (size_t)left : STREAM_BUFFER, &j->chunk)) {
        j->stopped |= left != 0;
        return false;
    }
    return true;
}

/* At least one byte in the chunk; false at the end of the input. */
static inline bool fill(struct json_in *j) { return j->chunk.n > 0 || refill(j); }

static inline void step(struct json_in *j, size_t n)
{
    j->chunk = bytes_sub(j->chunk, n, j->chunk.n - n);
    j->at += n;
}

/* -1 at the end. */
static inline int look(struct json_in *j) { return fill(j) ? j->chunk.p[0] : -1; }

static inline int take(struct json_in *j)
{
    int c = look(j);
    if (c >= 0) {
        step(j, 1);
    }
    return c;
}

static bool bad(struct json_in *j, const char *why)
{
    if (j->state != JSON_FAILED) {
        j->why = why;
        j->state = JSON_FAILED;
    }
    return false;
}

/* What is kept is hashed at the end, all at once; only what is beyond it byte by byte. */
static void keep(struct json_in *j, uint8_t byte)
{
    j->length++;
    if (j->num_text < j->text_max) {
        j->text[j->num_text++] = byte;
    } else {
        j->hash = (j->hash ^ byte) * 0x100000001b3u; /* FNV-1a */
    }
}

/* --- strings ----------------------------------------------------------------------- */

static bool hex4(struct json_in *j, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int c = take(j), lower = c | 0x20;
        int digit = c >= '0' && c <= '9'           ? c - '0'
                    : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10
                                                   : -1;
        if (digit < 0) {
            return bad(j, "an escape that is no \\uXXXX");
        }
        *out = *out << 4 | (uint32_t)digit;
    }
    return true;
}

static void keep_code_point(struct json_in *j, uint32_t c)
{
    if (c < 0x80) {
        keep(j, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        keep(j, (uint8_t)(0xC0 | c >> 6));
    } else {
        if (c < 0x10000) {
            keep(j, (uint8_t)(0xE0 | c >> 12));
        } else {
            keep(j, (uint8_t)(0xF0 | c >> 18));
            keep(j, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
        }
        keep(j, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
    }
    keep(j, (uint8_t)(0x80 | (c & 0x3F)));
}

static bool unicode_escape(struct json_in *j)
{
    uint32_t c, low;
    if (!hex4(j, &c)) {
        return false;
    }
    if (c >= 0xD800 && c < 0xE000) {
        if (c >= 0xDC00 || take(j) != '\\' || take(j) != 'u' || !hex4(j, &low) || low < 0xDC00
            || low > 0xDFFF) {
            return bad(j, "half of a surrogate pair");
        }
        c = 0x10000 + ((c - 0xD800) << 10 | (low - 0xDC00));
    }
    keep_code_point(j, c);
    return true;
}

static bool escape(struct json_in *j)
{
    switch (take(j)) {
    case '"': keep(j, '"'); return true;
    case '\\': keep(j, '\\'); return true;
    case '/': keep(j, '/'); return true;
    case 'b': keep(j, '\b'); return true;
    case 'f': keep(j, '\f'); return true;
    case 'n': keep(j, '\n'); return true;
    case 'r': keep(j, '\r'); return true;
    case 't': keep(j, '\t'); return true;
    case 'u': return unicode_escape(j);
    default: return bad(j, "an escape that JSON does not have");
    }
}

/* A UTF-8 sequence after its first byte (RFC 3629, table 3-7 of Unicode). */
static bool multibyte(struct json_in *j, uint8_t first)
{
    unsigned more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
    int low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    int high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (first < 0xC2 || first > 0xF4) {
        return bad(j, "bytes that are no UTF-8");
    }
    keep(j, first);
    for (unsigned i = 0; i < more; i++) {
        int c = take(j);
        if (c < low || c > high) {
            return bad(j, "bytes that are no UTF-8");
        }
        keep(j, (uint8_t)c);
        low = 0x80;
        high = 0xBF;
    }
    return true;
}

/* Length of the plain ASCII at the start: eight bytes at a time (Bit Twiddling Hacks, "hasless"
 * and "haszero"). */
static size_t plain_run(struct bytes b)
{
    const uint64_t ones = 0x0101010101010101u, tops = 0x8080808080808080u;
    size_t n = 0;
    for (; n + 8 <= b.n; n += 8) {
        uint64_t w, quote, slash;
        memcpy(&w, b.p + n, 8);
        quote = w ^ ones * '"';
        slash = w ^ ones * '\\';
        uint64_t odd = (w - ones * 0x20) | (quote - ones) | (slash - ones) | w;
        if ((odd & tops) != 0) { /* perhaps by a borrow: byte by byte it is exact */
            break;
        }
    }
    while (n < b.n && b.p[n] >= 0x20 && b.p[n] < 0x80 && b.p[n] != '"' && b.p[n] != '\\') {
        n++;
    }
    return n;
}

static void keep_run(struct json_in *j)
{
    size_t n = plain_run(j->chunk), cap = j->text_max - j->num_text, copied = n < cap ? n : cap;
    memcpy(j->text + j->num_text, j->chunk.p, copied);
    j->num_text += copied;
    j->length += copied;
    for (size_t i = copied; i < n; i++) {
        keep(j, j->chunk.p[i]);
    }
    step(j, n);
}

/* After the opening quote. */
static bool string(struct json_in *j)
{
    for (;;) {
        if (!fill(j)) {
            return bad(j, "a string without an end");
        }
        keep_run(j);
        int c = take(j);
        if (c == '"') {
            return true;
        }
        if (c == '\\' ? !escape(j) : c >= 0x80 ? !multibyte(j, (uint8_t)c) : c >= 0 && c < 0x20) {
            return bad(j, "a control character in a string");
        }
        if (c >= 0x20 && c < 0x80 && c != '\\') { /* a run that the chunk's end cut */
            keep(j, (uint8_t)c);
        }
    }
}

/* --- numbers and words ------------------------------------------------------------------ */

static void keep_number(struct json_in *j)
{
    uint8_t c = (uint8_t)take(j);
    j->length++;
    if (j->num_text < NUMBER_MAX) {
        j->text[j->num_text++] = c;
    }
}

static bool digits(struct json_in *j)
{
    bool any = false;
    while (fill(j) && j->chunk.p[0] >= '0' && j->chunk.p[0] <= '9') {
        size_t n = 1;
        while (n < j->chunk.n && j->chunk.p[n] >= '0' && j->chunk.p[n] <= '9') {
            n++;
        }
        for (size_t i = 0; i < n && j->num_text < NUMBER_MAX; i++) {
            j->text[j->num_text++] = j->chunk.p[i];
        }
        j->length += n;
        step(j, n);
        any = true;
    }
    return any || bad(j, "a number without digits");
}

/* -? (0 | [1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)? */
static bool number(struct json_in *j)
{
    if (look(j) == '-') {
        keep_number(j);
    }
    if (look(j) == '0') {
        keep_number(j);
        if (look(j) >= '0' && look(j) <= '9') {
            return bad(j, "a number with a leading zero");
        }
    } else if (!digits(j)) {
        return false;
    }
    if (look(j) == '.') {
        keep_number(j);
        if (!digits(j)) {
            return false;
        }
    }
    if (look(j) != 'e' && look(j) != 'E') {
        return true;
    }
    keep_number(j);
    if (look(j) == '+' || look(j) == '-') {
        keep_number(j);
    }
    return digits(j);
}

static bool word(struct json_in *j, const char *rest)
{
    for (; *rest != 0; rest++) {
        if (take(j) != *rest) {
            return bad(j, "a word that is no JSON value");
        }
    }
    return true;
}

/* --- structure ----------------------------------------------------------------------------- */

static bool in_object(const struct json_in *j)
{
    unsigned level = j->depth - 1;
    return j->depth > 0 && (j->objects[level / 64] >> level % 64 & 1) != 0;
}

static bool open_level(struct json_in *j, bool object)
{
    if (j->depth + 1 >= JSON_LEVELS) {
        return bad(j, "nested deeper than the reference goes");
    }
    if (!budget_fits(j->budget, LIMIT_json_depth, j->depth + 1)) {
        return bad(j, "nested too deep");
    }
    uint64_t bit = UINT64_C(1) << j->depth % 64;
    uint64_t *bits = &j->objects[j->depth / 64];
    *bits = object ? *bits | bit : *bits & ~bit;
    j->depth++;
    j->state = JSON_AT_FIRST;
    return true;
}

static void close_level(struct json_in *j)
{
    j->depth--;
    j->state = JSON_AFTER;
}

static int skip_blanks(struct json_in *j)
{
    int c = look(j);
    while (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        step(j, 1);
        c = look(j);
    }
    return c;
}

static bool value(struct json_in *j, struct json_token *t)
{
    int c = take(j);
    j->state = JSON_AFTER;
    switch (c) {
    case '{': t->kind = JSON_OBJECT; return open_level(j, true);
    case '[': t->kind = JSON_ARRAY; return open_level(j, false);
    case '"': t->kind = JSON_STRING; return string(j);
    case 't': t->kind = JSON_TRUE; return word(j, "rue");
    case 'f': t->kind = JSON_FALSE; return word(j, "alse");
    case 'n': t->kind = JSON_NULL; return word(j, "ull");
    case -1: return bad(j, "the text ends before the value does");
    default: return bad(j, "no JSON value begins with this byte");
    }
}

static bool any_value(struct json_in *j, struct json_token *t)
{
    int c = look(j);
    if (c == '-' || (c >= '0' && c <= '9')) {
        t->kind = JSON_NUMBER;
        j->state = JSON_AFTER;
        return number(j);
    }
    return value(j, t);
}

static bool key(struct json_in *j, struct json_token *t)
{
    if (take(j) != '"') {
        return bad(j, "an object's key has to be a string");
    }
    t->kind = JSON_KEY;
    j->state = JSON_AT_COLON;
    return string(j);
}

/* ',' or the end of the level, or of everything. */
static bool after(struct json_in *j, struct json_token *t, bool *again)
{
    int c = skip_blanks(j);
    if (j->depth == 0) {
        t->kind = JSON_END;
        j->state = JSON_DONE;
        return c < 0 || bad(j, "bytes after the value");
    }
    t->at.off = j->at;
    c = take(j);
    if (c == (in_object(j) ? '}' : ']')) {
        t->kind = in_object(j) ? JSON_OBJECT_END : JSON_ARRAY_END;
        close_level(j);
        return true;
    }
    *again = true;
    j->state = in_object(j) ? JSON_AT_KEY : JSON_AT_VALUE;
    return c == ',' || bad(j, "a comma is missing");
}

static bool first(struct json_in *j, struct json_token *t, bool *again)
{
    int c = skip_blanks(j);
    if (c == (in_object(j) ? '}' : ']')) {
        return after(j, t, again);
    }
    *again = true;
    j->state = in_object(j) ? JSON_AT_KEY : JSON_AT_VALUE;
    return true;
}

static bool advance(struct json_in *j, struct json_token *t, bool *again)
{
    *again = false;
    int c = skip_blanks(j);
    t->at.off = j->at;
    switch (j->state) {
    case JSON_AT_FIRST: return first(j, t, again);
    case JSON_AT_KEY: return key(j, t);
    case JSON_AT_COLON:
        *again = true;
        (void)take(j); /* c, looked at above */
        j->state = JSON_AT_VALUE;
        return c == ':' || bad(j, "a colon is missing");
    case JSON_AT_VALUE: return any_value(j, t);
    case JSON_AFTER: return after(j, t, again);
    case JSON_DONE: t->kind = JSON_END; return true;
    case JSON_FAILED: break;
    }
    return false;
}

void json_next(struct json_in *j, struct json_token *t)
{
    bool again = true, ok = true;
    *t = (struct json_token){ .kind = JSON_BAD };
    j->num_text = 0;
    j->length = 0;
    j->hash = 0;
    while (ok && again) {
        ok = advance(j, t, &again);
    }
    if (!ok) {
        t->kind = JSON_BAD;
        t->at.off = j->at;
        return;
    }
    t->at.len = j->at - t->at.off;
    t->text = (struct bytes){ j->text, j->num_text };
    t->length = j->length;
    t->hash = t->kind == JSON_KEY || t->kind == JSON_STRING
                  ? name_set_hash(j->hash ^ j->length, t->text)
                  : 0;
}

bool json_skip(struct json_in *j, const struct json_token *opening, uint64_t *end)
{
    struct json_token t = *opening;
    unsigned opened = t.kind == JSON_OBJECT || t.kind == JSON_ARRAY;
    unsigned outside = j->depth - opened;
    while (opened && t.kind != JSON_BAD && j->depth > outside) {
        json_next(j, &t);
    }
    *end = j->at;
    return t.kind != JSON_BAD;
}

bool json_token_u64(const struct json_token *t, uint64_t *out)
{
    uint64_t v = 0;
    if (t->kind != JSON_NUMBER || t->length != t->text.n) {
        return false;
    }
    for (size_t i = 0; i < t->text.n; i++) {
        uint8_t c = t->text.p[i];
        if (c < '0' || c > '9' || !mul_u64(v, 10, &v) || !add_u64(v, (uint64_t)(c - '0'), &v)) {
            return false;
        }
    }
    *out = v;
    return true;
}
