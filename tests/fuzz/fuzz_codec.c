/* fuzz_codec.c - decompression: the first byte selects the codec, the rest is packed data.
 *
 * Oracle: the sizes of the reads change neither the unpacked bytes nor the end. */
#include "../../parsers/codec/codec.h"
#include "fuzz.h"

#include <stdlib.h>

#define MAX_UNPACKED (1u << 20) /* bytes; a decompression bomb repeats itself after that */

struct out {
    uint64_t hash; /* of the unpacked bytes */
    uint64_t n; /* unpacked bytes */
    uint64_t consumed; /* packed bytes */
    enum decode_end end;
    bool capped; /* MAX_UNPACKED was reached */
};

static struct out unpack(enum codec codec, struct bytes b, size_t step)
{
    static uint8_t buf[65536];
    struct source src;
    struct budget budget;
    struct out out = { .end = DECODE_MORE };
    fuzz_budget(&budget);
    source_mem(&src, b);
    struct decoder *d = decoder_new(codec, &src, (struct range){ 0, b.n }, &budget);
    if (d == NULL) {
        MUST(fuzz_failed());
        return (struct out){ .end = DECODE_STOPPED };
    }

    while (out.end == DECODE_MORE && !out.capped) {
        size_t got = 0;
        out.end = decoder_read(d, buf, step, &got);
        MUST(got <= step && decoder_consumed(d) <= b.n);
        size_t kept = out.n + got <= MAX_UNPACKED ? got : (size_t)(MAX_UNPACKED - out.n);
        out.hash = fuzz_hash(out.hash, buf, kept);
        out.n += kept;
        out.capped = out.n == MAX_UNPACKED;
    }

    out.consumed = decoder_consumed(d);
    decoder_free(d);
    return out;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static const size_t steps[] = { 65536, 4096, 61, 1000 };
    if (size < 1) {
        return;
    }

    enum codec codec = (enum codec)(data[0] % NUM_CODECS);
    struct bytes b = { data + 1, size - 1 };
    struct out a = unpack(codec, b, steps[0]);
    struct out z = unpack(codec, b, steps[1 + data[0] / NUM_CODECS % 3]);
    if (a.capped || z.capped) {
        return;
    }

    MUST((a.end == DECODE_DONE) == (z.end == DECODE_DONE) || fuzz_failed());
    if (a.end == DECODE_DONE && z.end == DECODE_DONE) {
        MUST(a.n == z.n && a.hash == z.hash && a.consumed == z.consumed);
    }
}
