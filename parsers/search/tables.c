/* tables.c - builds the tables of both engines from magic.def. */
#include "tables.h"

#include <string.h>
#include <threads.h>

static struct tables tables;
static once_flag tables_built = ONCE_FLAG_INIT;

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

_Static_assert(NUM_MAGICS <= 32, "one bit of tables.kinds for each");

static void fill_kinds(struct tables *t)
{
    for (size_t i = 0; i < t->num_patterns; i++) {
        t->kinds[__builtin_ctz(t->patterns[i].bucket)] |= 1u << t->patterns[i].magic;
    }
}

/* Adds the bucket of a pattern to each nibble of its byte number `at`; all nibbles fit where the
 * pattern has ended. */
static void fill_nibbles_of(struct tables *t, const struct pattern *p, size_t at)
{
    bool any = at >= p->text.n;
    for (size_t nibble = 0; nibble < 16; nibble++) {
        if (any || (p->text.p[at] & 15) == nibble) {
            t->low[at][nibble] |= p->bucket;
        }
        if (any || p->text.p[at] >> 4 == (int)nibble) {
            t->high[at][nibble] |= p->bucket;
        }
    }
}

static void fill_nibbles(struct tables *t)
{
    for (size_t i = 0; i < t->num_patterns; i++) {
        for (size_t at = 0; at < TEDDY_BYTES; at++) {
            fill_nibbles_of(t, &t->patterns[i], at);
        }
    }
}

static void add_pair(struct tables *t, struct bytes text)
{
    unsigned pair = text.p[0] | (unsigned)text.p[1] << 8;
    t->pairs[pair >> 3] = (uint8_t)(t->pairs[pair >> 3] | 1u << (pair & 7));
}

/* Sorts the patterns by their first byte, and fills the table of pairs. */
static void fill_lists(struct tables *t)
{
    size_t n = 0;
    for (unsigned v = 0; v < 256; v++) {
        t->first[v] = (uint8_t)n;
        for (size_t k = 0; k < t->num_patterns; k++) {
            if (t->patterns[k].text.p[0] == v) {
                t->order[n++] = (uint8_t)k;
                add_pair(t, t->patterns[k].text);
            }
        }
    }

    t->first[256] = (uint8_t)n;
}

static void build_tables(void)
{
    static const struct pattern list[] = {
#define MAGIC(kind)
#define PATTERN(kind, bucket, bytes)                                                               \
    { { (const uint8_t *)(bytes), sizeof(bytes) - 1 }, 1u << (bucket), MAGIC_##kind, 0, 0 },
#include "magic.def"
#undef MAGIC
#undef PATTERN
    };

    _Static_assert(sizeof list / sizeof list[0] <= MAX_PATTERNS, "more than MAX_PATTERNS");
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        struct pattern *p = &tables.patterns[tables.num_patterns++];
        size_t n = list[i].text.n < sizeof p->head ? list[i].text.n : sizeof p->head;
        *p = list[i];
        memcpy(&p->head, p->text.p, n);
        memset(&p->mask, 255, n);
    }

    fill_nibbles(&tables);
    fill_kinds(&tables);
    fill_lists(&tables);
}

void search_warm(void) { (void)tables_get(); }

const struct tables *tables_get(void)
{
    call_once(&tables_built, build_tables);
    return &tables;
}
