/* weights.c - writes pseudo-random bytes with the statistics of weights, as fast as a disk.
 * weights KIND BYTES SEED >out       KIND: random fp32 fp16 bf16 int8 q4  Values are approximately
 * normal (sigma 0.02): sums of four uniform numbers.  q4 is Q4_0 of GGUF: a scale as fp16, then 16
 * bytes of nibbles, for 32 weights. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

/* splitmix64 */
static uint64_t next(void)
{
    uint64_t z = state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static float weight(void)
{
    uint64_t r = next();
    int sum = (int)(r & 0xffff) + (int)(r >> 16 & 0xffff) + (int)(r >> 32 & 0xffff) + (int)(r >> 48)
              - 131070;
    return (float)sum * (0.02f / 37837.0f);
}

static uint32_t bits(float f)
{
    uint32_t u;
    memcpy(&u, &f, sizeof u);
    return u;
}

/* The value as fp16, rounded towards zero; subnormal numbers become zero. */
static uint16_t half(float f)
{
    uint32_t u = bits(f);
    uint32_t sign = u >> 16 & 0x8000;
    int exponent = (int)(u >> 23 & 255) - 112;
    if (exponent <= 0) {
        return (uint16_t)sign;
    }
    return (uint16_t)(sign | (uint32_t)exponent << 10 | (u >> 13 & 0x3ff));
}

static size_t put(uint8_t *p, uint64_t v, size_t n)
{
    memcpy(p, &v, n);
    return n;
}

/* Writes one weight, or one block of q4, and returns its bytes. */
static size_t put_weight(const char *kind, uint8_t *p)
{
    if (strcmp(kind, "fp32") == 0) {
        return put(p, bits(weight()), 4);
    }
    if (strcmp(kind, "bf16") == 0) {
        return put(p, bits(weight()) >> 16, 2);
    }
    if (strcmp(kind, "fp16") == 0) {
        return put(p, half(weight()), 2);
    }
    if (strcmp(kind, "int8") == 0) {
        return put(p, (uint8_t)(int8_t)(weight() * 1600), 1);
    }
    if (strcmp(kind, "q4") == 0) {
        put(p, half(weight() * 0.1f), 2);
        put(p + 2, next() & 0x7777777777777777u, 8);
        return 10 + put(p + 10, next(), 8);
    }

    return put(p, next(), 8);
}

int main(int argc, char **argv)
{
    static uint8_t buf[1 << 20];
    if (argc != 4) {
        fputs("usage: weights random|fp32|fp16|bf16|int8|q4 BYTES SEED\n", stderr);
        return 64;
    }

    uint64_t left = strtoull(argv[2], NULL, 10);
    state = strtoull(argv[3], NULL, 10);
    while (left > 0) {
        size_t n = 0;
        while (n + 18 <= sizeof buf) {
            n += put_weight(argv[1], buf + n);
        }
        n = n < left ? n : (size_t)left;
        if (fwrite(buf, 1, n, stdout) != n) {
            return 2;
        }
        left -= n;
    }

    return 0;
}
