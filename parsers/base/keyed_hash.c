#include "keyed_hash.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>

static uint64_t process_key[2];

static void draw_key(void)
{
    uint64_t drawn[2];
    if (getrandom(drawn, sizeof drawn, 0) == (ssize_t)sizeof drawn) {
        memcpy(process_key, drawn, sizeof drawn);
    }
}

void keyed_hash_init(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, draw_key); /* fails only for an invalid control */
}

struct sip {
    uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t v, unsigned bits) { return v << bits | v >> (64 - bits); }

static inline void sip_round(struct sip *s)
{
    s->a += s->b;
    s->b = rotate(s->b, 13) ^ s->a;
    s->a = rotate(s->a, 32);
    s->c += s->d;
    s->d = rotate(s->d, 16) ^ s->c;
    s->a += s->d;
    s->d = rotate(s->d, 21) ^ s->a;
    s->c += s->b;
    s->b = rotate(s->b, 17) ^ s->c;
    s->c = rotate(s->c, 32);
}

static inline void absorb(struct sip *s, uint64_t word)
{
    s->d ^= word;
    sip_round(s);
    s->a ^= word;
}

uint64_t siphash13(const uint64_t key[2], struct bytes b)
{
    struct sip s = { key[0] ^ 0x736f6d6570736575u, key[1] ^ 0x646f72616e646f6du,
                     key[0] ^ 0x6c7967656e657261u, key[1] ^ 0x7465646279746573u };
    uint64_t word, last = (uint64_t)b.n << 56;
    size_t i = 0;

    for (; i + sizeof word <= b.n; i += sizeof word) {
        memcpy(&word, b.p + i, sizeof word);
        absorb(&s, word);
    }
    for (unsigned shift = 0; i < b.n; i++, shift += 8) {
        last |= (uint64_t)b.p[i] << shift;
    }
    absorb(&s, last);

    s.c ^= 0xff;
    sip_round(&s);
    sip_round(&s);
    sip_round(&s);
    return s.a ^ s.b ^ s.c ^ s.d;
}

uint64_t keyed_hash(uint64_t seed, struct bytes b)
{
    const uint64_t key[2] = { process_key[0] ^ seed, process_key[1] };
    return siphash13(key, b);
}

uint64_t keyed_hash_u64(uint64_t v)
{
    return siphash13(process_key, (struct bytes){ (const uint8_t *)&v, sizeof v });
}
