/* jinja_filters.c - filters, and methods of strings, lists and data. */
#include "jinja_eval.h"

#include <string.h>

#define HUGE_WIDTH 10000000 /* bytes; a width beyond it is a bomb */

static bool is(struct bytes name, const char *text) { return bytes_eq(name, bytes_of(text)); }

static bool is_one_of(struct bytes name, const char *const *list)
{
    for (; *list != NULL; list++) {
        if (is(name, *list)) {
            return true;
        }
    }
    return false;
}

/* Filters and methods whose result is a number or a truth value. */
static const char *const counting[] = { "length",     "count",    "int",       "float",   "abs",
                                        "round",      "sum",      "find",      "rfind",   "index",
                                        "startswith", "endswith", "isdigit",   "isalpha", "isupper",
                                        "islower",    "isspace",  "wordcount", NULL };

/* Those that take a constant of the template into the result. */
static const char *const building[] = { "replace",    "format",         "join",     "center",
                                        "ljust",      "rjust",          "zfill",    "translate",
                                        "indent",     "xmlattr",        "tojson",   "format_map",
                                        "expandtabs", "filesizeformat", "wordwrap", NULL };

static bool any_constant(struct jinja_eval *ev, const struct arguments *args)
{
    for (uint32_t i = 0; i < args->n; i++) {
        struct value v = argument(ev, args, i);
        if (v.kind == VALUE_STRING || v.kind == VALUE_MIXED || v.kind == VALUE_LIST) {
            return true;
        }
    }
    return false;
}

static void check_width(struct jinja_eval *ev, const struct arguments *args)
{
    for (uint32_t i = 0; i < args->n; i++) {
        struct value v = argument(ev, args, i);
        if (v.kind == VALUE_INT && v.number > HUGE_WIDTH) {
            jinja_note(ev, NOTE_BOMB, BYTES(""));
        }
    }
}

/* The result of a function that is not computed. */
static struct value unknown(struct jinja_eval *ev, struct bytes name, struct value v,
                            const struct arguments *args)
{
    if (is_one_of(name, counting)) {
        return value_of(VALUE_NUMBER);
    }
    if (v.kind != VALUE_DATA) {
        return value_mixed(v.kind == VALUE_MIXED && v.harmless == HARMLESS_PARTS
                                   && !any_constant(ev, args)
                               ? HARMLESS_PARTS
                               : HARMLESS_NOT);
    }
    bool builds = is_one_of(name, building) && any_constant(ev, args);
    return builds ? value_mixed(HARMLESS_NOT) : value_of(VALUE_DATA);
}

/* --- filters of lists ------------------------------------------------------------------------ */

/* The arguments behind the first n. */
static struct arguments rest_of(const struct jinja_eval *ev, const struct arguments *args,
                                uint32_t n)
{
    struct arguments rest = *args;
    for (; n > 0 && rest.n > 0; n--) {
        rest.first++;
        rest.n--;
        rest.node = rest.node == 0 ? 0 : ev->tree->nodes[rest.node].next;
    }
    return rest;
}

/* map(attribute="a.b"), map("upper"), map("attr", "a") */
static struct value map(struct jinja_eval *ev, struct value v, const struct arguments *args)
{
    struct value attribute = keyword(ev, args, "attribute");
    struct value filter = argument(ev, args, 0);
    struct value list = value_each(ev, v);
    jinja_reach(ev, attribute, true);
    if (attribute.kind != VALUE_UNSET) {
        return list.kind == VALUE_DATA ? list : value_mixed(value_harmless(ev, list));
    }

    struct arguments rest = rest_of(ev, args, 1);
    jinja_reach(ev, filter.kind == VALUE_MIXED ? filter : value_of(VALUE_UNSET), false);
    struct value name = value_string(ev, BYTES(""));
    struct value out = { .kind = VALUE_LIST, .n = list.n };
    name = filter.kind == VALUE_STRING ? filter : name;
    if (list.kind != VALUE_LIST || !value_reserve(ev, list.n, &out.a)) {
        return jinja_filter_value(ev, value_text(ev, name), list, &rest);
    }
    for (uint32_t i = 0; i < list.n && jinja_step(ev, ev->now); i++) {
        struct value item = value_open(ev, ev->items[list.a + i]);
        item = jinja_filter_value(ev, value_text(ev, name), item, &rest);
        ev->items[out.a + i] = item;
    }
    return out;
}

static struct value reversed(struct jinja_eval *ev, struct value v)
{
    struct value part[3] = { value_of(VALUE_UNSET), value_of(VALUE_UNSET), value_int(-1) };
    return text_slice(ev, v, part);
}

/* Filters of constant lists. */
static bool list_filter(struct jinja_eval *ev, struct bytes name, struct value v,
                        const struct arguments *args, struct value *out)
{
    struct value list = value_each(ev, v);
    if (list.kind != VALUE_LIST) {
        return false;
    }
    uint32_t node = args->node;
    bool has_keyword = node != 0 && args->n > 0 && ev->tree->nodes[node].text_n > 0;
    if (args->n > 1 || has_keyword) {
        return false;
    }
    if (is(name, "join")) {
        *out = text_join(ev, list, argument(ev, args, 0));
    } else if (is(name, "list")) {
        *out = list;
    } else if (is(name, "reverse")) {
        *out = reversed(ev, list);
    } else if (is(name, "first") || is(name, "last")) {
        *out = jinja_item(ev, list, value_int(is(name, "first") ? 0 : -1));
    } else if (is(name, "length") || is(name, "count")) {
        *out = value_int(list.n);
    } else {
        return false;
    }
    return true;
}

/* --- all filters ----------------------------------------------------------------------------- */

/* Filters that take the name of an attribute. */
static void check_attributes(struct jinja_eval *ev, struct bytes name, const struct arguments *args)
{
    static const char *const first[] = {
        "attr", "selectattr", "rejectattr", "groupby", "sum", NULL
    };
    static const char *const second[] = { "join", NULL };
    jinja_reach(ev, keyword(ev, args, "attribute"), true);
    jinja_reach(ev, keyword(ev, args, "name"), true);
    if (is_one_of(name, first)) {
        jinja_reach(ev, argument(ev, args, 0), !is(name, "attr"));
    }
    if (is_one_of(name, second)) {
        jinja_reach(ev, argument(ev, args, 1), true);
    }
}

static bool filter_of_constant(struct jinja_eval *ev, struct bytes name, struct value v,
                               const struct arguments *args, struct value *out)
{
    if (is(name, "string") && v.kind == VALUE_INT) {
        *out = value_concat(ev, value_string(ev, BYTES("")), v);
        return true;
    }
    if (v.kind == VALUE_STRING && is(name, "format")) {
        struct value values = { .kind = VALUE_LIST, .a = args->first, .n = args->n };
        *out = text_percent(ev, v, values);
        return true;
    }
    if (v.kind == VALUE_STRING && text_function(ev, name, v, args, out)) {
        return true;
    }
    return list_filter(ev, name, v, args, out);
}

struct value jinja_filter_value(struct jinja_eval *ev, struct bytes name, struct value v,
                                const struct arguments *args)
{
    struct value out;
    char copy[32]; /* name may be one of the strings, which move */
    size_t n = name.n < sizeof copy ? name.n : 0;
    memcpy(copy, n > 0 ? (const char *)name.p : "", n);
    name = (struct bytes){ (const uint8_t *)copy, n };
    if (!jinja_step(ev, ev->now)) {
        return value_mixed(HARMLESS_NOT);
    }

    v = value_open(ev, v);
    check_width(ev, args);
    check_attributes(ev, name, args);
    if (is(name, "map")) {
        return map(ev, v, args);
    }
    if (is(name, "attr")) {
        return jinja_item(ev, v, argument(ev, args, 0));
    }
    bool is_default = is(name, "default") || is(name, "d");
    if (is_default && v.kind == VALUE_STRING && args->n == 1) {
        return v;
    }
    if (is_default) {
        return value_merge(ev, v, argument(ev, args, 0));
    }
    if (filter_of_constant(ev, name, v, args, &out)) {
        return out;
    }
    return unknown(ev, name, v, args);
}

/* --- methods --------------------------------------------------------------------------------- */

/* list.append(x): the box then holds a longer list. */
static void append_item(struct jinja_eval *ev, struct value box, struct value item)
{
    struct value old = value_open(ev, box);
    struct value new = { .kind = VALUE_LIST, .n = old.n + 1 };
    if (old.kind != VALUE_LIST || !value_reserve(ev, (size_t)old.n + 1, &new.a)) {
        slot_set(ev, box.a, value_merge(ev, old, item));
        return;
    }
    for (uint32_t i = 0; i < old.n; i++) {
        ev->items[new.a + i] = ev->items[old.a + i];
    }
    ev->items[new.a + old.n] = item;
    slot_set(ev, box.a, new);
}

/* Methods that change what they are called on. */
static bool changing_method(struct jinja_eval *ev, struct bytes name, struct value box,
                            const struct arguments *args)
{
    static const char *const others[] = { "extend", "insert",     "update",  "pop",  "remove",
                                          "clear",  "setdefault", "reverse", "sort", NULL };
    if (box.kind != VALUE_BOX) {
        return false;
    }
    if (is(name, "append")) {
        append_item(ev, box, argument(ev, args, 0));
        return true;
    }
    if (!is_one_of(name, others)) {
        return false;
    }

    struct value all = value_mixed(value_harmless(ev, box));
    for (uint32_t i = 0; i < args->n; i++) {
        enum harmless item = value_harmless(ev, argument(ev, args, i));
        all.harmless = item < all.harmless ? (uint8_t)item : all.harmless;
    }
    slot_set(ev, box.a, all);
    return true;
}

/* dict.get(KEY, OTHERWISE) and the like. */
static bool dict_method(struct jinja_eval *ev, struct bytes name, struct value v,
                        const struct arguments *args, struct value *out)
{
    if (is(name, "get") && (v.kind == VALUE_DICT || v.kind == VALUE_DATA)) {
        *out = value_merge(ev, jinja_item(ev, v, argument(ev, args, 0)), argument(ev, args, 1));
        return true;
    }
    if (v.kind == VALUE_DICT && is(name, "keys")) {
        *out = value_each(ev, v);
        return true;
    }
    return false;
}

struct value jinja_method(struct jinja_eval *ev, struct value receiver, struct value method,
                          const struct arguments *args)
{
    char copy[32];
    struct bytes name = value_text(ev, method);
    struct value v = value_open(ev, receiver);
    struct value out;
    size_t n = name.n < sizeof copy ? name.n : 0;
    memcpy(copy, n > 0 ? (const char *)name.p : "", n);
    name = (struct bytes){ (const uint8_t *)copy, n };
    check_width(ev, args);
    if (is(name, "format") || is(name, "format_map")) {
        jinja_check_fields(ev, v);
        return v.kind == VALUE_STRING && is(name, "format") ? text_format(ev, v, args)
                                                            : value_mixed(HARMLESS_NOT);
    }
    if (is(name, "join") && v.kind == VALUE_STRING) {
        return text_join(ev, argument(ev, args, 0), v);
    }
    if (changing_method(ev, name, receiver, args)) {
        return value_mixed(value_harmless(ev, v));
    }
    if (dict_method(ev, name, v, args, &out)) {
        return out;
    }
    if (v.kind == VALUE_STRING && text_function(ev, name, v, args, &out)) {
        return out;
    }
    return unknown(ev, name, v, args);
}
