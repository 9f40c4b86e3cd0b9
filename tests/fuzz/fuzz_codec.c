/* fuzz_codec.c - the first byte names the codec, the rest is packed.
 *
 * Oracle: how much is asked for at a time changes neither the bytes nor the end. */
#include "../../parsers/codec/codec.h"
#include "fuzz.h"

#include <stdlib.h>

#define MOST (1u << 20) /* bytes unpacked; a bomb has nothing new after that */

struct out {
    uint64_t hash, n, consumed;
    enum decode_end end;
    bool cut;
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
    while (out.end == DECODE_MORE && !out.cut) {
        size_t got = 0;
        out.end = decoder_read(d, buf, step, &got);
        MUST(got <= step && decoder_consumed(d) <= b.n);
        size_t keep = out.n + got <= MOST ? got : (size_t)(MOST - out.n);
        out.hash = fuzz_hash(out.hash, buf, keep);
        out.n += keep;
        out.cut = out.n == MOST;
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
    struct out a = unpack(codec, b, steps[0]),
               z = unpack(codec, b, steps[1 + data[0] / NUM_CODECS % 3]);
    if (!a.cut && !z.cut && a.end == DECODE_DONE && (z.end == DECODE_DONE || !fuzz_failed())) {
        MUST(z.end == DECODE_DONE && a.n == z.n && a.hash == z.hash && a.consumed == z.consumed);
    }
    MUST(a.cut || z.cut || (a.end == DECODE_DONE) == (z.end == DECODE_DONE) || fuzz_failed());
}
