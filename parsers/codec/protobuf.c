/* protobuf.c - reads the fields of a protocol buffer from a stream. */
#include "protobuf.h"

#define MAX_FIELD_NUMBER 0x1FFFFFFFu /* 2^29 - 1 */
#define MAX_VARINT_BYTES 10u /* 64 bits, seven a byte */

/* Bits beyond the 64th are dropped, as in protobuf's own readers. */
enum pb_end pb_varint(struct stream *in, uint64_t end, uint64_t *out, bool *overlong)
{
    uint64_t v = 0;
    uint8_t b = 0x80;
    unsigned n = 0;
    for (; (b & 0x80) != 0; n++) {
        if (n == MAX_VARINT_BYTES) {
            return PB_BAD_TAG;
        }
        if (in->pos >= end) {
            return PB_TRUNCATED;
        }
        if (!stream_u8(in, &b)) {
            return PB_FAILED;
        }
        if (n < MAX_VARINT_BYTES - 1 || b <= 1) {
            v |= (uint64_t)(b & 0x7F) << 7 * n;
        }
    }

    *overlong |= n > 1 && b == 0;
    *out = v;
    return PB_FIELD;
}

/* A little-endian number of n bytes. */
static enum pb_end read_fixed(struct stream *in, uint64_t end, size_t n, uint64_t *out)
{
    struct bytes b;
    if (end - in->pos < n) {
        return PB_TRUNCATED;
    }
    if (!stream_take(in, n, &b)) {
        return PB_FAILED;
    }

    *out = 0;
    for (size_t i = n; i-- > 0;) {
        *out = *out << 8 | b.p[i];
    }

    return PB_FIELD;
}

static enum pb_end read_length(struct stream *in, uint64_t end, struct pb_field *f)
{
    enum pb_end e = pb_varint(in, end, &f->body.len, &f->overlong);
    f->body.off = in->pos;
    if (e == PB_FIELD && f->body.len > end - in->pos) {
        return PB_PAST_END;
    }
    return e;
}

static enum pb_end read_payload(struct stream *in, uint64_t end, struct pb_field *f)
{
    switch (f->wire) {
    case PB_VARINT: return pb_varint(in, end, &f->value, &f->overlong);
    case PB_FIXED64: return read_fixed(in, end, 8, &f->value);
    case PB_FIXED32: return read_fixed(in, end, 4, &f->value);
    case PB_BYTES: return read_length(in, end, f);
    case PB_GROUP:
    case PB_GROUP_END: return PB_FIELD;
    }
    return PB_BAD_TAG;
}

enum pb_end pb_next(struct stream *in, uint64_t end, struct pb_field *out)
{
    uint64_t tag;
    *out = (struct pb_field){ .at = in->pos };
    enum pb_end e = pb_varint(in, end, &tag, &out->overlong);
    if (e != PB_FIELD) {
        return e;
    }

    out->number = tag >> 3;
    out->wire = (enum pb_wire)(tag & 7);
    if (out->number == 0 || out->number > MAX_FIELD_NUMBER || (tag & 7) > PB_FIXED32) {
        return PB_BAD_TAG;
    }

    return read_payload(in, end, out);
}

bool pb_count_varints(struct stream *in, struct range at, uint64_t *out)
{
    uint8_t last = 0;
    *out = 0;
    for (uint64_t left = at.len; left > 0;) {
        struct bytes b;
        size_t n = left < STREAM_BUFFER ? (size_t)left : STREAM_BUFFER;
        if (!stream_take(in, n, &b)) {
            return false;
        }

        for (size_t i = 0; i < n; i++) {
            *out += (b.p[i] & 0x80) == 0;
        }

        last = b.p[n - 1];
        left -= n;
    }

    return (last & 0x80) == 0;
}
