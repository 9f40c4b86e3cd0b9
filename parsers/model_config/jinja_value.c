/* jinja_value.c - the values of the evaluator: how they are kept, compared, merged and joined. */
#include "jinja_eval.h"

#include <stdio.h>
#include <string.h>

enum {
    LONGEST_STRING = 65536, /* bytes; a longer one is not kept */
    MOST_ITEMS = 4096, /* of a list that is kept */
    LOOKED_AT = 256, /* items of a list that are looked at to merge it */
    LEVELS = 4 /* of lists in lists that are looked at */
};

struct value value_int(int64_t n) { return (struct value){ .kind = VALUE_INT, .number = n }; }

struct value value_mixed(enum harmless harmless)
{
    return (struct value){ .kind = VALUE_MIXED, .harmless = (uint8_t)harmless };
}

struct value value_part(const struct jinja_eval *ev, struct value v)
{
    bool plain = value_harmless(ev, v) == HARMLESS_PARTS;
    return value_mixed(plain ? HARMLESS_PARTS : HARMLESS_NOT);
}

/* Memory for one more of an array; failed without it. */
static bool grow(struct jinja_eval *ev, void *array_pp, size_t *cap, size_t need, size_t bytes)
{
    ev->failed |= ev->failed || !budget_grow(ev->o->budget, array_pp, cap, need, bytes);
    return !ev->failed;
}

/* --- strings --------------------------------------------------------------------------------- */

void value_append_byte(struct jinja_eval *ev, uint8_t byte)
{
    if (grow(ev, &ev->text, &ev->text_cap, ev->num_text + 1, 1)) {
        ev->text[ev->num_text++] = byte;
    }
}

void value_append(struct jinja_eval *ev, size_t at, size_t n)
{
    if (n > 0 && grow(ev, &ev->text, &ev->text_cap, ev->num_text + n, 1)) {
        memmove(ev->text + ev->num_text, ev->text + at, n);
        ev->num_text += n;
    }
}

static struct value string_from(struct jinja_eval *ev, size_t from)
{
    size_t n = ev->num_text - from;
    if (n > LONGEST_STRING || from > UINT32_MAX - LONGEST_STRING) {
        ev->num_text = from;
        return value_mixed(HARMLESS_NOT);
    }
    return (struct value){ .kind = VALUE_STRING, .a = (uint32_t)from, .n = (uint32_t)n };
}

struct value value_finish(struct jinja_eval *ev, size_t from)
{
    if (ev->failed) {
        return value_mixed(HARMLESS_NOT);
    }
    jinja_check_text(ev, bytes_sub((struct bytes){ ev->text, ev->num_text }, from, SIZE_MAX));
    return string_from(ev, from);
}

struct value value_string(struct jinja_eval *ev, struct bytes text)
{
    size_t from = ev->num_text;
    if (text.n > 0 && grow(ev, &ev->text, &ev->text_cap, from + text.n, 1)) {
        memcpy(ev->text + from, text.p, text.n);
        ev->num_text += text.n;
    }
    return ev->failed ? value_mixed(HARMLESS_NOT) : string_from(ev, from);
}

struct bytes value_text(const struct jinja_eval *ev, struct value v)
{
    bool is_text = v.kind == VALUE_STRING && v.n > 0;
    return is_text ? (struct bytes){ ev->text + v.a, v.n } : BYTES("");
}

bool value_is(const struct jinja_eval *ev, struct value v, const char *text)
{
    return v.kind == VALUE_STRING && bytes_eq(value_text(ev, v), bytes_of(text));
}

/* --- boxes, lists ---------------------------------------------------------------------------- */

uint32_t slot_new(struct jinja_eval *ev, struct value v)
{
    if (!grow(ev, &ev->slots, &ev->slots_cap, ev->num_slots + 2, sizeof *ev->slots)) {
        return 0;
    }
    ev->num_slots += ev->num_slots == 0;
    ev->slots[ev->num_slots] = (struct slot){ v, 0 };
    return (uint32_t)ev->num_slots++;
}

void slot_set(struct jinja_eval *ev, uint32_t slot, struct value v)
{
    if (slot == 0 || ev->failed) {
        return;
    }
    if (ev->num_forks > 0
        && grow(ev, &ev->trail, &ev->trail_cap, ev->num_trail + 1, sizeof *ev->trail)) {
        ev->trail[ev->num_trail++] = (struct undo){ slot, ev->slots[slot].v };
    }
    ev->changed |= !value_equal(ev, ev->slots[slot].v, v);
    ev->slots[slot].v = v;
}

struct value value_open(const struct jinja_eval *ev, struct value v)
{
    return v.kind == VALUE_BOX && v.a != 0 ? ev->slots[v.a].v : v;
}

struct value value_box(struct jinja_eval *ev, struct value inside)
{
    return (struct value){ .kind = VALUE_BOX, .a = slot_new(ev, inside) };
}

bool value_reserve(struct jinja_eval *ev, size_t n, uint32_t *first)
{
    *first = (uint32_t)ev->num_items;
    if (!grow(ev, &ev->items, &ev->items_cap, ev->num_items + n + 1, sizeof *ev->items)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        ev->items[ev->num_items++] = value_of(VALUE_UNSET);
    }
    return true;
}

/* Bytes of the character at p, of n bytes that are left. */
static uint32_t character_bytes(const uint8_t *p, uint32_t n)
{
    uint32_t i = 1;
    while (i < n && (p[i] & 0xC0) == 0x80) {
        i++;
    }
    return i;
}

static struct value characters(struct jinja_eval *ev, struct value v)
{
    struct value out = { .kind = VALUE_LIST };
    if (v.n > MOST_ITEMS || !value_reserve(ev, v.n, &out.a)) {
        return value_part(ev, v);
    }
    for (uint32_t i = 0; i < v.n;) {
        uint32_t n = character_bytes(ev->text + v.a + i, v.n - i);
        ev->items[out.a + out.n++] = (struct value){ .kind = VALUE_STRING, .a = v.a + i, .n = n };
        i += n;
    }
    return out;
}

static struct value keys(struct jinja_eval *ev, struct value dict)
{
    struct value out = { .kind = VALUE_LIST, .n = dict.n };
    if (!value_reserve(ev, dict.n, &out.a)) {
        return value_mixed(HARMLESS_NOT);
    }
    for (uint32_t i = 0; i < dict.n; i++) {
        ev->items[out.a + i] = ev->items[dict.a + 2 * i];
    }
    return out;
}

static struct value numbers(struct jinja_eval *ev, struct value range)
{
    struct value out = { .kind = VALUE_LIST, .n = (uint32_t)range.number };
    if (range.number < 0 || range.number > MOST_ITEMS || range.n == 0
        || !value_reserve(ev, out.n, &out.a)) {
        return range;
    }
    int64_t at = (int32_t)range.a;
    for (uint32_t i = 0; i < out.n; i++, at += (int32_t)range.n) {
        ev->items[out.a + i] = value_int(at);
    }
    return out;
}

struct value value_each(struct jinja_eval *ev, struct value v)
{
    v = value_open(ev, v);
    switch (v.kind) {
    case VALUE_STRING: return characters(ev, v);
    case VALUE_DICT: return keys(ev, v);
    case VALUE_RANGE: return numbers(ev, v);
    default: return v;
    }
}

/* --- merging --------------------------------------------------------------------------------- */

static enum harmless harmless_text(struct bytes text)
{
    if (text.n == 0
        || (memchr(text.p, '_', text.n) == NULL && memchr(text.p, '\\', text.n) == NULL)) {
        return HARMLESS_PARTS;
    }
    bool inside = memmem(text.p, text.n, "__", 2) == NULL && memchr(text.p, '\\', text.n) == NULL;
    bool edges = text.p[0] == '_' || text.p[text.n - 1] == '_';
    return inside && !edges ? HARMLESS_WHOLE : HARMLESS_NOT;
}

static enum harmless harmless_at(const struct jinja_eval *ev, struct value v, unsigned level)
{
    enum harmless least = HARMLESS_PARTS;
    v = value_open(ev, v);
    uint64_t n = v.kind == VALUE_DICT ? 2 * (uint64_t)v.n : v.n;
    switch (v.kind) {
    case VALUE_MIXED: return (enum harmless)v.harmless;
    case VALUE_STRING: return harmless_text(value_text(ev, v));
    case VALUE_METHOD:
    case VALUE_MACRO: return HARMLESS_NOT;
    case VALUE_LIST:
    case VALUE_DICT: break;
    default: return HARMLESS_PARTS;
    }

    if (n > LOOKED_AT || level == LEVELS) {
        return HARMLESS_NOT;
    }
    for (uint64_t i = 0; i < n; i++) {
        enum harmless item = harmless_at(ev, ev->items[v.a + i], level + 1);
        least = item < least ? item : least;
    }
    return least;
}

enum harmless value_harmless(const struct jinja_eval *ev, struct value v)
{
    return harmless_at(ev, v, 0);
}

static bool equal_at(const struct jinja_eval *ev, struct value a, struct value b, unsigned level)
{
    bool has_items = a.kind == VALUE_LIST || a.kind == VALUE_DICT;
    if (a.kind != b.kind) {
        return false;
    }
    if (a.kind == VALUE_STRING) {
        return bytes_eq(value_text(ev, a), value_text(ev, b));
    }
    if (!has_items || a.a == b.a) {
        bool same_place = a.a == b.a && a.n == b.n;
        return same_place && a.number == b.number && a.harmless == b.harmless;
    }
    if (a.n != b.n || a.n > LOOKED_AT || level == LEVELS) {
        return false;
    }

    uint32_t n = a.kind == VALUE_DICT ? 2 * a.n : a.n;
    for (uint32_t i = 0; i < n; i++) {
        if (!equal_at(ev, ev->items[a.a + i], ev->items[b.a + i], level + 1)) {
            return false;
        }
    }
    return true;
}

bool value_equal(const struct jinja_eval *ev, struct value a, struct value b)
{
    return equal_at(ev, a, b, 0);
}

static bool is_number(struct value v) { return v.kind == VALUE_INT || v.kind == VALUE_NUMBER; }

static bool same_keys(const struct jinja_eval *ev, struct value a, struct value b)
{
    bool same = a.kind == VALUE_DICT && b.kind == VALUE_DICT && a.n == b.n && a.n <= LOOKED_AT;
    for (uint32_t i = 0; same && i < a.n; i++) {
        same = value_equal(ev, ev->items[a.a + 2 * i], ev->items[b.a + 2 * i]);
    }
    return same;
}

static struct value merge_at(struct jinja_eval *ev, struct value a, struct value b, unsigned level);

/* Two states of one namespace. */
static struct value merge_dicts(struct jinja_eval *ev, struct value a, struct value b,
                                unsigned level)
{
    struct value out = { .kind = VALUE_DICT, .n = a.n };
    if (!value_reserve(ev, 2 * (size_t)a.n, &out.a)) {
        return value_mixed(HARMLESS_NOT);
    }
    for (uint32_t i = 0; i < 2 * a.n; i++) {
        struct value item = merge_at(ev, ev->items[a.a + i], ev->items[b.a + i], level + 1);
        ev->items[out.a + i] = item;
    }
    return out;
}

static struct value merge_at(struct jinja_eval *ev, struct value a, struct value b, unsigned level)
{
    if (a.kind == VALUE_UNSET || b.kind == VALUE_UNSET) {
        return a.kind == VALUE_UNSET ? b : a;
    }
    if (value_equal(ev, a, b)) {
        return a;
    }
    if (is_number(a) && is_number(b)) {
        return value_of(VALUE_NUMBER);
    }
    if (level < LEVELS && same_keys(ev, a, b)) {
        return merge_dicts(ev, a, b, level);
    }

    enum harmless ha = value_harmless(ev, a);
    enum harmless hb = value_harmless(ev, b);
    enum harmless least = ha < hb ? ha : hb;
    bool is_data = a.kind == VALUE_DATA || b.kind == VALUE_DATA;
    return least == HARMLESS_PARTS && is_data ? value_of(VALUE_DATA) : value_mixed(least);
}

struct value value_merge(struct jinja_eval *ev, struct value a, struct value b)
{
    return merge_at(ev, a, b, 0);
}

bool value_append_text(struct jinja_eval *ev, struct value v)
{
    char digits[24];
    if (v.kind == VALUE_STRING) {
        value_append(ev, v.a, v.n);
        return true;
    }
    if (v.kind != VALUE_INT) {
        return false;
    }
    int n = snprintf(digits, sizeof digits, "%lld", (long long)v.number);
    for (int i = 0; i < n; i++) {
        value_append_byte(ev, (uint8_t)digits[i]);
    }
    return true;
}

struct value value_concat(struct jinja_eval *ev, struct value a, struct value b)
{
    size_t from = ev->num_text;
    if (value_append_text(ev, a) && value_append_text(ev, b)) {
        return value_finish(ev, from);
    }
    ev->num_text = from < ev->num_text ? from : ev->num_text;
    bool is_data = a.kind == VALUE_DATA || b.kind == VALUE_DATA;
    bool whole = value_harmless(ev, a) != HARMLESS_NOT && value_harmless(ev, b) != HARMLESS_NOT;
    return value_mixed(!is_data && whole ? HARMLESS_WHOLE : HARMLESS_NOT);
}

/* --- branches -------------------------------------------------------------------------------- */

struct fork fork_begin(struct jinja_eval *ev)
{
    ev->num_forks++;
    return (struct fork){ ev->num_trail, ev->num_joins, ev->num_slots };
}

static void join(struct jinja_eval *ev, const struct fork *f, uint32_t slot)
{
    struct value v = ev->slots[slot].v;
    for (size_t i = f->joins; i < ev->num_joins; i++) {
        if (ev->joins[i].slot == slot) {
            ev->joins[i].v = value_merge(ev, ev->joins[i].v, v);
            ev->joins[i].num++;
            return;
        }
    }
    if (grow(ev, &ev->joins, &ev->joins_cap, ev->num_joins + 1, sizeof *ev->joins)) {
        ev->joins[ev->num_joins++] = (struct join){ slot, 1, v };
    }
}

/* Remembers what the branch has set, and takes it back. */
void fork_branch(struct jinja_eval *ev, const struct fork *f)
{
    uint32_t stamp = ++ev->stamp;
    while (ev->num_trail > f->trail) {
        const struct undo *u = &ev->trail[--ev->num_trail];
        if (ev->slots[u->slot].stamp != stamp) {
            ev->slots[u->slot].stamp = stamp;
            join(ev, f, u->slot);
        }
        ev->slots[u->slot].v = u->old;
    }
}

void fork_end(struct jinja_eval *ev, const struct fork *f, uint32_t num)
{
    ev->num_forks--;
    for (size_t i = f->joins; i < ev->num_joins; i++) {
        struct join j = ev->joins[i];
        if (j.num < num) {
            j.v = value_merge(ev, ev->slots[j.slot].v, j.v);
        }
        bool before = ev->changed;
        slot_set(ev, j.slot, j.v);
        ev->changed = j.slot < f->slots ? ev->changed : before;
    }
    ev->num_joins = f->joins;
}
