#include "stream.h"

#include <string.h>

void stream_init(struct stream *st, struct source *src, struct range at)
{
    st->src = src;
    st->pos = at.off;
    st->end = at.off + at.len;
    st->buf_off = at.off;
    st->buf_n = 0;
}

struct stream *stream_open(struct budget *b, struct source *src, struct range at)
{
    struct stream *st = budget_malloc(b, sizeof *st);
    if (st != NULL) {
        stream_init(st, src, at);
    }
    return st;
}

void stream_close(struct budget *b, struct stream *st) { budget_free(b, st, sizeof *st); }

/* Makes buf hold [pos, pos+n); reads ahead as far as the buffer goes. */
static bool fill(struct stream *st, size_t n)
{
    if (n > stream_left(st) || n > STREAM_BUFFER) {
        return false;
    }
    if (st->pos >= st->buf_off && st->pos - st->buf_off + n <= st->buf_n) {
        return true;
    }
    size_t want = stream_left(st) < STREAM_BUFFER ? (size_t)stream_left(st) : STREAM_BUFFER;
    size_t kept = 0;
    if (st->pos >= st->buf_off && st->pos - st->buf_off < st->buf_n) {
        size_t from = (size_t)(st->pos - st->buf_off);
        kept = st->buf_n - from;
        memmove(st->buf, st->buf + from, kept);
    }
    st->buf_off = st->pos;
    st->buf_n = kept;
    if (!source_read(st->src, st->pos + kept, st->buf + kept, want - kept)) {
        return false;
    }
    st->buf_n = want;
    return true;
}

bool stream_peek(struct stream *st, size_t n, struct bytes *out)
{
    if (!fill(st, n)) {
        return false;
    }
    *out = (struct bytes){ st->buf + (st->pos - st->buf_off), n };
    return true;
}

bool stream_take_more(struct stream *st, size_t n, struct bytes *out)
{
    if (!stream_peek(st, n, out)) {
        return false;
    }
    st->pos += n;
    return true;
}

bool stream_seek(struct stream *st, uint64_t pos)
{
    if (pos > st->end) {
        return false;
    }
    st->pos = pos;
    return true;
}

static bool take_le(struct stream *st, size_t n, uint64_t *out)
{
    struct bytes b;
    if (!stream_take(st, n, &b)) {
        return false;
    }
    uint64_t v = 0;
    for (size_t i = n; i-- > 0;) {
        v = v << 8 | b.p[i];
    }
    *out = v;
    return true;
}

#define DEFINE_READ(name, type)                                                                    \
    bool name(struct stream *st, type *out)                                                        \
    {                                                                                              \
        uint64_t v;                                                                                \
        if (!take_le(st, sizeof(type), &v)) {                                                      \
            return false;                                                                          \
        }                                                                                          \
        *out = (type)v;                                                                            \
        return true;                                                                               \
    }
DEFINE_READ(stream_u16le, uint16_t)
DEFINE_READ(stream_u32le, uint32_t)
DEFINE_READ(stream_u64le, uint64_t)

/* What the buffer holds of the next `look` bytes. */
static struct bytes buffered(const struct stream *st, uint64_t look)
{
    uint64_t at = st->pos - st->buf_off;
    if (at >= st->buf_n) {
        return (struct bytes){ NULL, 0 };
    }
    return (struct bytes){ st->buf + at,
                           look < st->buf_n - at ? (size_t)look : (size_t)(st->buf_n - at) };
}

static bool find_in(struct bytes b, uint8_t stop, uint64_t before, uint64_t *len)
{
    const uint8_t *hit = b.n == 0 ? NULL : memchr(b.p, stop, b.n);
    if (hit != NULL) {
        *len = before + (uint64_t)(hit - b.p);
    }
    return hit != NULL;
}

/* Looks through the buffer first, then through a fresh one; what lies past that is read
 * in pieces of its own, so that the position and its buffer stay. */
bool stream_find(struct stream *st, uint8_t stop, uint64_t max, uint64_t *len)
{
    uint8_t piece[4096];
    uint64_t look = stream_left(st) <= max ? stream_left(st) : max + 1;
    size_t near = look < STREAM_BUFFER / 2 ? (size_t)look : STREAM_BUFFER / 2;
    struct bytes b = buffered(st, look);
    if (find_in(b, stop, 0, len)) {
        return true;
    }
    if (b.n < near) {
        if (!stream_peek(st, near, &b)) {
            return false;
        }
        if (find_in(b, stop, 0, len)) {
            return true;
        }
    }
    for (uint64_t done = b.n; done < look;) {
        size_t n = look - done < sizeof piece ? (size_t)(look - done) : sizeof piece;
        if (!source_read(st->src, st->pos + done, piece, n)) {
            return false;
        }
        if (find_in((struct bytes){ piece, n }, stop, done, len)) {
            return true;
        }
        done += n;
    }
    return false;
}
