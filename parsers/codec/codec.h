/* codec.h - decompression of a source's range, one buffer at a time.
 *
 * Each library has one .c file.  No memory is allocated from a declared size, except for the
 * dictionary that a format's header asks for, within BOUND_dictionary_bytes. */
#ifndef MA_CODEC_CODEC_H
#define MA_CODEC_CODEC_H
#include "../base/budget.h"
#include "../base/sink.h"
#include "../base/source.h"

enum decode_end {
    DECODE_MORE, /* more bytes follow: read again */
    DECODE_DONE, /* the data ended where its format says */
    DECODE_CORRUPT, /* bytes that the format does not allow */
    DECODE_TRUNCATED, /* the packed bytes end before the data does */
    DECODE_STOPPED, /* a read of the source failed */
    DECODE_UNSUPPORTED /* a feature of the format, or a dictionary above BOUND_dictionary_bytes */
};

struct decoder;

/* decoder_new() starts decompression of `packed`, a range of src.  Returns NULL if the codec is
 * unknown, if the range is not within src, or without memory (b->out_of_memory is then set).
 * Borrows src until decoder_free.  The caller frees the decoder. */
struct decoder *decoder_new(enum codec codec, struct source *src, struct range packed,
                            struct budget *b);

/* decoder_read() unpacks up to n bytes into buf and sets *got to their number.  The *got bytes are
 * valid whatever is returned. */
enum decode_end decoder_read(struct decoder *d, uint8_t *buf, size_t n, size_t *got);

/* decoder_consumed() returns how many packed bytes were used so far.  After DECODE_DONE the rest of
 * the range is trailing data. */
uint64_t decoder_consumed(const struct decoder *d);

/* decoder_free() releases the decoder.  Accepts NULL. */
void decoder_free(struct decoder *d);

#endif
