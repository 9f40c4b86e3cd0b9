/* lists.c - looks up names, entries and lines in the sorted lists. */
#include "tables.h"

struct bytes pool_bytes(const struct rule_tables *t, struct pool_text text)
{
    return (struct bytes){ (const uint8_t *)t->pool + text.off, text.len };
}

/* A linear search: there are few lists. */
const struct list *list_find(const struct rule_tables *t, struct bytes name)
{
    for (size_t i = 0; i < t->num_lists; i++) {
        if (bytes_eq(pool_bytes(t, t->lists[i].name), name)) {
            return &t->lists[i];
        }
    }
    return NULL;
}

const struct entry *list_entry(const struct rule_tables *t, const struct list *l,
                               struct bytes module, struct bytes name)
{
    size_t low = l->first;
    size_t high = low + l->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        const struct entry *e = &t->entries[mid];
        int order = bytes_cmp(module, pool_bytes(t, e->module));
        if (order == 0) {
            order = bytes_cmp(name, pool_bytes(t, e->name));
        }
        if (order == 0) {
            return e;
        }
        if (order < 0) {
            high = mid;
        } else {
            low = mid + 1;
        }
    }

    return NULL;
}

bool list_has(const struct rule_tables *t, const struct list *l, struct bytes text)
{
    size_t low = l->first;
    size_t high = low + l->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = bytes_cmp(text, pool_bytes(t, t->lines[mid]));
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            high = mid;
        } else {
            low = mid + 1;
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
