/* base64.c - base64 (RFC 4648) and hexadecimal text; other bytes are skipped, as in Python. */
#include "backend.h"
#include "hex.h"

#include <stdlib.h>

enum { HEX_BITS = 4, BASE64_BITS = 6 }; /* bits of one digit */

struct untext {
    uint32_t bits; /* of the digits read; the low num_bits of them are not written yet */
    unsigned num_bits;
    unsigned per_digit; /* HEX_BITS or BASE64_BITS */
};

static void *open_text(enum codec codec)
{
    struct untext *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->per_digit = codec == CODEC_HEX ? HEX_BITS : BASE64_BITS;
    }
    return s;
}

/* The value of a digit of either alphabet of RFC 4648, or -1. */
static int base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == '+' || c == '-') {
        return 62;
    }

    return c == '/' || c == '_' ? 63 : -1;
}

static enum decode_end step(void *state, struct flow *f)
{
    struct untext *s = state;
    while (f->num_in > 0 && f->num_out > 0) {
        int digit = s->per_digit == HEX_BITS ? hex_digit(*f->in) : base64_digit(*f->in);
        f->in++;
        f->num_in--;
        if (digit < 0) {
            continue;
        }

        s->bits = s->bits << s->per_digit | (uint32_t)digit;
        s->num_bits += s->per_digit;
        if (s->num_bits >= 8) {
            s->num_bits -= 8;
            *f->out++ = (uint8_t)(s->bits >> s->num_bits);
            f->num_out--;
        }
    }

    return f->num_in == 0 && f->last ? DECODE_DONE : DECODE_MORE;
}

const struct backend text_backend = { open_text, step, free };
