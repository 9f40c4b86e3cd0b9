/* prefilter.h - searches all bytes of an object, block by block, for the patterns of magic.def.
 *
 *   block -> nibble tables (teddy_avx2.c) or pair table (scan_portable.c)   ~1 place in 10,000
 *         -> the pattern itself, then prefilter_check.c on the next 64 bytes      a hit
 *
 * Both engines find the same hits.  A hit is a candidate: executable.h and embedded_pickle.h read
 * the bytes around it from the source.  The search allocates nothing and reads nothing; its only
 * global state are tables that are built once. */
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

/* magic_name() returns a static text such as "ELF". */
const char *magic_name(enum magic m);

struct hit {
    enum magic magic;
    uint64_t at; /* offset in the object */
};

#define SEARCH_LOOK 64u /* bytes by which a place is checked */
#define SEARCH_CARRY (SEARCH_LOOK - 1u) /* bytes of a block that are kept for the next one */

/* Different candidates of one kind that are checked in one block: weights have none or two.  The
 * smaller bound is for a file that has exceeded the larger one. */
#define SEARCH_DENSE 2048u
#define SEARCH_SPARSE 64u

/* take() receives the hits; it returns false to stop the search. */
struct hit_sink {
    bool (*take)(void *ctx, struct hit h);
    void *ctx;
};

struct search {
    bool portable; /* use the engine without vectors */
    uint64_t at; /* offset of the next block in the object */
    uint8_t carry[SEARCH_CARRY]; /* the last bytes of the block before, num_carry of them */
    size_t num_carry;
    uint64_t left[NUM_MAGICS]; /* hits of each kind that may still be emitted */
    bool capped[NUM_MAGICS]; /* hits were left out: too many, or too many candidates */
    unsigned dense[NUM_MAGICS]; /* candidates of each kind that were checked in this block */

    /* the last candidate of each kind, and the result of its check */
    struct {
        uint8_t look[SEARCH_LOOK];
        size_t n;
        bool hit;
    } last[NUM_MAGICS];

    /* the last place that was no hit of any kind */
    struct {
        uint8_t look[SEARCH_LOOK];
        bool set;
    } quiet;
};

/* search_warm() builds the tables.  Called before a fork, so that each child has them. */
void search_warm(void);

/* search_init() begins a search that emits at most max_hits hits of each kind.  With portable it
 * never uses vectors (for tests). */
void search_init(struct search *s, uint64_t max_hits, bool portable);

/* search_block() searches the next n bytes of the object.  The SEARCH_CARRY bytes in front of
 * `block` are overwritten.  `last` says that the object ends with the block, which may then be
 * empty.  Returns false if the sink stopped the search. */
MUST_CHECK bool search_block(struct search *s, uint8_t *block, size_t n, bool last,
                             struct hit_sink out);

/* prefilter_check() returns false if these bytes, which start with a pattern of m, cannot be of
 * that kind.  look has SEARCH_LOOK bytes, or fewer at the end of the object. */
bool prefilter_check(enum magic m, struct bytes look);

/* shellcode_prefilter() does the same for MAGIC_SHELLCODE (shellcode.c). */
bool shellcode_prefilter(struct bytes look);

#endif
