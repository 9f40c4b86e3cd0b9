/* dict_notes.c - what is remembered of single dictionaries: watched keys, fields of a dtype, and of
 * which object a dictionary has become the state.
 *
 * Few dictionaries have a note: a hash table by the dictionary's number, which the machine
 * counts. */
#include "dict_notes.h"

#include <string.h>

static const struct {
    const char *name;
    uint8_t bytes;
} watched_keys[] = {
#define WATCHED_KEY(name) { name, sizeof(name) - 1 },
#define HARMLESS_KEY(name)
#include "watched_keys.def"
#undef WATCHED_KEY
#undef HARMLESS_KEY
};
static const char *const harmless_keys[] = {
#define WATCHED_KEY(name)
#define HARMLESS_KEY(name) name,
#include "watched_keys.def"
#undef WATCHED_KEY
#undef HARMLESS_KEY
};
enum {
    NUM_WATCHED = sizeof watched_keys / sizeof watched_keys[0],
    NUM_DUNDER_METHODS = 12 /* the first ones, up to __del__ */
};
_Static_assert(NUM_WATCHED < 64, "one bit for each");

/* Whether a watched key can begin so.  Asked for every short text constant. */
static bool may_be_watched(struct bytes b)
{
    switch (b.n > 2 ? b.p[0] : 0) {
    case '_': return true;
    case 'p': return b.n == sizeof "profile_hook_step" - 1;
    case 'g': return b.n == sizeof "get_params" - 1;
    case 'k': return b.n == sizeof "keys" - 1;
    case 'a':
    case 'c':
    case 'e':
    case 'u': return b.n == 3 || (b.n >= 5 && b.n <= 7) || b.n == sizeof "attribute_map" - 1;
    default: return false;
    }
}

#define OTHER_DUNDER (UINT64_C(1) << 63)

static bool is_other_dunder(struct bytes b)
{
    if (b.n <= 4 || !bytes_start(b, BYTES("__")) || !bytes_end(b, BYTES("__"))) {
        return false;
    }
    for (size_t i = 0; i < sizeof harmless_keys / sizeof harmless_keys[0]; i++) {
        if (bytes_eq(b, bytes_of(harmless_keys[i]))) {
            return false;
        }
    }
    return true;
}

uint64_t watched_key(struct bytes b)
{
    if (!may_be_watched(b)) {
        return 0;
    }
    for (size_t i = 0; i < NUM_WATCHED; i++) {
        if (watched_keys[i].bytes == b.n && memcmp(watched_keys[i].name, b.p, b.n) == 0) {
            return UINT64_C(1) << i;
        }
    }
    return is_other_dunder(b) ? OTHER_DUNDER : 0;
}

bool watched_is_safe(uint64_t keys)
{
    return (keys & ((UINT64_C(1) << NUM_DUNDER_METHODS) - 1)) == 0;
}

const char *watched_key_name(unsigned bit)
{
    return bit < NUM_WATCHED ? watched_keys[bit].name : "__*__";
}

static size_t slot_of(const struct dict_notes *d, uint64_t dict)
{
    size_t i = (size_t)((dict * 0x9E3779B97F4A7C15ull) >> 20) & (d->cap - 1);
    while (d->slots[i].dict != 0 && d->slots[i].dict != dict) {
        i = (i + 1) & (d->cap - 1);
    }
    return i;
}

static bool grow(struct vm *m)
{
    struct dict_notes *d = &m->dict_notes;
    struct dict_notes old = *d;
    size_t cap = old.cap == 0 ? 64 : old.cap * 2;
    struct dict_note *slots = budget_resize(m->o->budget, NULL, 0, cap * sizeof *slots);
    if (slots == NULL) {
        return false;
    }
    d->slots = slots;
    d->cap = cap;
    for (size_t i = 0; i < old.cap; i++) {
        if (old.slots[i].dict != 0) {
            slots[slot_of(d, old.slots[i].dict)] = old.slots[i];
        }
    }
    budget_free(m->o->budget, old.slots, old.cap * sizeof *slots);
    return true;
}

struct dict_note *dict_note_find(const struct vm *m, struct val dict)
{
    const struct dict_notes *d = &m->dict_notes;
    if (d->n == 0 || val_kind(dict) != K_DICT) {
        return NULL;
    }
    struct dict_note *note = &d->slots[slot_of(d, val_payload(dict))];
    return note->dict != 0 ? note : NULL;
}

struct dict_note *dict_note_add(struct vm *m, struct val dict)
{
    struct dict_notes *d = &m->dict_notes;
    if ((d->n + 1) * 2 > d->cap && !grow(m)) {
        return NULL;
    }
    struct dict_note *note = &d->slots[slot_of(d, val_payload(dict))];
    d->n += note->dict == 0;
    note->dict = val_payload(dict);
    return note;
}

void dict_notes_clear(struct vm *m)
{
    struct dict_notes *d = &m->dict_notes;
    budget_free(m->o->budget, d->slots, d->cap * sizeof *d->slots);
    *d = (struct dict_notes){ 0 };
}
