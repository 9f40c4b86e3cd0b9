/* view.h - reads the bytes behind a hit of the search, and numbers of either byte order. */
#ifndef MA_SEARCH_VIEW_H
#define MA_SEARCH_VIEW_H
#include "../base/cursor.h"
#include "../base/source.h"

/* Part of the bytes behind a hit, copied. */
struct view {
    struct source *src; /* the object that was searched; borrowed */
    uint64_t at; /* offset of the hit */
    uint8_t buf[4096]; /* what was read last */
};
/* view_left returns the number of bytes from the hit to the end of the object. */
uint64_t view_left(const struct view *v);
/* view_take reads exactly n (<= sizeof buf) bytes at `off` from the hit. Overwrites buf, which *out
 * points to. Returns false when there are fewer, or they cannot be read. */
MUST_CHECK bool view_take(struct view *v, uint64_t off, size_t n, struct cursor *out);
/* view_some reads as many as there are, up to n and up to sizeof buf. */
bool view_some(struct view *v, uint64_t off, size_t n, struct cursor *out);

/* take_u16, take_u32 and take_u64 read a number of either byte order. */
MUST_CHECK bool take_u16(struct cursor *c, bool big, uint16_t *out);
MUST_CHECK bool take_u32(struct cursor *c, bool big, uint32_t *out);
MUST_CHECK bool take_u64(struct cursor *c, bool big, uint64_t *out);
#endif
