/* name_collisions.c - compares names by Unicode's caseless matching (libunistring: full case
 * folding, then NFD). */
#include "name_collisions.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <uninorm.h>
#include <unistr.h>

struct folded {
    const char *name;
    uint8_t *text;
    size_t n;
};

static int by_text(const void *a, const void *b)
{
    const struct folded *x = a, *y = b;
    size_t n = x->n < y->n ? x->n : y->n;
    int order = memcmp(x->text, y->text, n);
    if (order != 0) {
        return order;
    }
    return (x->n > y->n) - (x->n < y->n);
}

static bool is_ascii(const char *s)
{
    for (; *s != 0; s++) {
        if ((unsigned char)*s >= 0x80) {
            return false;
        }
    }
    return true;
}

bool name_is_utf8(const char *name)
{
    return u8_check((const uint8_t *)name, strlen(name)) == NULL;
}

static uint8_t *fold_ascii(const char *name, size_t len)
{
    uint8_t *out = malloc(len + 1);
    for (size_t i = 0; out != NULL && i < len; i++) {
        bool upper = name[i] >= 'A' && name[i] <= 'Z';
        out[i] = (uint8_t)(upper ? name[i] + 32 : name[i]);
    }
    return out;
}

/* Returns *n bytes on the heap, or NULL when out of memory. Names that are not UTF-8 were refused
 * before. */
static uint8_t *fold_name(const char *name, size_t *n)
{
    size_t len = strlen(name);
    if (!is_ascii(name)) {
        return u8_casefold((const uint8_t *)name, len, NULL, UNINORM_NFD, NULL, n);
    }
    *n = len;
    return fold_ascii(name, len);
}

bool names_are_distinct(const struct manifest *m, const char **a, const char **b)
{
    struct folded *all = calloc(m->n + 1, sizeof *all);
    bool ok = all != NULL;

    for (size_t i = 0; ok && i < m->n; i++) {
        all[i].name = m->all[i].name;
        all[i].text = fold_name(m->all[i].name, &all[i].n);
        ok = all[i].text != NULL;
        *a = *b = m->all[i].name;
    }

    if (ok && m->n > 1) {
        qsort(all, m->n, sizeof *all, by_text);
    }

    for (size_t i = 1; ok && i < m->n; i++) {
        ok = by_text(&all[i - 1], &all[i]) != 0;
        *a = all[i - 1].name;
        *b = all[i].name;
    }

    for (size_t i = 0; all != NULL && i < m->n; i++) {
        free(all[i].text);
    }

    free(all);
    return ok;
}
