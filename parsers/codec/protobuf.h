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

enum pb_end {
    PB_FIELD, /* a field was read */
    PB_TRUNCATED, /* the message ends within a tag or a number */
    PB_BAD_TAG, /* a field number, wire type or varint that does not exist */
    PB_PAST_END, /* a length leads beyond the end of the message */
    PB_FAILED /* a read of the source failed */
};

struct pb_field {
    uint64_t number; /* 1 to 2^29-1 */
    enum pb_wire wire;
    uint64_t at; /* offset of the tag */
    uint64_t value; /* for PB_VARINT, PB_FIXED64 and PB_FIXED32 */
    struct range body; /* for PB_BYTES: the bytes' place in the source */
    bool overlong; /* a varint has more bytes than it needs */
};

/* pb_next() reads the next field of a message that ends at offset `end`.  The stream is then behind
 * the field, or at the start of a PB_BYTES body.  On PB_PAST_END, out->body.len is the declared
 * length. */
enum pb_end pb_next(struct stream *in, uint64_t end, struct pb_field *out);

/* pb_varint() reads a varint that ends before offset `end`.  Sets *overlong if it has more bytes
 * than it needs. */
enum pb_end pb_varint(struct stream *in, uint64_t end, uint64_t *out, bool *overlong);

/* pb_count_varints() counts the varints in a range and moves the stream behind it.  Returns false
 * if the last one is truncated or a read fails. */
MUST_CHECK bool pb_count_varints(struct stream *in, struct range at, uint64_t *out);

#endif
