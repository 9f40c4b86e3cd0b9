/* signature.c - the language of signatures: checks and matches them. Recursion is as deep as the
 * parentheses of a pattern, which signature_check() bounds, or of a type, which the parser
 * bounds. */
#include "signature.h"

#include <string.h>

enum { MAX_SIGNATURE_DEPTH = 6 };

/* A listed class without a signature: no state, or a dictionary of attributes with plain constant
 * names, alone or with the attributes in slots; called with data and names, not with objects. */
#define DEFAULT_SIGNATURE                                                                          \
    "call (data|array|dtype|name|partial|persid...) ; new any ; build "                            \
    "none|dict|(none,dict)|(dict,none)|(dict,dict)|(none,none)"

/* Objects whose items are plain bytes, or objects that opcodes have made. */
static const char *const arrays[] = {
    "numpy.ndarray",
    "numpy.matrix",
    "numpy.recarray",
    "numpy.rec.recarray",
    "numpy.core.multiarray.scalar",
    "numpy._core.multiarray.scalar",
    "numpy.core.numeric._frombuffer",
    "numpy._core.numeric._frombuffer",
    "numpy.ma.core._mareconstruct",
    "numpy.ma._core._mareconstruct",
};

/* --- slices ------------------------------------------------------------------------ */

/* Where the part that starts at `from` ends: at one of the separators outside parentheses and
 * braces, or at the end. */
static size_t part_end(struct bytes b, size_t from, const char *separators)
{
    int open = 0;
    size_t i = from;
    for (; i < b.n; i++) {
        uint8_t c = b.p[i];
        if (open == 0 && c != 0 && strchr(separators, c) != NULL) {
            break;
        }
        open += (c == '(' || c == '{') - (c == ')' || c == '}');
    }

    return i;
}

static bool is_tuple(struct bytes b) { return b.n >= 2 && b.p[0] == '(' && b.p[b.n - 1] == ')'; }

static struct bytes inside(struct bytes tuple) { return bytes_sub(tuple, 1, tuple.n - 2); }

static struct bytes trim(struct bytes b)
{
    while (b.n > 0 && b.p[0] == ' ') {
        b = bytes_sub(b, 1, b.n - 1);
    }
    while (b.n > 0 && b.p[b.n - 1] == ' ') {
        b.n--;
    }
    return b;
}

/* The next part of *rest, and what comes behind its separator. */
static struct bytes next_part(struct bytes *rest, const char *separators)
{
    size_t end = part_end(*rest, 0, separators);
    struct bytes part = bytes_sub(*rest, 0, end);
    *rest = end < rest->n ? bytes_sub(*rest, end + 1, rest->n) : (struct bytes){ NULL, 0 };
    return part;
}

static bool contains(struct bytes b, const char *word)
{
    return b.n > 0 && memmem(b.p, b.n, word, strlen(word)) != NULL;
}

/* --- words -------------------------------------------------------------------------- */

/* Types that carry no reference to code: constants and containers. */
static bool is_data(struct bytes type)
{
    static const char *const words[] = { "none",      "bool", "int", "float",     "bytes",
                                         "bytearray", "list", "set", "frozenset", "tuple" };
    if (is_tuple(type)) {
        struct bytes rest = inside(type);
        while (rest.n > 0) {
            struct bytes item = next_part(&rest, ",");
            if (!is_data(item) && !bytes_eq(item, BYTES("..."))) {
                return false;
            }
        }
        return true;
    }

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (bytes_eq(type, bytes_of(words[i]))) {
            return true;
        }
    }

    return bytes_start(type, BYTES("text"))
           || (bytes_start(type, BYTES("dict")) && !contains(type, "?"));
}

static bool is_array(struct bytes type)
{
    const size_t prefix = sizeof "object:" - 1;
    if (!bytes_start(type, BYTES("object:"))) {
        return false;
    }

    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        if (bytes_eq(bytes_sub(type, prefix, type.n - prefix), bytes_of(arrays[i]))) {
            return true;
        }
    }

    return false;
}

/* dict !KEY +KEY: the keys that a state must not have, and the dunder names that it may have. */
static bool key_is_accepted(struct bytes key, struct bytes marks)
{
    bool dunder = bytes_start(key, BYTES("__"));
    for (size_t i = 0; i < marks.n;) {
        size_t end = i + 1;
        while (end < marks.n && marks.p[end] != '!' && marks.p[end] != '+') {
            end++;
        }
        if (bytes_eq(bytes_sub(marks, i + 1, end - i - 1), key)) {
            return marks.p[i] == '+';
        }
        i = end;
    }

    return !dunder;
}

static bool dict_is_accepted(struct bytes type, struct bytes marks)
{
    if (bytes_eq(type, BYTES("dict"))) {
        return true;
    }
    if (!bytes_start(type, BYTES("dict{"))) {
        return false;
    }

    struct bytes keys = bytes_sub(type, 5, type.n - 6);
    while (keys.n > 0) {
        if (!key_is_accepted(next_part(&keys, ","), marks)) {
            return false;
        }
    }

    return true;
}

/* No part of the type is unknown, or a NumPy type whose kind is unclear. */
static bool is_known(struct bytes type)
{
    if (!is_tuple(type)) {
        return !bytes_eq(type, BYTES("unknown")) && !bytes_eq(type, BYTES("dtype:unclear"));
    }

    struct bytes rest = inside(type);
    while (rest.n > 0) {
        if (!is_known(next_part(&rest, ","))) {
            return false;
        }
    }

    return true;
}

static bool word_accepts(struct bytes word, struct bytes type)
{
    if (bytes_eq(word, BYTES("any"))) {
        return is_known(type);
    }
    if (bytes_eq(word, BYTES("data"))) {
        return is_data(type);
    }
    if (bytes_eq(word, BYTES("array"))) {
        return is_array(type);
    }
    if (bytes_eq(word, BYTES("text"))) {
        return bytes_eq(type, word) || bytes_start(type, BYTES("text="));
    }
    if (bytes_eq(word, BYTES("dtype"))) {
        return bytes_eq(type, BYTES("dtype:plain")) || bytes_eq(type, BYTES("dtype:object"));
    }
    if (bytes_eq(word, BYTES("tuple"))) {
        return is_tuple(type) || bytes_eq(type, word);
    }
    if (bytes_eq(word, BYTES("name")) || bytes_eq(word, BYTES("object"))) {
        return type.n > word.n && bytes_start(type, word) && type.p[word.n] == ':';
    }
    if (bytes_start(word, BYTES("dict")) && !bytes_eq(word, BYTES("dict?"))) {
        return dict_is_accepted(type, bytes_sub(word, 4, word.n - 4));
    }

    return bytes_eq(word, type);
}

/* --- patterns ------------------------------------------------------------------------- */

static bool accepts(struct bytes pattern, struct bytes type);

static bool items_accept(struct bytes patterns, struct bytes types)
{
    while (patterns.n > 0) {
        struct bytes item = next_part(&patterns, ",");
        if (bytes_end(item, BYTES("..."))) {
            item.n -= 3;
            struct bytes behind = types;
            while (types.n > 0 && accepts(item, next_part(&behind, ","))) {
                types = behind;
            }
            continue;
        }

        if (types.n == 0 || !accepts(item, next_part(&types, ","))) {
            return false;
        }
    }

    return types.n == 0;
}

static bool accepts(struct bytes pattern, struct bytes type)
{
    while (pattern.n > 0) {
        struct bytes one = next_part(&pattern, "|");
        bool ok = is_tuple(one) ? is_tuple(type) && items_accept(inside(one), inside(type))
                                : word_accepts(one, type);
        if (ok) {
            return true;
        }
    }

    return false;
}

static bool clause_of(struct bytes signature, struct bytes op, struct bytes *pattern)
{
    while (signature.n > 0) {
        struct bytes clause = trim(next_part(&signature, ";"));
        struct bytes word = next_part(&clause, " ");
        if (bytes_eq(word, op)) {
            *pattern = trim(clause);
            return true;
        }
    }

    return false;
}

bool signature_accepts(struct bytes signature, struct bytes op, struct bytes types)
{
    struct bytes pattern;
    if ((signature.p == NULL || !clause_of(signature, op, &pattern))
        && !clause_of(BYTES(DEFAULT_SIGNATURE), op, &pattern)) {
        return true; /* an operation that has no types */
    }
    return accepts(pattern, types);
}

/* --- check ------------------------------------------------------------------------------ */

static bool is_pattern_byte(uint8_t c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    bool digit = c >= '0' && c <= '9';
    return letter || digit || (c != 0 && strchr("_.:=-!+?|,()", c) != NULL);
}

static const char *check_pattern(struct bytes pattern)
{
    int depth = 0;
    for (size_t i = 0; i < pattern.n; i++) {
        if (!is_pattern_byte(pattern.p[i])) {
            return "a character that a pattern cannot have";
        }
        depth += (pattern.p[i] == '(') - (pattern.p[i] == ')');
        if (depth < 0 || depth > MAX_SIGNATURE_DEPTH) {
            return "parentheses that do not match, or are too deep";
        }
    }

    if (depth != 0) {
        return "parentheses that do not match, or are too deep";
    }

    return pattern.n > 0 ? NULL : "an operation without a pattern";
}

const char *signature_check(struct bytes text)
{
    if (trim(text).n == 0) {
        return "a signature is needed";
    }

    while (text.n > 0) {
        struct bytes clause = trim(next_part(&text, ";"));
        struct bytes op = next_part(&clause, " ");
        bool known = bytes_eq(op, BYTES("call")) || bytes_eq(op, BYTES("new"))
                     || bytes_eq(op, BYTES("build"));
        if (!known) {
            return "an operation is call, new or build";
        }

        const char *wrong = check_pattern(trim(clause));
        if (wrong != NULL) {
            return wrong;
        }
    }

    return NULL;
}
