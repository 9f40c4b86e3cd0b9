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

struct value value_mixed(bool harmless)
{
    return (struct value){ .kind = VALUE_MIXED, .harmless = harmless };
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
        return value_mixed(false);
    }
    return (struct value){ .kind = VALUE_STRING, .a = (uint32_t)from, .n = (uint32_t)n };
}

struct value value_finish(struct jinja_eval *ev, size_t from)
{
    if (ev->failed) {
        return value_mixed(false);
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
    return ev->failed ? value_mixed(false) : string_from(ev, from);
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

static struct value characters(struct jinja_eval *ev, struct value v)
{
    struct value out = { .kind = VALUE_LIST, .n = v.n };
    if (v.n > MOST_ITEMS || !value_reserve(ev, v.n, &out.a)) {
        return value_mixed(value_harmless(ev, v));
    }
    for (uint32_t i = 0; i < v.n; i++) {
        ev->items[out.a + i] = (struct value){ .kind = VALUE_STRING, .a = v.a + i, .n = 1 };
    }
    return out;
}

static struct value keys(struct jinja_eval *ev, struct value dict)
{
    struct value out = { .kind = VALUE_LIST, .n = dict.n };
    if (!value_reserve(ev, dict.n, &out.a)) {
        return value_mixed(false);
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

/* A text from which no internal name can be put together with other such texts. */
static bool harmless_text(struct bytes text)
{
    bool inside = memmem(text.p, text.n, "__", 2) == NULL && memchr(text.p, '\\', text.n) == NULL;
    return text.n == 0 || (inside && text.p[0] != '_' && text.p[text.n - 1] != '_');
}

static bool harmless_at(const struct jinja_eval *ev, struct value v, unsigned level)
{
    v = value_open(ev, v);
    uint64_t n = v.kind == VALUE_DICT ? 2 * (uint64_t)v.n : v.n;
    switch (v.kind) {
    case VALUE_MIXED: return v.harmless;
    case VALUE_STRING: return harmless_text(value_text(ev, v));
    case VALUE_LIST:
    case VALUE_DICT: break;
    default: return true;
    }

    if (n > LOOKED_AT || level == LEVELS) {
        return false;
    }
    for (uint64_t i = 0; i < n; i++) {
        if (!harmless_at(ev, ev->items[v.a + i], level + 1)) {
            return false;
        }
    }
    return true;
}

bool value_harmless(const struct jinja_eval *ev, struct value v) { return harmless_at(ev, v, 0); }

bool value_equal(const struct jinja_eval *ev, struct value a, struct value b)
{
    if (a.kind != b.kind) {
        return false;
    }
    if (a.kind == VALUE_STRING) {
        return bytes_eq(value_text(ev, a), value_text(ev, b));
    }
    bool same_place = a.a == b.a && a.n == b.n;
    return same_place && a.number == b.number && a.harmless == b.harmless;
}

static bool is_number(struct value v) { return v.kind == VALUE_INT || v.kind == VALUE_NUMBER; }

struct value value_merge(struct jinja_eval *ev, struct value a, struct value b)
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

    bool harmless = value_harmless(ev, a) && value_harmless(ev, b);
    bool is_data = a.kind == VALUE_DATA || b.kind == VALUE_DATA;
    return harmless && is_data ? value_of(VALUE_DATA) : value_mixed(harmless);
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
    return value_mixed(!is_data && value_harmless(ev, a) && value_harmless(ev, b));
}

/* --- branches -------------------------------------------------------------------------------- */

struct fork fork_begin(struct jinja_eval *ev)
{
    ev->num_forks++;
    return (struct fork){ ev->num_trail, ev->num_joins };
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
        slot_set(ev, j.slot, j.v);
    }
    ev->num_joins = f->joins;
}
