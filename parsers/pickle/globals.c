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

static uint64_t hash(struct bytes module, struct bytes name)
{
    return keyed_hash(keyed_hash(0, module), name);
}

static uint64_t hash_of_global(const void *ctx, uint32_t g)
{
    const struct vm *m = ctx;
    return hash(global_module(m, g), global_name(m, g));
}

static bool find(const struct vm *m, uint64_t h, struct bytes module, struct bytes name,
                 uint64_t *out)
{
    const struct hash_index *x = &m->globals.index;
    uint32_t g;
    for (size_t slot = hash_index_start(x, h); hash_index_next(x, &slot, &g);) {
        if (bytes_eq(global_module(m, g), module) && bytes_eq(global_name(m, g), name)) {
            *out = g;
            return true;
        }
    }
    return false;
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
    module.p = module.p == NULL ? (const uint8_t *)"" : module.p;
    uint64_t h = hash(module, name);
    if (find(m, h, module, name, out)) {
        return true;
    }
    if (!hash_index_grow(&gs->index, m->o->budget, gs->n, hash_of_global, m)
        || !add(m, module, name)) {
        return false;
    }
    *out = gs->n - 1;
    hash_index_put(&gs->index, h, (uint32_t)*out);
    return true;
}
