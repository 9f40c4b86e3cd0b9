/* globals.c - globals, interned; Python 2 names; what can be an import at all. */
#include "vm.h"

#include <string.h>

struct name_row {
    const char *module, *name, *to_module, *to_name;
};
static const struct name_row mapped_names[] = {
#define NAME(m, n, to_m, to_n) { m, n, to_m, to_n },
#define MODULE(m, to_m)
#include "py2_names.def"
#undef NAME
#undef MODULE
};
static const struct name_row mapped_modules[] = {
#define NAME(m, n, to_m, to_n)
#define MODULE(m, to_m) { m, NULL, to_m, NULL },
#include "py2_names.def"
#undef NAME
#undef MODULE
};

void map_python2(struct bytes *module, struct bytes *name)
{
    for (size_t i = 0; i < sizeof mapped_names / sizeof mapped_names[0]; i++) {
        const struct name_row *r = &mapped_names[i];
        if (bytes_eq(*module, bytes_of(r->module)) && bytes_eq(*name, bytes_of(r->name))) {
            *module = bytes_of(r->to_module);
            *name = bytes_of(r->to_name);
            return;
        }
    }
    for (size_t i = 0; i < sizeof mapped_modules / sizeof mapped_modules[0]; i++) {
        if (bytes_eq(*module, bytes_of(mapped_modules[i].module))) {
            *module = bytes_of(mapped_modules[i].to_module);
            return;
        }
    }
}

/* Letters, digits, _ and anything beyond ASCII, in parts between dots. */
bool dotted_identifier(struct bytes b)
{
    bool start = true;
    for (size_t i = 0; i < b.n; i++) {
        uint8_t c = b.p[i];
        bool ascii_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
        bool letter = ascii_letter || c == '_' || c >= 0x80;
        bool digit = c >= '0' && c <= '9';
        bool separator = c == '.';
        if (start ? !letter : !(letter || digit || separator)) {
            return false;
        }
        start = separator;
    }
    return b.n > 0 && !start;
}

static uint64_t hash(struct bytes a, struct bytes b)
{
    uint64_t h = 14695981039346656037ull; /* FNV-1a; collisions only cost time */
    for (size_t i = 0; i < a.n; i++) {
        h = (h ^ a.p[i]) * 1099511628211ull;
    }
    h = (h ^ 0xFF) * 1099511628211ull;
    for (size_t i = 0; i < b.n; i++) {
        h = (h ^ b.p[i]) * 1099511628211ull;
    }
    return h ^ h >> 29;
}

/* The index alone: an instance's payload has more (tensor_views.c). */
static const struct global *global_at(const struct vm *m, uint64_t g)
{
    return &m->globals.items[g & UINT32_MAX];
}

struct bytes global_module(const struct vm *m, uint64_t g)
{
    const struct global *item = global_at(m, g);
    return (struct bytes){ m->globals.text + item->text, item->num_module };
}

struct bytes global_name(const struct vm *m, uint64_t g)
{
    const struct global *item = global_at(m, g);
    return (struct bytes){ m->globals.text + item->text + item->num_module, item->num_name };
}

/* The slot of that global, or the empty one where it belongs. */
static uint32_t *find(const struct vm *m, struct bytes module, struct bytes name)
{
    const struct globals *gs = &m->globals;
    size_t i = (size_t)hash(module, name) & (gs->num_slots - 1);
    while (gs->slots[i] != 0
           && !(bytes_eq(global_module(m, gs->slots[i] - 1), module)
                && bytes_eq(global_name(m, gs->slots[i] - 1), name))) {
        i = (i + 1) & (gs->num_slots - 1);
    }
    return &gs->slots[i];
}

static bool more_slots(struct vm *m)
{
    struct globals *gs = &m->globals;
    size_t n = gs->num_slots == 0 ? 64 : gs->num_slots * 2;
    uint32_t *fresh = budget_resize(m->o->budget, NULL, 0, n * sizeof *fresh);
    if (fresh == NULL) {
        return false;
    }
    budget_free(m->o->budget, gs->slots, gs->num_slots * sizeof *fresh);
    gs->slots = fresh;
    gs->num_slots = n;
    for (size_t g = 0; g < gs->n; g++) {
        *find(m, global_module(m, g), global_name(m, g)) = (uint32_t)g + 1;
    }
    return true;
}

/* module and name may point into globals.text itself: offsets survive its growth. */
static bool add(struct vm *m, struct bytes module, struct bytes name)
{
    struct globals *gs = &m->globals;
    struct budget *b = m->o->budget;
    uint8_t *copy = budget_resize(b, NULL, 0, module.n + name.n + 1);
    if (copy == NULL) {
        return false;
    }
    memcpy(copy, module.p, module.n);
    if (name.n > 0) {
        memcpy(copy + module.n, name.p, name.n);
    }
    bool ok = gs->n < UINT32_MAX - 1
              && budget_grow(b, &gs->text, &gs->text_cap, gs->num_text + module.n + name.n + 1, 1)
              && budget_grow(b, &gs->items, &gs->cap, gs->n + 1, sizeof *gs->items);
    if (ok) {
        memcpy(gs->text + gs->num_text, copy, module.n + name.n);
        gs->items[gs->n++] = (struct global){ gs->num_text, (uint32_t)module.n, (uint32_t)name.n };
        gs->num_text += module.n + name.n;
    }
    budget_free(b, copy, module.n + name.n + 1);
    return ok;
}

bool global_intern(struct vm *m, struct bytes module, struct bytes name, uint64_t *out)
{
    struct globals *gs = &m->globals;
    if ((gs->n + 1) * 2 > gs->num_slots && !more_slots(m)) {
        return false;
    }
    module.p = module.p == NULL ? (const uint8_t *)"" : module.p;
    uint32_t *slot = find(m, module, name);
    if (*slot == 0) {
        if (!add(m, module, name)) {
            return false;
        }
        *slot = (uint32_t)gs->n;
    }
    *out = *slot - 1;
    return true;
}
