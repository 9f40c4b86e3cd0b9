/* json.c - the tokenizer: bytes, strings, numbers and words, and the structure around them. */
#include "json.h"

#include "hex.h"
#include "name_set.h"

#include <string.h>

#define NUMBER_MAX 64u /* characters of a number that are kept; a 64-bit integer has at most 20 */

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

/* Reads the next chunk.  False at the end of the input. */
static bool refill(struct json_in *j)
{
    uint64_t left = stream_left(j->in);
    size_t n = left < STREAM_BUFFER ? (size_t)left : STREAM_BUFFER;
    j->at = j->in->pos;
    if (left == 0) {
        return false;
    }
    if (!stream_take(j->in, n, &j->chunk)) {
        j->stopped = true;
        return false;
    }

    return true;
}

/* Ensures that the chunk has at least one byte.  False at the end of the input. */
static inline bool fill(struct json_in *j) { return j->chunk.n > 0 || refill(j); }

static inline void skip(struct json_in *j, size_t n)
{
    j->chunk = bytes_sub(j->chunk, n, j->chunk.n - n);
    j->at += n;
}

/* The next byte, which stays, or -1 at the end of the input. */
static inline int peek(struct json_in *j) { return fill(j) ? j->chunk.p[0] : -1; }

/* The next byte, or -1 at the end of the input. */
static inline int next_byte(struct json_in *j)
{
    int c = peek(j);
    if (c >= 0) {
        skip(j, 1);
    }
    return c;
}

/* Ends the reading with an error; the first error stays. */
static bool reject(struct json_in *j, const char *why)
{
    if (j->state != JSON_FAILED) {
        j->why = why;
        j->state = JSON_FAILED;
    }
    return false;
}

/* Appends a decoded byte.  The bytes beyond text_max are hashed here, one by one; the text is
 * hashed in one go when the token is complete. */
static void append(struct json_in *j, uint8_t byte)
{
    j->length++;
    if (j->num_text < j->text_max) {
        j->text[j->num_text++] = byte;
    } else {
        j->hash = (j->hash ^ byte) * 0x100000001b3u; /* FNV-1a */
    }
}

/* --- strings ----------------------------------------------------------------------- */

static bool read_hex4(struct json_in *j, uint32_t *out)
{
    *out = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(next_byte(j));
        if (digit < 0) {
            return reject(j, "an escape that is not \\uXXXX");
        }
        *out = *out << 4 | (uint32_t)digit;
    }

    return true;
}

static void append_code_point(struct json_in *j, uint32_t c)
{
    if (c < 0x80) {
        append(j, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        append(j, (uint8_t)(0xC0 | c >> 6));
    } else {
        if (c < 0x10000) {
            append(j, (uint8_t)(0xE0 | c >> 12));
        } else {
            append(j, (uint8_t)(0xF0 | c >> 18));
            append(j, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
        }
        append(j, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
    }

    append(j, (uint8_t)(0x80 | (c & 0x3F)));
}

/* The second escape of a surrogate pair, \uDC00 to \uDFFF. */
static bool read_low_surrogate(struct json_in *j, uint32_t *out)
{
    if (next_byte(j) != '\\' || next_byte(j) != 'u' || !read_hex4(j, out)) {
        return false;
    }
    return *out >= 0xDC00 && *out <= 0xDFFF;
}

static bool read_unicode_escape(struct json_in *j)
{
    uint32_t c, low;
    if (!read_hex4(j, &c)) {
        return false;
    }
    if (c >= 0xD800 && c < 0xE000) {
        if (c >= 0xDC00 || !read_low_surrogate(j, &low)) {
            return reject(j, "half of a surrogate pair");
        }
        c = 0x10000 + ((c - 0xD800) << 10 | (low - 0xDC00));
    }

    append_code_point(j, c);
    return true;
}

/* The characters after a backslash. */
static bool read_escape(struct json_in *j)
{
    switch (next_byte(j)) {
    case '"': append(j, '"'); return true;
    case '\\': append(j, '\\'); return true;
    case '/': append(j, '/'); return true;
    case 'b': append(j, '\b'); return true;
    case 'f': append(j, '\f'); return true;
    case 'n': append(j, '\n'); return true;
    case 'r': append(j, '\r'); return true;
    case 't': append(j, '\t'); return true;
    case 'u': return read_unicode_escape(j);
    default: return reject(j, "an escape that JSON does not have");
    }
}

/* Continuation bytes of a UTF-8 sequence: their number, and the bounds of the first of them. */
struct continuation {
    unsigned num;
    int low;
    int high;
};

/* The bytes that may follow `first`, which is at least C2 (Unicode, table 3-7). */
static struct continuation continuation_of(uint8_t first)
{
    switch (first) {
    case 0xE0: return (struct continuation){ 2, 0xA0, 0xBF };
    case 0xED: return (struct continuation){ 2, 0x80, 0x9F };
    case 0xF0: return (struct continuation){ 3, 0x90, 0xBF };
    case 0xF4: return (struct continuation){ 3, 0x80, 0x8F };
    default: break;
    }

    if (first >= 0xF0) {
        return (struct continuation){ 3, 0x80, 0xBF };
    }

    return (struct continuation){ first >= 0xE0 ? 2 : 1, 0x80, 0xBF };
}

/* The rest of a UTF-8 sequence (RFC 3629). */
static bool read_multibyte(struct json_in *j, uint8_t first)
{
    if (first < 0xC2 || first > 0xF4) {
        return reject(j, "bytes that are not UTF-8");
    }

    struct continuation more = continuation_of(first);
    append(j, first);
    for (unsigned i = 0; i < more.num; i++) {
        int c = next_byte(j);
        if (c < more.low || c > more.high) {
            return reject(j, "bytes that are not UTF-8");
        }
        append(j, (uint8_t)c);
        more.low = 0x80;
        more.high = 0xBF;
    }

    return true;
}

/* ASCII that stands for itself in a string. */
static inline bool is_plain(uint8_t c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\'; }

/* Length of the plain ASCII at the start of b, tested eight bytes at a time (Bit Twiddling Hacks,
 * "hasless" and "haszero"). */
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
        if ((odd & tops) != 0) { /* a borrow sets it, too; the loop below is exact */
            break;
        }
    }

    while (n < b.n && is_plain(b.p[n])) {
        n++;
    }

    return n;
}

static void append_plain_run(struct json_in *j)
{
    size_t n = plain_run(j->chunk);
    size_t cap = j->text_max - j->num_text;
    size_t copied = n < cap ? n : cap;
    memcpy(j->text + j->num_text, j->chunk.p, copied);
    j->num_text += copied;
    j->length += copied;
    for (size_t i = copied; i < n; i++) {
        append(j, j->chunk.p[i]);
    }

    skip(j, n);
}

/* A byte that ends a plain run, or one behind the end of a chunk.  At the end of the input c is -1,
 * which the caller handles. */
static bool read_character(struct json_in *j, int c)
{
    if (c == '\\') {
        return read_escape(j);
    }
    if (c >= 0x80) {
        return read_multibyte(j, (uint8_t)c);
    }
    if (c >= 0x20) {
        append(j, (uint8_t)c);
        return true;
    }

    return c < 0 || reject(j, "a control character in a string");
}

/* The rest of a string after its opening quote. */
static bool read_string(struct json_in *j)
{
    for (;;) {
        if (!fill(j)) {
            return reject(j, "a string without an end");
        }

        append_plain_run(j);
        int c = next_byte(j);
        if (c == '"') {
            return true;
        }
        if (!read_character(j, c)) {
            return false;
        }
    }
}

/* --- numbers and words ------------------------------------------------------------------ */

/* Appends the next byte to a number's text. */
static void append_number(struct json_in *j)
{
    uint8_t c = (uint8_t)next_byte(j);
    j->length++;
    if (j->num_text < NUMBER_MAX) {
        j->text[j->num_text++] = c;
    }
}

static bool is_digit(int c) { return c >= '0' && c <= '9'; }

static bool read_digits(struct json_in *j)
{
    bool any = false;
    while (fill(j) && is_digit(j->chunk.p[0])) {
        size_t n = 1;
        while (n < j->chunk.n && is_digit(j->chunk.p[n])) {
            n++;
        }

        for (size_t i = 0; i < n && j->num_text < NUMBER_MAX; i++) {
            j->text[j->num_text++] = j->chunk.p[i];
        }

        j->length += n;
        skip(j, n);
        any = true;
    }

    return any || reject(j, "a number without digits");
}

static bool read_word(struct json_in *j, const char *rest)
{
    for (; *rest != 0; rest++) {
        if (next_byte(j) != *rest) {
            return reject(j, "a word that is not a JSON value");
        }
    }
    return true;
}

/* NaN, Infinity */
static bool read_number_word(struct json_in *j)
{
    return read_word(j, peek(j) == 'N' ? "NaN" : "Infinity");
}

/* -? (0 | [1-9][0-9]*) (.[0-9]+)? ([eE][+-]?[0-9]+)? */
static bool read_number(struct json_in *j)
{
    if (peek(j) == '-') {
        append_number(j);
        if (j->python && peek(j) == 'I') {
            return read_number_word(j);
        }
    }
    if (peek(j) == '0') {
        append_number(j);
        if (is_digit(peek(j))) {
            return reject(j, "a number with a leading zero");
        }
    } else if (!read_digits(j)) {
        return false;
    }

    if (peek(j) == '.') {
        append_number(j);
        if (!read_digits(j)) {
            return false;
        }
    }

    if (peek(j) != 'e' && peek(j) != 'E') {
        return true;
    }

    append_number(j);
    if (peek(j) == '+' || peek(j) == '-') {
        append_number(j);
    }

    return read_digits(j);
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
        return reject(j, "nested deeper than serde_json allows");
    }
    if (!budget_fits(j->budget, LIMIT_json_depth, j->depth + 1)) {
        return reject(j, "nested too deep");
    }

    uint64_t bit = UINT64_C(1) << j->depth % 64;
    uint64_t *bits = &j->objects[j->depth / 64];
    if (object) {
        *bits |= bit;
    } else {
        *bits &= ~bit;
    }

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
    int c = peek(j);
    while (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        skip(j, 1);
        c = peek(j);
    }
    return c;
}

static bool read_value(struct json_in *j, struct json_token *t)
{
    int c = next_byte(j);
    j->state = JSON_AFTER;
    switch (c) {
    case '{': t->kind = JSON_OBJECT; return open_level(j, true);
    case '[': t->kind = JSON_ARRAY; return open_level(j, false);
    case '"': t->kind = JSON_STRING; return read_string(j);
    case 't': t->kind = JSON_TRUE; return read_word(j, "rue");
    case 'f': t->kind = JSON_FALSE; return read_word(j, "alse");
    case 'n': t->kind = JSON_NULL; return read_word(j, "ull");
    case -1: return reject(j, "the text ends before the value does");
    default: return reject(j, "no JSON value begins with this byte");
    }
}

static bool read_number_or_value(struct json_in *j, struct json_token *t)
{
    int c = peek(j);
    bool is_word = j->python && (c == 'N' || c == 'I');
    if (c != '-' && !is_digit(c) && !is_word) {
        return read_value(j, t);
    }

    t->kind = JSON_NUMBER;
    j->state = JSON_AFTER;
    return is_word ? read_number_word(j) : read_number(j);
}

static bool read_key(struct json_in *j, struct json_token *t)
{
    if (next_byte(j) != '"') {
        return reject(j, "an object's key has to be a string");
    }
    t->kind = JSON_KEY;
    j->state = JSON_AT_COLON;
    return read_string(j);
}

static int closing_bracket(const struct json_in *j) { return in_object(j) ? '}' : ']'; }

/* Behind a value: a comma, the end of the level, or the end of the input.  Sets *again behind a
 * comma, which is not a token. */
static bool read_after_value(struct json_in *j, struct json_token *t, bool *again)
{
    int c = skip_blanks(j);
    if (j->depth == 0) {
        t->kind = JSON_END;
        j->state = JSON_DONE;
        return c < 0 || reject(j, "bytes after the value");
    }

    t->at.off = j->at;
    c = next_byte(j);
    if (c == closing_bracket(j)) {
        t->kind = in_object(j) ? JSON_OBJECT_END : JSON_ARRAY_END;
        close_level(j);
        return true;
    }

    *again = true;
    j->state = in_object(j) ? JSON_AT_KEY : JSON_AT_VALUE;
    return c == ',' || reject(j, "a comma is missing");
}

/* Behind an opening bracket: the closing one, or the first key or value. */
static bool read_first(struct json_in *j, struct json_token *t, bool *again)
{
    int c = skip_blanks(j);
    if (c == closing_bracket(j)) {
        return read_after_value(j, t, again);
    }
    *again = true;
    j->state = in_object(j) ? JSON_AT_KEY : JSON_AT_VALUE;
    return true;
}

/* Reads up to the end of a token, or of a colon or comma, which set *again. */
static bool advance(struct json_in *j, struct json_token *t, bool *again)
{
    *again = false;
    int c = skip_blanks(j);
    t->at.off = j->at;
    switch (j->state) {
    case JSON_AT_FIRST: return read_first(j, t, again);
    case JSON_AT_KEY: return read_key(j, t);
    case JSON_AT_COLON:
        *again = true;
        (void)next_byte(j); /* the byte is in c */
        j->state = JSON_AT_VALUE;
        return c == ':' || reject(j, "a colon is missing");
    case JSON_AT_VALUE: return read_number_or_value(j, t);
    case JSON_AFTER: return read_after_value(j, t, again);
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
    if (t->kind == JSON_KEY || t->kind == JSON_STRING) {
        t->hash = name_set_hash(j->hash ^ j->length, t->text);
    }
}

bool json_skip(struct json_in *j, const struct json_token *opening, uint64_t *end)
{
    struct json_token t = *opening;
    bool is_nested = t.kind == JSON_OBJECT || t.kind == JSON_ARRAY;
    unsigned outside = j->depth - is_nested;
    while (is_nested && t.kind != JSON_BAD && j->depth > outside) {
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
        if (!is_digit(c) || !mul_u64(v, 10, &v) || !add_u64(v, (uint64_t)(c - '0'), &v)) {
            return false;
        }
    }

    *out = v;
    return true;
}
