/* jinja_text.c - what templates compute with constant strings. */
#include "jinja_eval.h"

#include "../codec/hex.h"

#include <string.h>

#define HUGE_TEXT 67108864 /* bytes; a text or width beyond it is a bomb */

struct value argument(const struct jinja_eval *ev, const struct arguments *args, uint32_t i)
{
    return i < args->n ? value_open(ev, ev->items[args->first + i]) : value_of(VALUE_UNSET);
}

struct value keyword(const struct jinja_eval *ev, const struct arguments *args, const char *name)
{
    uint32_t node = args->node;
    for (uint32_t i = 0; node != 0 && i < args->n; i++, node = ev->tree->nodes[node].next) {
        if (bytes_eq(jinja_text(ev->tree, &ev->tree->nodes[node]), bytes_of(name))) {
            return argument(ev, args, i);
        }
    }
    return value_of(VALUE_UNSET);
}

/* --- literals -------------------------------------------------------------------------------- */

static void append_code_point(struct jinja_eval *ev, uint32_t c)
{
    if (c >= 0x800) {
        if (c >= 0x10000) {
            value_append_byte(ev, (uint8_t)(0xF0 | (c >> 18 & 7)));
            value_append_byte(ev, (uint8_t)(0x80 | (c >> 12 & 0x3F)));
        } else {
            value_append_byte(ev, (uint8_t)(0xE0 | c >> 12));
        }
        value_append_byte(ev, (uint8_t)(0x80 | (c >> 6 & 0x3F)));
    } else if (c >= 0x80) {
        value_append_byte(ev, (uint8_t)(0xC0 | c >> 6));
    }
    value_append_byte(ev, (uint8_t)(c >= 0x80 ? 0x80 | (c & 0x3F) : c));
}

/* Up to n digits of an escape.  Returns how many were read. */
static size_t escape_digits(struct bytes s, size_t n, unsigned base, uint32_t *out)
{
    size_t i = 0;
    *out = 0;
    for (; i < n && i < s.n; i++) {
        int digit = hex_digit(s.p[i]);
        if (digit < 0 || digit >= (int)base) {
            break;
        }
        *out = *out * base + (uint32_t)digit;
    }
    return i;
}

/* What follows a backslash, as Python's unicode-escape reads it.  Returns the bytes that it takes.
 */
static size_t append_escape(struct jinja_eval *ev, struct bytes s)
{
    static const char from[] = "abfnrtv\\'\"\n", to[] = "\a\b\f\n\r\t\v\\'\"";
    uint32_t c;
    const char *simple = s.p[0] == 0 ? NULL : strchr(from, s.p[0]);
    if (simple != NULL) {
        if (*simple != '\n') {
            value_append_byte(ev, (uint8_t)to[simple - from]);
        }
        return 1;
    }
    if (s.p[0] >= '0' && s.p[0] <= '7') {
        size_t n = escape_digits(s, 3, 8, &c);
        append_code_point(ev, c);
        return n;
    }

    size_t wanted = s.p[0] == 'x' ? 2 : 0;
    wanted = s.p[0] == 'u' ? 4 : wanted;
    wanted = s.p[0] == 'U' ? 8 : wanted;
    if (wanted > 0 && escape_digits(bytes_sub(s, 1, s.n), wanted, 16, &c) == wanted) {
        append_code_point(ev, c);
        return 1 + wanted;
    }
    if (bytes_start(s, BYTES("N{LOW LINE}"))) {
        value_append_byte(ev, '_');
        return 11;
    }
    value_append_byte(ev, '\\');
    return 0;
}

struct value text_literal(struct jinja_eval *ev, struct bytes quoted)
{
    struct bytes s = bytes_sub(quoted, 1, quoted.n - 2);
    if (s.n == 0 || memchr(s.p, '\\', s.n) == NULL) {
        return value_string(ev, s);
    }

    size_t from = ev->num_text;
    for (size_t i = 0; i < s.n && !ev->failed;) {
        if (s.p[i] == '\\' && i + 1 < s.n) {
            i += 1 + append_escape(ev, bytes_sub(s, i + 1, s.n));
        } else {
            value_append_byte(ev, s.p[i++]);
        }
    }
    return value_finish(ev, from);
}

/* --- pieces ---------------------------------------------------------------------------------- */

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    if (v < low) {
        return low;
    }
    return v > high ? high : v;
}

/* A bound of a slice of n items, as Python reads it; UNSET: `otherwise`. */
static int64_t slice_bound(struct value v, int64_t n, bool down, int64_t otherwise)
{
    if (v.kind != VALUE_INT) {
        return otherwise;
    }
    int64_t at = v.number < 0 ? v.number + n : v.number;
    return clamp(at, -(int64_t)down, n - down);
}

static bool is_known_bound(struct value v) { return v.kind == VALUE_INT || v.kind == VALUE_UNSET; }

/* v: a string or list. */
struct value text_slice(struct jinja_eval *ev, struct value v, const struct value part[3])
{
    int64_t step = part[2].kind == VALUE_INT ? part[2].number : 1;
    bool known = is_known_bound(part[0]) && is_known_bound(part[1]) && is_known_bound(part[2]);
    struct value chars = value_each(ev, v);
    if (!known || step == 0 || chars.kind != VALUE_LIST) {
        return value_part(ev, v);
    }

    int64_t n = chars.n;
    step = clamp(step, -n - 1, n + 1);
    int64_t at = slice_bound(part[0], n, step < 0, step < 0 ? n - 1 : 0);
    int64_t end = slice_bound(part[1], n, step < 0, step < 0 ? -1 : n);
    struct value out = { .kind = VALUE_LIST };
    if (!value_reserve(ev, (size_t)n, &out.a)) {
        return value_mixed(HARMLESS_NOT);
    }
    for (; step > 0 ? at < end : at > end; at += step) {
        ev->items[out.a + out.n++] = ev->items[chars.a + (size_t)at];
    }
    return v.kind == VALUE_STRING ? text_join(ev, out, value_of(VALUE_UNSET)) : out;
}

struct value text_join(struct jinja_eval *ev, struct value list, struct value separator)
{
    struct value items = value_each(ev, list);
    size_t from = ev->num_text;
    bool known = items.kind == VALUE_LIST;
    for (uint32_t i = 0; known && i < items.n && !ev->failed; i++) {
        if (i > 0 && separator.kind != VALUE_UNSET) {
            known = value_append_text(ev, separator);
        }
        known = known && value_append_text(ev, value_open(ev, ev->items[items.a + i]));
    }
    if (known) {
        return value_finish(ev, from);
    }
    ev->num_text = from;
    bool whole =
        value_harmless(ev, items) != HARMLESS_NOT && value_harmless(ev, separator) != HARMLESS_NOT;
    return value_mixed(items.kind != VALUE_DATA && whole ? HARMLESS_WHOLE : HARMLESS_NOT);
}

struct value text_repeat(struct jinja_eval *ev, struct value v, int64_t times)
{
    size_t from = ev->num_text;
    if (times > 0 && v.n > 0 && times > HUGE_TEXT / (int64_t)v.n) {
        jinja_note(ev, NOTE_BOMB, BYTES(""));
    }
    if (v.kind == VALUE_LIST) {
        return value_mixed(value_harmless(ev, v));
    }
    if (v.kind != VALUE_STRING || times > 4096 / ((int64_t)v.n + 1)) {
        return value_mixed(value_harmless(ev, v));
    }
    for (int64_t i = 0; i < times; i++) {
        value_append(ev, v.a, v.n);
    }
    return value_finish(ev, from);
}

/* --- formats --------------------------------------------------------------------------------- */

/* One value by a conversion of one letter.  Returns false for what is not computed. */
static bool append_formatted(struct jinja_eval *ev, struct value v, uint8_t letter)
{
    if (letter == 'c' && v.kind == VALUE_INT) {
        append_code_point(ev, (uint32_t)v.number);
        return true;
    }
    bool fits = letter == 's' || letter == 'c' || (v.kind == VALUE_INT && letter != 'x');
    return fits && value_append_text(ev, v);
}

/* FORMAT % VALUES, with values one after another in a list, or one. */
struct value text_percent(struct jinja_eval *ev, struct value format, struct value values)
{
    size_t from = ev->num_text;
    uint32_t used = 0;
    for (uint32_t i = 0; i < format.n && !ev->failed; i++) {
        uint8_t c = ev->text[format.a + i];
        uint8_t letter = '%';
        if (c == '%' && i + 1 < format.n) {
            letter = ev->text[format.a + ++i];
        }
        if (c != '%' || letter == '%') {
            value_append_byte(ev, c);
            continue;
        }

        bool is_list = values.kind == VALUE_LIST && used < values.n;
        struct value v = is_list ? value_open(ev, ev->items[values.a + used]) : values;
        used++;
        if (letter == 0 || strchr("scd", letter) == NULL || !append_formatted(ev, v, letter)) {
            ev->num_text = from;
            return value_mixed(HARMLESS_NOT);
        }
    }
    return value_finish(ev, from);
}

/* The field behind a brace: {} or {0}, and a conversion :c, :s or :d. */
static bool read_field(struct jinja_eval *ev, struct value format, uint32_t *at, int64_t *index,
                       uint8_t *letter)
{
    struct bytes rest = bytes_sub(value_text(ev, format), *at, format.n);
    size_t i = 0;
    *index = -1;
    *letter = 's';
    for (; i < rest.n && i < 4 && rest.p[i] >= '0' && rest.p[i] <= '9'; i++) {
        *index = (*index < 0 ? 0 : *index * 10) + rest.p[i] - '0';
    }
    if (i + 1 < rest.n && rest.p[i] == ':' && rest.p[i + 1] != '}') {
        *letter = rest.p[i + 1];
        i += 2;
    }
    *at += (uint32_t)i + 1;
    return i < rest.n && rest.p[i] == '}' && *letter != 0 && strchr("scd", *letter) != NULL;
}

struct value text_format(struct jinja_eval *ev, struct value format, const struct arguments *args)
{
    size_t from = ev->num_text;
    uint32_t used = 0;
    for (uint32_t i = 0; i < format.n && !ev->failed;) {
        uint8_t c = ev->text[format.a + i++];
        bool is_brace = c == '{' || c == '}';
        bool doubled = is_brace && i < format.n && ev->text[format.a + i] == c;
        if (c != '{' || doubled) {
            i += doubled;
            value_append_byte(ev, c);
            continue;
        }

        int64_t index;
        uint8_t letter;
        bool ok = read_field(ev, format, &i, &index, &letter);
        uint32_t n = index < 0 ? used++ : (uint32_t)index;
        if (!ok || !append_formatted(ev, argument(ev, args, n), letter)) {
            ev->num_text = from;
            return value_mixed(HARMLESS_NOT);
        }
    }
    return value_finish(ev, from);
}

/* --- functions of one string ----------------------------------------------------------------- */

static struct value replace(struct jinja_eval *ev, struct value v, struct value old,
                            struct value new)
{
    size_t from = ev->num_text;
    for (uint32_t i = 0; i < v.n && !ev->failed;) {
        struct bytes rest = bytes_sub(value_text(ev, v), i, v.n);
        if (old.n > 0 && bytes_start(rest, value_text(ev, old))) {
            value_append(ev, new.a, new.n);
            i += old.n;
        } else {
            value_append(ev, v.a + i++, 1);
        }
        if (ev->num_text - from > HUGE_TEXT / 1024) {
            break;
        }
    }
    return value_finish(ev, from);
}

static uint8_t other_case(uint8_t c, bool up)
{
    if (up) {
        return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;
    }
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* upper, lower, capitalize, title and swapcase, by their first letter. */
static struct value change_case(struct jinja_eval *ev, struct value v, uint8_t how)
{
    size_t from = ev->num_text;
    bool first = true;
    for (uint32_t i = 0; i < v.n; i++) {
        uint8_t c = ev->text[v.a + i];
        bool up = how == 'u' || (how != 'l' && first);
        if (how == 's') {
            up = c >= 'a' && c <= 'z';
        }
        value_append_byte(ev, other_case(c, up));
        first = how == 't' && !((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    }
    return value_finish(ev, from);
}

/* strip, lstrip, rstrip, trim: without `set`, blanks. */
static struct value strip(struct jinja_eval *ev, struct value v, struct value set, bool left,
                          bool right)
{
    struct bytes text = value_text(ev, v);
    struct bytes cut = BYTES(" \t\n\r\v\f");
    if (set.kind == VALUE_STRING) {
        cut = value_text(ev, set);
    }
    while (left && v.n > 0 && memchr(cut.p, text.p[0], cut.n) != NULL) {
        v.a++;
        v.n--;
        text = bytes_sub(text, 1, text.n);
    }
    while (right && v.n > 0 && memchr(cut.p, text.p[v.n - 1], cut.n) != NULL) {
        v.n--;
    }
    return v;
}

static struct value split(struct jinja_eval *ev, struct value v, struct value by)
{
    struct value out = { .kind = VALUE_LIST };
    uint32_t from = 0;
    if (!value_reserve(ev, (size_t)v.n + 1, &out.a)) {
        return value_mixed(HARMLESS_NOT);
    }
    for (uint32_t i = 0; i <= v.n; i++) {
        struct bytes rest = bytes_sub(value_text(ev, v), i, v.n);
        bool hit = i == v.n || (i >= from && bytes_start(rest, value_text(ev, by)));
        if (hit) {
            struct value piece = { .kind = VALUE_STRING, .a = v.a + from, .n = i - from };
            ev->items[out.a + out.n++] = piece;
            from = i + by.n;
        }
    }
    return out;
}

static bool is(struct bytes name, const char *text) { return bytes_eq(name, bytes_of(text)); }

/* Functions that take other strings. */
static bool text_with_arguments(struct jinja_eval *ev, struct bytes name, struct value v,
                                const struct arguments *args, struct value *out)
{
    struct value a = argument(ev, args, 0);
    struct value b = argument(ev, args, 1);
    if (is(name, "replace") && a.kind == VALUE_STRING && b.kind == VALUE_STRING) {
        *out = replace(ev, v, a, b);
    } else if (is(name, "split") && args->n == 1 && a.kind == VALUE_STRING && a.n > 0) {
        *out = split(ev, v, a);
    } else if (is(name, "removeprefix") && a.kind == VALUE_STRING) {
        bool hit = bytes_start(value_text(ev, v), value_text(ev, a));
        *out = v;
        out->a += hit ? a.n : 0;
        out->n -= hit ? a.n : 0;
    } else if (is(name, "removesuffix") && a.kind == VALUE_STRING) {
        *out = v;
        out->n -= bytes_end(value_text(ev, v), value_text(ev, a)) ? a.n : 0;
    } else {
        return false;
    }
    return true;
}

/* Python's functions know more of characters beyond ASCII than these; keywords come in any order.
 */
static bool is_exact(const struct jinja_eval *ev, struct value v, const struct arguments *args)
{
    uint32_t node = args->node;
    struct bytes text = value_text(ev, v);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] >= 0x80) {
            return false;
        }
    }
    for (uint32_t i = 0; node != 0 && i < args->n; i++, node = ev->tree->nodes[node].next) {
        if (ev->tree->nodes[node].text_n > 0) {
            return false;
        }
    }
    return args->n <= 2;
}

bool text_function(struct jinja_eval *ev, struct bytes name, struct value v,
                   const struct arguments *args, struct value *out)
{
    static const char *const cases[] = { "upper", "lower", "capitalize", "title", "swapcase" };
    static const char *const same[] = { "string", "safe" };
    struct value set = argument(ev, args, 0);
    if (!is_exact(ev, v, args)) {
        return false;
    }
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (is(name, cases[i])) {
            *out = change_case(ev, v, (uint8_t)cases[i][0]);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        if (is(name, same[i])) {
            *out = v;
            return true;
        }
    }

    bool left = is(name, "lstrip");
    bool right = is(name, "rstrip");
    if (left || right || is(name, "strip") || is(name, "trim")) {
        *out = strip(ev, v, set, !right, !left);
        return true;
    }
    if (is(name, "reverse")) {
        struct value part[3] = { value_of(VALUE_UNSET), value_of(VALUE_UNSET), value_int(-1) };
        *out = text_slice(ev, v, part);
        return true;
    }
    return text_with_arguments(ev, name, v, args, out);
}
