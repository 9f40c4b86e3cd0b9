#include "escape.h"

#include "../util/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Length of the UTF-8 sequence that starts with b, or 0. */
static size_t sequence_length(uint8_t b)
{
    if (b < 0x80) {
        return 1;
    }
    if ((b & 0xE0) == 0xC0) {
        return 2;
    }
    if ((b & 0xF0) == 0xE0) {
        return 3;
    }
    return (b & 0xF8) == 0xF0 ? 4 : 0;
}

static bool is_surrogate(uint32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

/* Length of the UTF-8 sequence at p (RFC 3629: no overlongs, no surrogates,
 * nothing past U+10FFFF), or 0.  *code is the code point. */
static size_t decode_utf8(const uint8_t *p, size_t n, uint32_t *code)
{
    static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t len = sequence_length(p[0]);
    if (len == 0 || len > n) {
        return 0;
    }
    uint32_t c = len == 1 ? p[0] : p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) {
            return 0;
        }
        c = c << 6 | (p[i] & 0x3Fu);
    }
    if (c < least[len] || c > 0x10FFFF || is_surrogate(c)) {
        return 0;
    }
    *code = c;
    return len;
}

/* Characters that move the cursor, hide, or reorder what stands around them. */
static bool is_invisible(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = { { 0, 0x1F },        { 0x7F, 0x9F },     { 0xAD, 0xAD },      { 0x61C, 0x61C },
                   { 0x180E, 0x180E }, { 0x200B, 0x200F }, { 0x2028, 0x202E },  { 0x2060, 0x206F },
                   { 0xFEFF, 0xFEFF }, { 0xFFF9, 0xFFFB }, { 0xE0000, 0xE007F } };
    if (c >= 0x20 && c < 0x7F) {
        return false;
    }
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Writes b to out, which holds 8 bytes for each of b; returns the length. */
static size_t escape_into(char *out, struct bytes b, bool printable, bool *changed)
{
    size_t o = 0;
    for (size_t i = 0; i < b.n;) {
        uint32_t c = 0;
        size_t len = decode_utf8(b.p + i, b.n - i, &c);
        bool hidden = printable && is_invisible(c);
        if (len == 0 || c == 0 || (hidden && c < 0x80)) {
            o += (size_t)sprintf(out + o, "\\x%02x", b.p[i]);
            *changed = true;
            len = 1;
        } else if (hidden) {
            o += (size_t)sprintf(out + o, "\\u{%x}", (unsigned)c);
            *changed = true;
        } else {
            memcpy(out + o, b.p + i, len);
            o += len;
        }
        i += len;
    }
    out[o] = 0;
    return o;
}

static char *escape(struct bytes b, bool printable, bool cut, bool *changed)
{
    bool ignored = false;
    if (b.n > (SIZE_MAX - 8) / 8) {
        return NULL;
    }
    char *out = malloc(b.n * 8 + 8);
    if (out == NULL) {
        return NULL;
    }
    size_t n = escape_into(out, b, printable, changed != NULL ? changed : &ignored);
    if (cut) {
        memcpy(out + n, "...", 4);
        n += 3;
    }
    char *fit = realloc(out, n + 1);
    return fit != NULL ? fit : out;
}

char *escape_invalid(struct bytes b, bool *changed) { return escape(b, false, false, changed); }

char *escape_printable(struct bytes b, size_t max)
{
    return escape(bytes_sub(b, 0, max), true, b.n > max, NULL);
}

char *escape_entities(struct bytes b, size_t max)
{
    char *shown = escape_printable(b, max);
    struct text t;
    if (shown == NULL || !text_begin(&t)) {
        free(shown);
        return NULL;
    }
    for (const char *s = shown; *s != 0; s++) {
        unsigned char c = (unsigned char)*s;
        bool plain = c >= 0x80 || c == ' ' || c == ',' || isalnum(c);
        fprintf(t.out, plain ? "%c" : "&#%d;", c);
    }
    free(shown);
    return text_end(&t);
}

char *escape_uri(struct bytes path)
{
    char *out = path.n <= (SIZE_MAX - 8) / 3 ? malloc(path.n * 3 + 8) : NULL;
    size_t o = 0;
    if (out == NULL) {
        return NULL;
    }
    if (bytes_start(path, BYTES("/"))) {
        o = (size_t)sprintf(out, "file://");
    } else if (bytes_start(path, BYTES("./"))) {
        path = bytes_sub(path, 2, path.n - 2); /* "./x" and "x" are one artifact */
    }
    for (size_t i = 0; i < path.n; i++) {
        uint8_t c = path.p[i];
        bool plain = c < 0x80 && (isalnum(c) || memchr("/-._~", c, 5) != NULL);
        o += (size_t)sprintf(out + o, plain ? "%c" : "%%%02X", c);
    }
    out[o] = 0;
    return out;
}

void put_entities(FILE *out, const char *s, size_t max)
{
    char *shown = escape_entities(bytes_of(s), max);
    fputs(shown != NULL ? shown : "?", out);
    free(shown);
}
