/* prefilter.h - all bytes of an object, block by block, for the first bytes of what matters.
 *
 *   block -> nibble tables (teddy_avx2.c) or pair table (scan_portable.c)   ~1 place in 10,000
 *         -> the pattern itself, then prefilter_check.c on the next 64 bytes      a hit
 *
 * Both engines hand out the same hits.  A hit is a candidate: the bytes around it
 * are looked at elsewhere, from the source.  No allocation, no I/O, no global
 * state but tables that are made once. */
#ifndef MA_SEARCH_PREFILTER_H
#define MA_SEARCH_PREFILTER_H
#include "../base/cursor.h"

enum magic {
#define MAGIC(kind) MAGIC_##kind,
#define PATTERN(kind, bucket, bytes)
#include "magic.def"
#undef MAGIC
#undef PATTERN
    NUM_MAGICS
};
const char *magic_name(enum magic m); /* "ELF" */

struct hit {
    enum magic magic;
    uint64_t at;
};

#define SEARCH_LOOK 64u /* bytes that a hit is judged by */
#define SEARCH_CARRY (SEARCH_LOOK - 1u) /* bytes of a block that wait for the next one */
#define SEARCH_SPARSE 64u /* the same, in a file that has had too many already */
#define SEARCH_DENSE                                                                               \
    2048u /* different candidates of one kind in one block; weights have none or two */

/* Where hits go; false: stop. */
struct hit_sink {
    bool (*take)(void *ctx, struct hit h);
    void *ctx;
};

struct search {
    bool portable; /* the engine without vectors */
    uint64_t at; /* offset of the next byte to come */
    uint8_t carry[SEARCH_CARRY];
    size_t num_carry;
    uint64_t left[NUM_MAGICS]; /* hits that may still be handed out */
    bool capped[NUM_MAGICS]; /* there were more, or they were too dense */
    unsigned dense[NUM_MAGICS]; /* places judged in this block */
    struct {
        uint8_t look[SEARCH_LOOK];
        size_t n;
        bool hit;
    } last[NUM_MAGICS];
    /* of the last place that gave no hit at all */
    struct {
        uint8_t look[SEARCH_LOOK];
        bool set;
    } quiet;
};
/* Before a fork: what each process would make for itself when it first searches. */
void search_warm(void);
/* max_hits: of each kind.  portable: never use vectors, for tests and other machines. */
void search_init(struct search *s, uint64_t max_hits, bool portable);
/* The next n bytes of the object.  `block` has SEARCH_CARRY bytes of room in front
 * of it that are ours to write.  last: nothing comes after; n may be 0 then. */
MUST_CHECK bool search_block(struct search *s, uint8_t *block, size_t n, bool last,
                             struct hit_sink out);

/* prefilter_check.c: can these bytes (SEARCH_LOOK of them, fewer at the end of the object),
 * which start with a pattern of m, be one? */
bool quick_check(enum magic m, struct bytes look);
bool shellcode_quick(struct bytes look); /* shellcode.c */
#endif
