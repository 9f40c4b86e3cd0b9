/* view.h - reads the bytes at a hit of the search, and numbers of either byte order. */
#ifndef MA_SEARCH_VIEW_H
#define MA_SEARCH_VIEW_H
#include "../base/cursor.h"
#include "../base/source.h"

/* The bytes at a hit. */
struct view {
    struct source *src; /* the object that was searched; borrowed */
    uint64_t at; /* offset of the hit */
    uint8_t buf[4096]; /* a copy of the bytes that were read last */
};

/* view_left() returns the number of bytes from the hit to the end of the object. */
uint64_t view_left(const struct view *v);

/* view_take() reads exactly n (<= sizeof buf) bytes at `off` from the hit.  *out points into buf
 * and is valid until the next read.  Returns false if the object has fewer bytes or the read
 * fails. */
MUST_CHECK bool view_take(struct view *v, uint64_t off, size_t n, struct cursor *out);

/* view_some() reads up to n bytes, as many as the object and buf have.  Otherwise as
 * view_take(). */
bool view_some(struct view *v, uint64_t off, size_t n, struct cursor *out);

/* take_u16(), take_u32() and take_u64() read a number of either byte order.  They return false at
 * the end of the bytes. */
MUST_CHECK bool take_u16(struct cursor *c, bool big, uint16_t *out);
MUST_CHECK bool take_u32(struct cursor *c, bool big, uint32_t *out);
MUST_CHECK bool take_u64(struct cursor *c, bool big, uint64_t *out);

#endif
