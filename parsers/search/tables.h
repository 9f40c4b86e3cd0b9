/* tables.h - what both engines of the prefilter share. */
#ifndef MA_SEARCH_TABLES_H
#define MA_SEARCH_TABLES_H
#include "prefilter.h"

#define MAX_PATTERNS 64
#define TEDDY_BYTES 4 /* first bytes that the nibble tables look at */

struct pattern {
    struct bytes is;
    uint8_t bucket;
    enum magic magic; /* bucket: one bit */
    uint32_t head, mask; /* its first four bytes as they lie in memory, and which of them it has */
};
struct tables {
    struct pattern patterns[MAX_PATTERNS];
    size_t num_patterns;
    uint8_t first[257]; /* patterns with first byte b: order[first[b]] up to order[first[b + 1]] */
    uint8_t order[MAX_PATTERNS];
    uint8_t pairs[8192]; /* a bit for each pair of first bytes */
    uint32_t kinds[8]; /* magics that have patterns in each bucket, one bit each */
    uint8_t low[TEDDY_BYTES][16], high[TEDDY_BYTES][16]; /* nibble -> buckets, one bit each */
};
/* Made once, read-only after that. */
const struct tables *tables_get(void);

/* Places of b in [from, to) that may start a pattern go to `place`; false: it said
 * stop.  b goes on for SEARCH_LOOK - 1 bytes after `to` where the object does. */
struct places {
    bool (*place)(void *ctx, size_t at);
    void *ctx;
};
bool scan_portable(const struct tables *t, struct bytes b, size_t from, size_t to,
                   struct places out);
/* Places of these buckets only; the portable engine does not know buckets. */
bool scan_avx2(const struct tables *t, struct bytes b, size_t from, size_t to, uint8_t buckets,
               struct places out);
bool have_avx2(void);
#endif
