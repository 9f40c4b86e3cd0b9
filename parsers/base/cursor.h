/* cursor.h - a bounded view of untrusted bytes, and the only way to read them.
 *
 * A cursor borrows [p, p+n) from its creator and never frees or writes it.
 * Every cur_* read either succeeds and advances, or returns false and leaves
 * both the cursor and *out exactly as they were.  `at` is the absolute offset
 * of p in the object, kept so that every fact can say where it was seen. */
#ifndef MA_BASE_CURSOR_H
#define MA_BASE_CURSOR_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))

/* A slice of memory: borrowed, not NUL-ended. */
struct bytes {
    const uint8_t *p;
    size_t n;
};
/* A range of an object, in bytes. */
struct range {
    uint64_t off;
    uint64_t len;
};
struct cursor {
    const uint8_t *p; /* the next byte */
    size_t n; /* bytes that are left */
    uint64_t at; /* offset of p in the object */
};

/* Bytes of a string literal, without its NUL. */
#define BYTES(literal) ((struct bytes){ (const uint8_t *)(literal), sizeof(literal) - 1 })
/* Bytes of a NUL-ended string of our own (never of file bytes). NULL: empty. */
struct bytes bytes_of(const char *s);
bool bytes_eq(struct bytes a, struct bytes b);
bool bytes_start(struct bytes whole, struct bytes start);
bool bytes_end(struct bytes whole, struct bytes end);
/* <0, 0, >0 as memcmp, a shorter prefix first. */
int bytes_cmp(struct bytes a, struct bytes b);
/* b[from, from+n), clamped to what is there. */
static inline struct bytes bytes_sub(struct bytes b, size_t from, size_t n)
{
    from = from < b.n ? from : b.n;
    n = n < b.n - from ? n : b.n - from;
    return (struct bytes){ b.p == NULL ? NULL : b.p + from, n };
}

struct cursor cur_of(struct bytes b, uint64_t at);
size_t cur_left(const struct cursor *c);
MUST_CHECK bool cur_skip(struct cursor *c, uint64_t n);
MUST_CHECK bool cur_u8(struct cursor *c, uint8_t *out);
MUST_CHECK bool cur_u16le(struct cursor *c, uint16_t *out);
MUST_CHECK bool cur_u32le(struct cursor *c, uint32_t *out);
MUST_CHECK bool cur_u64le(struct cursor *c, uint64_t *out);
MUST_CHECK bool cur_u16be(struct cursor *c, uint16_t *out);
MUST_CHECK bool cur_u32be(struct cursor *c, uint32_t *out);
MUST_CHECK bool cur_u64be(struct cursor *c, uint64_t *out);
/* n is u64 on purpose: a length read from the file goes in unnarrowed. */
MUST_CHECK bool cur_take(struct cursor *c, uint64_t n, struct bytes *out);
/* A child cursor over the next n bytes; the parent moves past them.  What the
 * child leaves unread is the caller's to notice (trailing bytes are a fact). */
MUST_CHECK bool cur_sub(struct cursor *c, uint64_t n, struct cursor *out);
/* Bytes up to, not including, `stop`; the cursor moves past stop.  False when
 * stop is not among the next max+1 bytes. */
MUST_CHECK bool cur_until(struct cursor *c, uint8_t stop, size_t max, struct bytes *out);
/* Protobuf varint; false on truncation, on more than 10 bytes, on overflow. */
MUST_CHECK bool cur_varint(struct cursor *c, uint64_t *out);

/* Checked arithmetic for every number that came from a file: false on overflow. */
MUST_CHECK static inline bool add_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_add_overflow(a, b, out);
}
MUST_CHECK static inline bool mul_u64(uint64_t a, uint64_t b, uint64_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}
#endif
