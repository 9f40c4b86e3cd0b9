#include "protobuf.h"

#define MAX_NUMBER 0x1FFFFFFFu /* of a field: 2^29 - 1 */

/* Up to 10 bytes; bits beyond 64 are dropped as protobuf drops them. */
static enum pb_end varint(struct stream *in, uint64_t end, uint64_t *out, bool *overlong)
{
    uint64_t v = 0;
    uint8_t b = 0x80;
    unsigned n = 0;
    for (; (b & 0x80) != 0; n++) {
        if (n == 10) {
            return PB_BAD_TAG;
        }
        if (in->pos >= end) {
            return PB_TRUNCATED;
        }
        if (!stream_u8(in, &b)) {
            return PB_FAILED;
        }
        v |= n < 9 || b <= 1 ? (uint64_t)(b & 0x7F) << 7 * n : 0;
    }
    *overlong |= n > 1 && b == 0;
    *out = v;
    return PB_FIELD;
}

static enum pb_end fixed(struct stream *in, uint64_t end, size_t n, uint64_t *out)
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

static enum pb_end payload(struct stream *in, uint64_t end, struct pb_field *f)
{
    enum pb_end e = PB_FIELD;
    switch (f->wire) {
    case PB_VARINT: return varint(in, end, &f->value, &f->overlong);
    case PB_FIXED64: return fixed(in, end, 8, &f->value);
    case PB_FIXED32: return fixed(in, end, 4, &f->value);
    case PB_GROUP:
    case PB_GROUP_END: return PB_FIELD;
    case PB_BYTES:
        e = varint(in, end, &f->body.len, &f->overlong);
        f->body.off = in->pos;
        return e != PB_FIELD ? e : f->body.len > end - in->pos ? PB_PAST_END : PB_FIELD;
    }
    return PB_BAD_TAG;
}

enum pb_end pb_next(struct stream *in, uint64_t end, struct pb_field *out)
{
    uint64_t tag;
    *out = (struct pb_field){ .at = in->pos };
    enum pb_end e = varint(in, end, &tag, &out->overlong);
    if (e != PB_FIELD) {
        return e;
    }
    out->number = tag >> 3;
    out->wire = (enum pb_wire)(tag & 7);
    if (out->number == 0 || out->number > MAX_NUMBER || (tag & 7) > PB_FIXED32) {
        return PB_BAD_TAG;
    }
    return payload(in, end, out);
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
