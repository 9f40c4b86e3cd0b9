/* lists.c - finding things in sorted tables. */
#include "model.h"

struct bytes model_text(const struct model *m, struct text t)
{
    return (struct bytes){ (const uint8_t *)m->pool + t.off, t.len };
}

/* Few lists: no need to bisect. */
const struct list *list_find(const struct model *m, struct bytes name)
{
    for (size_t i = 0; i < m->num_lists; i++) {
        if (bytes_eq(model_text(m, m->lists[i].name), name)) {
            return &m->lists[i];
        }
    }
    return NULL;
}

const struct entry *list_entry(const struct model *m, const struct list *l, struct bytes module,
                               struct bytes name)
{
    size_t lo = l->first, hi = lo + l->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        const struct entry *e = &m->entries[mid];
        int c = bytes_cmp(module, model_text(m, e->module));
        if (c == 0) {
            c = bytes_cmp(name, model_text(m, e->name));
        }
        if (c == 0) {
            return e;
        }
        if (c < 0) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }
    return NULL;
}

bool list_has(const struct model *m, const struct list *l, struct bytes text)
{
    size_t lo = l->first, hi = lo + l->count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = bytes_cmp(text, model_text(m, m->lines[mid]));
        if (c == 0) {
            return true;
        }
        if (c < 0) {
            hi = mid;
        } else {
            lo = mid + 1;
        }
    }
    return false;
}

uint32_t op_bit(struct bytes word)
{
    static const struct {
        const char *word;
        uint32_t bit;
    } ops[] = {
        { "import", OP_IMPORT }, { "call", OP_CALL },     { "new", OP_NEW },
        { "build", OP_BUILD },   { "method", OP_METHOD }, { "argument", OP_ARGUMENT },
        { "enum", OP_ENUM },
    };
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        if (bytes_eq(bytes_of(ops[i].word), word)) {
            return ops[i].bit;
        }
    }
    return 0;
}
