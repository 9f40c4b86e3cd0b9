/* protobuf.h - the wire format of protocol buffers, field by field.
 *
 *   tag = varint (number << 3 | wire)    wire 0 varint · 1 64 bits · 2 length, bytes · 5 32 bits
 *                                        3 and 4 open and close a group, 6 and 7 do not exist
 * Reference: protobuf.dev, "Encoding".  Nothing is copied: bodies are ranges. */
#ifndef MA_CODEC_PROTOBUF_H
#define MA_CODEC_PROTOBUF_H
#include "../base/stream.h"

enum pb_wire {
    PB_VARINT = 0,
    PB_FIXED64 = 1,
    PB_BYTES = 2,
    PB_GROUP = 3,
    PB_GROUP_END = 4,
    PB_FIXED32 = 5
};
/* FAILED: a read of the machine */
enum pb_end { PB_FIELD, PB_TRUNCATED, PB_BAD_TAG, PB_PAST_END, PB_FAILED };
struct pb_field {
    uint64_t number; /* 1 to 2^29-1 */
    enum pb_wire wire;
    uint64_t at; /* offset of the tag */
    uint64_t value; /* VARINT, FIXED* */
    struct range body; /* BYTES: where they lie; the stream stands at their start */
    bool overlong; /* a varint took more bytes than it needs */
};
/* The next field of a message that ends at `end`; the stream stands behind it, or at its body.
 * On PB_PAST_END, out->body.len is what the file declares. */
enum pb_end pb_next(struct stream *in, uint64_t end, struct pb_field *out);
/* How many varints lie in the range; moves the stream behind it. False on a cut one, or a failed
 * read. */
MUST_CHECK bool pb_count_varints(struct stream *in, struct range at, uint64_t *out);
#endif
