/* view.c - bounded copies of the bytes at a hit. */
#include "view.h"

uint64_t view_left(const struct view *v) { return v->src->size - v->at; }

bool view_take(struct view *v, uint64_t off, size_t n, struct cursor *out)
{
    uint64_t at;
    if (n > sizeof v->buf || !add_u64(v->at, off, &at) || !source_read(v->src, at, v->buf, n)) {
        return false;
    }
    *out = cur_of((struct bytes){ v->buf, n }, off);
    return true;
}

bool view_some(struct view *v, uint64_t off, size_t n, struct cursor *out)
{
    uint64_t at;
    size_t got = 0;
    size_t want = n < sizeof v->buf ? n : sizeof v->buf;
    if (!add_u64(v->at, off, &at) || !source_read_some(v->src, at, v->buf, want, &got)) {
        return false;
    }
    *out = cur_of((struct bytes){ v->buf, got }, off);
    return true;
}

bool take_u16(struct cursor *c, bool big, uint16_t *out)
{
    return big ? cur_u16be(c, out) : cur_u16le(c, out);
}

bool take_u32(struct cursor *c, bool big, uint32_t *out)
{
    return big ? cur_u32be(c, out) : cur_u32le(c, out);
}

bool take_u64(struct cursor *c, bool big, uint64_t *out)
{
    return big ? cur_u64be(c, out) : cur_u64le(c, out);
}
