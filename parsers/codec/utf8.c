/* utf8.c - base64 (RFC 4648, as lenient as Python's: other bytes are skipped) and hex. */
#include "backend.h"

#include <stdlib.h>

struct untext {
    uint32_t bits;
    unsigned num_bits, per_byte;
};

static void *open_text(enum codec codec)
{
    struct untext *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->per_byte = codec == CODEC_HEX ? 4 : 6;
    }
    return s;
}

static int base64_digit(uint8_t c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+' || c == '-' ? 62
           : c == '/' || c == '_' ? 63
                                  : -1;
}

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'                     ? c - '0'
           : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                    : -1;
}

static enum decode_end step(void *state, struct flow *f)
{
    struct untext *s = state;
    while (f->num_in > 0 && f->num_out > 0) {
        int digit = s->per_byte == 4 ? hex_digit(*f->in) : base64_digit(*f->in);
        f->in++;
        f->num_in--;
        if (digit < 0) {
            continue;
        }
        s->bits = s->bits << s->per_byte | (uint32_t)digit;
        s->num_bits += s->per_byte;
        if (s->num_bits >= 8) {
            s->num_bits -= 8;
            *f->out++ = (uint8_t)(s->bits >> s->num_bits);
            f->num_out--;
        }
    }
    return f->num_in == 0 && f->last ? DECODE_DONE : DECODE_MORE;
}

const struct backend text_backend = { open_text, step, free };
