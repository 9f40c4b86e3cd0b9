/* jinja_lexer.c - tokens of a Jinja template, as jinja2/lexer.py splits it.
 *
 *   text {{ expression }} text {% statement %} text {# comment #}
 *
 * Signs behind an opening and before a closing bracket only trim blanks. */
#include "jinja_tree.h"

#include <string.h>

static const char *const operators[] = { "**", "//", "==", "!=", ">=", "<=", "+", "-", "/",
                                         "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                         ">",  "<",  "=",  ".",  ":",  "|",  ",", ";" };

static int byte_at(const struct jinja_lexer *lx, size_t at)
{
    return at < lx->text.n ? lx->text.p[at] : -1;
}

static bool is_sign(int c) { return c == '-' || c == '+'; }

static bool is_blank(int c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static bool is_digit(int c) { return c >= '0' && c <= '9'; }

static bool is_letter(int c)
{
    int low = c | 0x20;
    return (low >= 'a' && low <= 'z') || c == '_' || c >= 0x80;
}

static bool is_name(int c) { return is_letter(c) || is_digit(c); }

static void set(struct jinja_lexer *lx, struct jinja_token *t, enum jinja_token_kind kind,
                size_t end)
{
    *t = (struct jinja_token){ kind, bytes_sub(lx->text, lx->pos, end - lx->pos), lx->pos };
    lx->pos = end;
}

static void fail(struct jinja_lexer *lx, struct jinja_token *t)
{
    *t = (struct jinja_token){ TOKEN_BAD, { NULL, 0 }, lx->pos };
}

/* --- text ------------------------------------------------------------------------------------ */

static size_t find(const struct jinja_lexer *lx, size_t from, const char *what)
{
    struct bytes rest = bytes_sub(lx->text, from, lx->text.n);
    const uint8_t *hit = rest.n == 0 ? NULL : memmem(rest.p, rest.n, what, strlen(what));
    return hit == NULL ? SIZE_MAX : (size_t)(hit - lx->text.p);
}

/* Offset of the next tag or comment, or of the end. */
static size_t text_end(const struct jinja_lexer *lx)
{
    size_t at = lx->pos;
    for (; at + 1 < lx->text.n; at++) {
        int c = lx->text.p[at + 1];
        if (lx->text.p[at] == '{' && (c == '{' || c == '%' || c == '#')) {
            return at;
        }
    }
    return lx->text.n;
}

/* Moves behind a comment.  Returns false without an end. */
static bool skip_comment(struct jinja_lexer *lx)
{
    size_t end = find(lx, lx->pos + 2, "#}");
    if (end == SIZE_MAX) {
        return false;
    }
    lx->pos = end + 2;
    return true;
}

static void next_in_text(struct jinja_lexer *lx, struct jinja_token *t)
{
    while (text_end(lx) == lx->pos && byte_at(lx, lx->pos + 1) == '#') {
        if (!skip_comment(lx)) {
            fail(lx, t);
            return;
        }
    }

    size_t end = text_end(lx);
    if (lx->pos == lx->text.n) {
        set(lx, t, TOKEN_END, end);
        return;
    }
    if (end > lx->pos) {
        set(lx, t, TOKEN_TEXT, end);
        return;
    }

    bool block = byte_at(lx, lx->pos + 1) == '%';
    set(lx, t, block ? TOKEN_BLOCK : TOKEN_PRINT, lx->pos + 2);
    lx->pos += is_sign(byte_at(lx, lx->pos));
    lx->mode = block ? LEX_BLOCK : LEX_PRINT;
    lx->brackets = 0;
}

/* Offset behind {% endraw %} that begins at `at`, or SIZE_MAX for another tag. */
static size_t raw_end(const struct jinja_lexer *lx, size_t at)
{
    at += 2;
    at += is_sign(byte_at(lx, at));
    while (is_blank(byte_at(lx, at))) {
        at++;
    }
    if (!bytes_start(bytes_sub(lx->text, at, 6), BYTES("endraw"))) {
        return SIZE_MAX;
    }

    at += 6;
    while (is_blank(byte_at(lx, at))) {
        at++;
    }
    at += is_sign(byte_at(lx, at));
    bool ends = byte_at(lx, at) == '%' && byte_at(lx, at + 1) == '}';
    return ends ? at + 2 : SIZE_MAX;
}

bool jinja_raw(struct jinja_lexer *lx, struct jinja_token *out)
{
    for (size_t at = find(lx, lx->pos, "{%"); at != SIZE_MAX; at = find(lx, at + 2, "{%")) {
        size_t end = raw_end(lx, at);
        if (end != SIZE_MAX) {
            set(lx, out, TOKEN_TEXT, at);
            lx->pos = end;
            return true;
        }
    }
    return false;
}

/* --- tags ------------------------------------------------------------------------------------ */

/* The end of the tag at the current position: its length, or 0.  Not inside of brackets. */
static size_t tag_end(const struct jinja_lexer *lx)
{
    size_t sign = is_sign(byte_at(lx, lx->pos));
    int first = lx->mode == LEX_BLOCK ? '%' : '}';
    bool ends = byte_at(lx, lx->pos + sign) == first && byte_at(lx, lx->pos + sign + 1) == '}';
    return ends && lx->brackets == 0 ? sign + 2 : 0;
}

static void read_string(struct jinja_lexer *lx, struct jinja_token *t)
{
    int quote = byte_at(lx, lx->pos);
    size_t end = lx->pos + 1;
    while (byte_at(lx, end) != quote) {
        if (byte_at(lx, end) < 0) {
            fail(lx, t);
            return;
        }
        end += byte_at(lx, end) == '\\' ? 2 : 1;
    }
    set(lx, t, TOKEN_STRING, end + 1);
}

/* 12, 1_000, 0x5f, 0b1, 1.5, 1e9, 1.5e-3 */
static void read_number(struct jinja_lexer *lx, struct jinja_token *t)
{
    size_t end = lx->pos;
    bool is_hex = byte_at(lx, end) == '0' && is_letter(byte_at(lx, end + 1));
    while (is_digit(byte_at(lx, end)) || byte_at(lx, end) == '_'
           || (is_hex && is_name(byte_at(lx, end)))) {
        end++;
    }

    size_t whole = end;
    if (byte_at(lx, end) == '.' && is_digit(byte_at(lx, end + 1))) {
        for (end++; is_digit(byte_at(lx, end)) || byte_at(lx, end) == '_';) {
            end++;
        }
    }
    if ((byte_at(lx, end) | 0x20) == 'e') {
        size_t digits = end + 1 + is_sign(byte_at(lx, end + 1));
        while (is_digit(byte_at(lx, digits))) {
            end = ++digits;
        }
    }
    set(lx, t, end == whole ? TOKEN_INTEGER : TOKEN_FLOAT, end);
}

static void read_operator(struct jinja_lexer *lx, struct jinja_token *t)
{
    struct bytes rest = bytes_sub(lx->text, lx->pos, 2);
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        struct bytes op = bytes_of(operators[i]);
        if (!bytes_start(rest, op)) {
            continue;
        }

        bool opens = strchr("([{", op.p[0]) != NULL;
        bool closes = strchr(")]}", op.p[0]) != NULL;
        lx->brackets += opens;
        lx->brackets -= closes && lx->brackets > 0;
        set(lx, t, TOKEN_OPERATOR, lx->pos + op.n);
        return;
    }
    fail(lx, t);
}

static void next_in_tag(struct jinja_lexer *lx, struct jinja_token *t)
{
    while (is_blank(byte_at(lx, lx->pos))) {
        lx->pos++;
    }

    int c = byte_at(lx, lx->pos);
    size_t end = tag_end(lx);
    if (end > 0) {
        set(lx, t, lx->mode == LEX_BLOCK ? TOKEN_BLOCK_END : TOKEN_PRINT_END, lx->pos + end);
        lx->mode = LEX_TEXT;
    } else if (c == '"' || c == '\'') {
        read_string(lx, t);
    } else if (is_digit(c)) {
        read_number(lx, t);
    } else if (is_letter(c)) {
        for (end = lx->pos; is_name(byte_at(lx, end));) {
            end++;
        }
        set(lx, t, TOKEN_NAME, end);
    } else {
        read_operator(lx, t);
    }
}

void jinja_next(struct jinja_lexer *lx, struct jinja_token *out)
{
    if (lx->mode == LEX_TEXT) {
        next_in_text(lx, out);
    } else {
        next_in_tag(lx, out);
    }
}
