#include "cursor.h"

#include <string.h>

struct bytes bytes_of(const char *s)
{
    return (struct bytes){ (const uint8_t *)s, s == NULL ? 0 : strlen(s) };
}

bool bytes_eq(struct bytes a, struct bytes b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool bytes_start(struct bytes whole, struct bytes start)
{
    return whole.n >= start.n && bytes_eq(bytes_sub(whole, 0, start.n), start);
}

bool bytes_end(struct bytes whole, struct bytes end)
{
    return whole.n >= end.n && bytes_eq(bytes_sub(whole, whole.n - end.n, end.n), end);
}

int bytes_cmp(struct bytes a, struct bytes b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);
    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

struct cursor cur_of(struct bytes b, uint64_t at) { return (struct cursor){ b.p, b.n, at }; }

size_t cur_left(const struct cursor *c) { return c->n; }

/* The only bounds check in this module: every read goes through it. */
static const uint8_t *take_bytes(struct cursor *c, uint64_t n)
{
    const uint8_t *p = c->p;
    if (n > c->n) {
        return NULL;
    }
    if (n > 0) {
        c->p += n;
    }
    c->n -= (size_t)n;
    c->at += n;
    return n == 0 && p == NULL ? (const uint8_t *)"" : p;
}

bool cur_skip(struct cursor *c, uint64_t n) { return take_bytes(c, n) != NULL; }

/* n bytes, least significant first. */
static bool get_le(struct cursor *c, size_t n, uint64_t *out)
{
    const uint8_t *p = take_bytes(c, n);
    if (p == NULL) {
        return false;
    }
    uint64_t v = 0;
    for (size_t i = n; i-- > 0;) {
        v = v << 8 | p[i];
    }
    *out = v;
    return true;
}

static bool get_be(struct cursor *c, size_t n, uint64_t *out)
{
    const uint8_t *p = take_bytes(c, n);
    if (p == NULL) {
        return false;
    }
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        v = v << 8 | p[i];
    }
    *out = v;
    return true;
}

#define DEFINE_READ(name, type, get_bytes)                                                         \
    bool name(struct cursor *c, type *out)                                                         \
    {                                                                                              \
        uint64_t v;                                                                                \
        if (!get_bytes(c, sizeof(type), &v)) {                                                     \
            return false;                                                                          \
        }                                                                                          \
        *out = (type)v;                                                                            \
        return true;                                                                               \
    }
DEFINE_READ(cur_u8, uint8_t, get_le)
DEFINE_READ(cur_u16le, uint16_t, get_le)
DEFINE_READ(cur_u32le, uint32_t, get_le)
DEFINE_READ(cur_u64le, uint64_t, get_le)
DEFINE_READ(cur_u16be, uint16_t, get_be)
DEFINE_READ(cur_u32be, uint32_t, get_be)
DEFINE_READ(cur_u64be, uint64_t, get_be)

bool cur_take(struct cursor *c, uint64_t n, struct bytes *out)
{
    const uint8_t *p = take_bytes(c, n);
    if (p == NULL) {
        return false;
    }
    *out = (struct bytes){ p, (size_t)n };
    return true;
}

bool cur_sub(struct cursor *c, uint64_t n, struct cursor *out)
{
    uint64_t at = c->at;
    struct bytes b;
    if (!cur_take(c, n, &b)) {
        return false;
    }
    *out = cur_of(b, at);
    return true;
}

bool cur_until(struct cursor *c, uint8_t stop, size_t max, struct bytes *out)
{
    size_t look = c->n > max ? max + 1 : c->n;
    const uint8_t *p = look == 0 ? NULL : memchr(c->p, stop, look);
    if (p == NULL) {
        return false;
    }
    *out = (struct bytes){ c->p, (size_t)(p - c->p) };
    return cur_skip(c, out->n + 1);
}

bool cur_varint(struct cursor *c, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 10 && i < c->n; i++) {
        uint64_t part = c->p[i] & 0x7Fu;
        if (i == 9 && part > 1) { /* the tenth byte holds one bit */
            return false;
        }
        v |= part << (7 * i);
        if (c->p[i] < 0x80) {
            *out = v;
            return cur_skip(c, i + 1);
        }
    }
    return false;
}
