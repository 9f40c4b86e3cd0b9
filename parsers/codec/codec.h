/* codec.h - packed bytes in, unpacked bytes out, a buffer at a time.
 *
 * One .c file a library.  Nothing is allocated from a declared size but the
 * dictionaries that a format's header asks for, within MAX_DICTIONARY. */
#ifndef MA_CODEC_CODEC_H
#define MA_CODEC_CODEC_H
#include "../base/budget.h"
#include "../base/sink.h"
#include "../base/source.h"

#define MAX_DICTIONARY (256u << 20) /* bytes a decompressor may take for its window */

enum decode_end {
    DECODE_MORE,
    DECODE_DONE,
    DECODE_CORRUPT,
    DECODE_TRUNCATED,
    DECODE_STOPPED,
    DECODE_UNSUPPORTED
};
struct decoder;
/* src is borrowed.  NULL: no such codec, a range outside src, or no memory. */
struct decoder *decoder_new(enum codec codec, struct source *src, struct range packed,
                            struct budget *b);
/* Up to n bytes.  DECODE_MORE: call again.  *got bytes are good whatever is returned. */
enum decode_end decoder_read(struct decoder *d, uint8_t *buf, size_t n, size_t *got);
/* Packed bytes consumed so far; what the range has beyond is trailing. */
uint64_t decoder_consumed(const struct decoder *d);
void decoder_free(struct decoder *d); /* accepts NULL */
#endif
