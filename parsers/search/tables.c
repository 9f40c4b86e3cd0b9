/* tables.c - patterns sorted into the tables of both engines. */
#include "tables.h"

#include <string.h>
#include <threads.h>

static struct tables tables;
static once_flag made = ONCE_FLAG_INIT;

const char *magic_name(enum magic m)
{
    static const char *const names[NUM_MAGICS] = {
#define MAGIC(kind) #kind,
#define PATTERN(kind, bucket, bytes)
#include "magic.def"
#undef MAGIC
#undef PATTERN
    };
    return m < NUM_MAGICS ? names[m] : "";
}

_Static_assert(NUM_MAGICS <= 32, "a bit each in kinds");

static void fill_kinds(struct tables *t)
{
    for (size_t i = 0; i < t->num_patterns; i++) {
        t->kinds[__builtin_ctz(t->patterns[i].bucket)] |= 1u << t->patterns[i].magic;
    }
}

/* Every nibble that a pattern takes lets the pattern's bucket through. */
static void fill_nibbles(struct tables *t)
{
    for (size_t i = 0; i < t->num_patterns * TEDDY_BYTES * 16; i++) {
        const struct pattern *p = &t->patterns[i / (TEDDY_BYTES * 16)];
        size_t at = i / 16 % TEDDY_BYTES, nibble = i % 16;
        bool any = at >= p->is.n; /* shorter patterns do not mind the rest */
        if (any || (p->is.p[at] & 15) == nibble) {
            t->low[at][nibble] |= p->bucket;
        }
        if (any || p->is.p[at] >> 4 == (int)nibble) {
            t->high[at][nibble] |= p->bucket;
        }
    }
}

static void fill_lists(struct tables *t)
{
    size_t n = 0;
    for (unsigned v = 0; v < 256; v++) {
        t->first[v] = (uint8_t)n;
        for (size_t k = 0; k < t->num_patterns; k++) {
            if (t->patterns[k].is.p[0] == v) {
                t->order[n++] = (uint8_t)k;
                unsigned pair = v | (unsigned)t->patterns[k].is.p[1] << 8;
                t->pairs[pair >> 3] = (uint8_t)(t->pairs[pair >> 3] | 1u << (pair & 7));
            }
        }
    }
    t->first[256] = (uint8_t)n;
}

static void make(void)
{
    static const struct pattern list[] = {
#define MAGIC(kind)
#define PATTERN(kind, bucket, bytes)                                                               \
    { { (const uint8_t *)(bytes), sizeof(bytes) - 1 }, 1u << (bucket), MAGIC_##kind, 0, 0 },
#include "magic.def"
#undef MAGIC
#undef PATTERN
    };
    _Static_assert(sizeof list / sizeof list[0] <= MAX_PATTERNS,
                   "more patterns than tables have room for");
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct pattern *p = &tables.patterns[tables.num_patterns++];
        *p = list[i];
        memcpy(&p->head, p->is.p, p->is.n < 4 ? p->is.n : 4);
        memset(&p->mask, 255, p->is.n < 4 ? p->is.n : 4);
    }
    fill_nibbles(&tables);
    fill_kinds(&tables);
    fill_lists(&tables);
}

void search_warm(void) { (void)tables_get(); }

const struct tables *tables_get(void)
{
    call_once(&made, make);
    return &tables;
}
