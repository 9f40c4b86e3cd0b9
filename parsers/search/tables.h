/* tables.h - the lookup tables of both engines of the prefilter. */
#ifndef MA_SEARCH_TABLES_H
#define MA_SEARCH_TABLES_H
#include "prefilter.h"

#define MAX_PATTERNS 64
#define TEDDY_BYTES 4 /* first bytes of a pattern that are in the nibble tables */

struct pattern {
    struct bytes text;
    uint8_t bucket; /* one bit */
    enum magic magic;
    uint32_t head; /* its first four bytes, in the order of memory */
    uint32_t mask; /* 255 for each of these bytes that it has */
};

struct tables {
    struct pattern patterns[MAX_PATTERNS];
    size_t num_patterns;
    uint8_t first[257]; /* patterns with first byte b: order[first[b]] up to order[first[b + 1]] */
    uint8_t order[MAX_PATTERNS];
    uint8_t pairs[8192]; /* one bit for each pair of first bytes */
    uint32_t kinds[8]; /* the kinds of the patterns in each bucket, one bit each */
    uint8_t low[TEDDY_BYTES][16]; /* low nibble of a byte -> buckets, one bit each */
    uint8_t high[TEDDY_BYTES][16]; /* likewise for the high nibble */
};

/* tables_get() returns the tables, which the first call builds.  They are constant after that. */
const struct tables *tables_get(void);

/* place() receives the places where a pattern may begin; it returns false to stop. */
struct places {
    bool (*place)(void *ctx, size_t at);
    void *ctx;
};

/* scan_portable() calls out for the places of b in [from, to).  b has SEARCH_LOOK - 1 bytes behind
 * `to`, or fewer at the end of the object.  Returns false if out stopped. */
bool scan_portable(const struct tables *t, struct bytes b, size_t from, size_t to,
                   struct places out);

/* scan_avx2() does the same with vectors, for the patterns in `buckets` only (scan_portable() has
 * no such choice).  Needs have_avx2(). */
bool scan_avx2(const struct tables *t, struct bytes b, size_t from, size_t to, uint8_t buckets,
               struct places out);

/* have_avx2() returns whether the processor has AVX2. */
bool have_avx2(void);

#endif
