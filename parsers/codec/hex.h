/* hex.h - hexadecimal digits of either case. */
#ifndef MA_CODEC_HEX_H
#define MA_CODEC_HEX_H

/* hex_digit() returns the value of a digit, or -1 for any other character and for -1. */
static inline int hex_digit(int c)
{
    int lower = c | 0x20;
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

#endif
