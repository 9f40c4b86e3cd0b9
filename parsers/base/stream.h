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
    struct source *src; /* borrowed */
    uint64_t pos; /* offset in src of the next byte to hand out */
    uint64_t end; /* offset in src of the first byte behind the stream */
    uint64_t buf_off; /* offset in src of buf[0] */
    size_t buf_n; /* bytes of src in buf */
    uint8_t buf[STREAM_BUFFER];
};
/* stream_init starts a stream over the range `at`, which must lie inside src. A stream is 64 KiB:
 * it belongs on the heap, one for each parser. */
void stream_init(struct stream *st, struct source *src, struct range at);
/* stream_open makes a stream on the heap. Returns NULL when the budget or the memory does not
 * suffice. stream_close frees it, and accepts NULL. */
struct stream *stream_open(struct budget *b, struct source *src, struct range at);
void stream_close(struct budget *b, struct stream *st);
static inline uint64_t stream_left(const struct stream *st) { return st->end - st->pos; }
/* stream_peek sets *out to the next n bytes (n <= STREAM_BUFFER) and stays before them. */
MUST_CHECK bool stream_peek(struct stream *st, size_t n, struct bytes *out);
/* stream_take_more is stream_take for bytes that the buffer does not hold yet. */
MUST_CHECK bool stream_take_more(struct stream *st, size_t n, struct bytes *out);
/* stream_take sets *out to the next n bytes (n <= STREAM_BUFFER) and moves behind them. */
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
/* stream_find sets *len to the number of bytes before the next `stop`, and does not move. It looks
 * at no more than max+1 bytes, also at more than the buffer holds: a longer line has to be read
 * from the source in pieces. Returns false when there is no `stop` among them, or on I/O errors. */
MUST_CHECK bool stream_find(struct stream *st, uint8_t stop, uint64_t max, uint64_t *len);
#endif
