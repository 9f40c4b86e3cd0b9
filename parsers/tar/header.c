#include "header.h"

/* Text up to a NUL or the field's end. */
static struct bytes text_of(struct bytes field)
{
    size_t n = 0;
    while (n < field.n && field.p[n] != 0) {
        n++;
    }
    return bytes_sub(field, 0, n);
}

/* Octal with blanks around it, or GNU's base 256 (first byte 0x80). */
static bool number_of(struct bytes field, uint64_t *out)
{
    uint64_t v = 0;
    size_t i = 0;
    if (field.n > 0 && field.p[0] == 0x80) {
        for (i = 1; i < field.n; i++) {
            if (v >> 56 != 0) {
                return false;
            }
            v = v << 8 | field.p[i];
        }
        *out = v;
        return true;
    }
    while (i < field.n && field.p[i] == ' ') {
        i++;
    }
    for (; i < field.n && field.p[i] >= '0' && field.p[i] <= '7'; i++) {
        if (v >> 61 != 0) {
            return false;
        }
        v = v << 3 | (uint64_t)(field.p[i] - '0');
    }
    *out = v;
    return i == field.n || field.p[i] == 0 || field.p[i] == ' ';
}

/* The sum of all bytes with the checksum field as blanks; old writers summed signed ones. */
static bool checksum_fits(struct bytes block, uint64_t declared)
{
    uint64_t plain = 0;
    int64_t with_sign = 0;
    for (size_t i = 0; i < block.n; i++) {
        uint8_t b = i >= 148 && i < 156 ? ' ' : block.p[i];
        plain += b;
        with_sign += (int8_t)b;
    }
    return plain == declared || (with_sign >= 0 && (uint64_t)with_sign == declared);
}

static enum tar_type type_of(uint8_t flag)
{
    switch (flag) {
    case '1':
    case '2': return TAR_LINK;
    case '3':
    case '4':
    case '6': return TAR_SPECIAL;
    case '5': return TAR_DIR;
    case 'x':
    case 'X': return TAR_PAX;
    case 'g': return TAR_PAX_GLOBAL;
    case 'L': return TAR_LONG_NAME;
    case 'K': return TAR_LONG_LINK;
    case 'S': return TAR_SPARSE;
    default: return TAR_FILE; /* POSIX: an unknown type is a file */
    }
}

enum tar_block tar_read(struct bytes block, struct tar_header *out)
{
    uint64_t sum, size;
    bool zero = true;
    for (size_t i = 0; zero && i < block.n; i++) {
        zero = block.p[i] == 0;
    }
    if (zero) {
        return TAR_ZERO;
    }
    if (block.n != TAR_BLOCK || !number_of(bytes_sub(block, 148, 8), &sum)
        || !checksum_fits(block, sum) || !number_of(bytes_sub(block, 124, 12), &size)) {
        return TAR_NEITHER;
    }
    /* GNU writes "ustar " and has no prefix */
    bool ustar = bytes_start(bytes_sub(block, 257, 6), BYTES("ustar\0"));
    out->name = text_of(bytes_sub(block, 0, 100));
    out->link = text_of(bytes_sub(block, 157, 100));
    out->prefix = ustar ? text_of(bytes_sub(block, 345, 155)) : (struct bytes){ 0 };
    out->size = size;
    out->type = type_of(block.p[156]);
    return TAR_HEADER;
}

bool tar_has_data(const struct tar_header *h)
{
    return h->type != TAR_LINK && h->type != TAR_DIR && h->type != TAR_SPECIAL;
}
