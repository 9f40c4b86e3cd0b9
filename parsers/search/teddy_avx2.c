/* teddy_avx2.c - the engine of the prefilter for AVX2: tests 32 places at a time.
 *
 * Each of 8 buckets of patterns has a bit.  For each of the first four bytes of a place, two
 * shuffles turn the low and the high nibble into the set of buckets whose patterns have it; the AND
 * of all eight is the set of buckets for the place.  It is nearly always empty.  The method is
 * Teddy of Hyperscan (Wang et al., NSDI 2019). */
#include "tables.h"

#if defined(__x86_64__) && defined(__GNUC__)
#    include <immintrin.h>

#    define AVX2 __attribute__((target("avx2")))

bool have_avx2(void) { return __builtin_cpu_supports("avx2") != 0; }

struct shuffles {
    __m256i low[TEDDY_BYTES];
    __m256i high[TEDDY_BYTES];
};

AVX2 static inline __m256i load_twice(const uint8_t table[16])
{
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(const void *)table));
}

/* For each of the 32 bytes at p: the buckets whose patterns have it as byte number i. */
AVX2 static inline __m256i buckets_of_byte(const struct shuffles *s, size_t i, const uint8_t *p)
{
    const __m256i nibble = _mm256_set1_epi8(15);
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i low = _mm256_and_si256(v, nibble);
    __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), nibble);
    return _mm256_and_si256(_mm256_shuffle_epi8(s->low[i], low),
                            _mm256_shuffle_epi8(s->high[i], high));
}

/* For each of the 32 places at p: the buckets whose patterns may begin there. */
AVX2 static inline __m256i buckets_of_place(const struct shuffles *s, const uint8_t *p)
{
    __m256i first_two = _mm256_and_si256(buckets_of_byte(s, 0, p), buckets_of_byte(s, 1, p + 1));
    __m256i next_two = _mm256_and_si256(buckets_of_byte(s, 2, p + 2), buckets_of_byte(s, 3, p + 3));
    return _mm256_and_si256(first_two, next_two);
}

AVX2 static bool report_places(__m256i found, size_t at, struct places out)
{
    uint32_t empty =
        (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
    for (uint32_t bits = ~empty; bits != 0; bits &= bits - 1) {
        if (!out.place(out.ctx, at + (size_t)__builtin_ctz(bits))) {
            return false;
        }
    }
    return true;
}

AVX2 bool scan_avx2(const struct tables *t, struct bytes b, size_t from, size_t to, uint8_t wanted,
                    struct places out)
{
    enum { STEP = 64, READS = STEP + TEDDY_BYTES - 1 };
    struct shuffles s;
    size_t i = from;
    for (size_t k = 0; k < TEDDY_BYTES; k++) {
        s.low[k] = load_twice(t->low[k]);
        s.high[k] = load_twice(t->high[k]);
    }

    s.low[0] = _mm256_and_si256(s.low[0], _mm256_set1_epi8((char)wanted));
    for (; i < to && to - i >= STEP && b.n - i >= READS; i += STEP) {
        __m256i one = buckets_of_place(&s, b.p + i);
        __m256i two = buckets_of_place(&s, b.p + i + 32);
        __m256i any = _mm256_or_si256(one, two);
        if (!_mm256_testz_si256(any, any)
            && (!report_places(one, i, out) || !report_places(two, i + 32, out))) {
            return false;
        }
    }

    return scan_portable(t, b, i, to, out);
}
#else
bool have_avx2(void) { return false; }

bool scan_avx2(const struct tables *t, struct bytes b, size_t from, size_t to, uint8_t wanted,
               struct places out)
{
    (void)wanted; /* places of other buckets are rejected later */
    return scan_portable(t, b, from, to, out);
}
#endif
