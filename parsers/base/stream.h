/* stream.h - sequential reading of a source through one bounded buffer.
 *
 * Same contract as the cursor: a read succeeds and advances, or returns false
 * and changed nothing.  Slices handed out live until the next stream_* call. */
#ifndef MA_BASE_STREAM_H
#define MA_BASE_STREAM_H
#include "budget.h"
#include "source.h"

#define STREAM_BUFFER 65536u /* bytes; the longest slice it can hand out */

struct stream {
    struct source *src;
    uint64_t pos, end; /* next byte to hand out; first byte not ours */
    uint64_t buf_off; /* offset in src of buf[0] */
    size_t buf_n; /* bytes of src in buf */
    uint8_t buf[STREAM_BUFFER];
};
/* at must lie inside src; a stream is 64 KiB: keep it on the heap, one a parser. */
void stream_init(struct stream *st, struct source *src, struct range at);
/* On the heap; NULL: no memory, or more than the budget has. */
struct stream *stream_open(struct budget *b, struct source *src, struct range at);
void stream_close(struct budget *b, struct stream *st); /* NULL too */
static inline uint64_t stream_left(const struct stream *st) { return st->end - st->pos; }
/* The next n bytes (n <= STREAM_BUFFER), without moving. */
MUST_CHECK bool stream_peek(struct stream *st, size_t n, struct bytes *out);
/* As stream_take(), for what the buffer does not hold yet. */
MUST_CHECK bool stream_take_more(struct stream *st, size_t n, struct bytes *out);
/* The next n bytes (n <= STREAM_BUFFER), and past them. */
MUST_CHECK static inline bool stream_take(struct stream *st, size_t n, struct bytes *out)
{
    /* wraps to something large when pos is before the buffer */
    uint64_t at = st->pos - st->buf_off;
    if (at > st->buf_n || n > st->buf_n - at || n > st->end - st->pos) {
        return stream_take_more(st, n, out);
    }
    *out = (struct bytes){ st->buf + at, n };
    st->pos += n;
    return true;
}
MUST_CHECK static inline bool stream_skip(struct stream *st, uint64_t n)
{
    if (n > stream_left(st)) {
        return false;
    }
    st->pos += n;
    return true;
}
MUST_CHECK bool stream_seek(struct stream *st, uint64_t pos);
MUST_CHECK static inline bool stream_u8(struct stream *st, uint8_t *out)
{
    struct bytes b;
    if (!stream_take(st, 1, &b)) {
        return false;
    }
    *out = b.p[0];
    return true;
}
MUST_CHECK bool stream_u16le(struct stream *st, uint16_t *out);
MUST_CHECK bool stream_u32le(struct stream *st, uint32_t *out);
MUST_CHECK bool stream_u64le(struct stream *st, uint64_t *out);
/* Where is the next `stop`, from here on?  *len is the number of bytes before
 * it; looks at no more than max+1 bytes.  Does not move.  Lines longer than the
 * buffer are found too: re-read them from the source in pieces. */
MUST_CHECK bool stream_find(struct stream *st, uint8_t stop, uint64_t max, uint64_t *len);
#endif
