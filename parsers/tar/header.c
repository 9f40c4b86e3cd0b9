/* header.c - decodes a tar header block. */
#include "header.h"

/* A field of the header (POSIX.1-2001, "ustar Interchange Format"). */
struct field {
    size_t at; /* offset in the block */
    size_t bytes;
};
static const struct field name_field = { 0, 100 };
static const struct field size_field = { 124, 12 };
static const struct field checksum_field = { 148, 8 };
static const struct field type_field = { 156, 1 };
static const struct field link_field = { 157, 100 };
static const struct field magic_field = { 257, 6 };
static const struct field prefix_field = { 345, 155 };

#define GNU_BASE_256 0x80u /* first byte of a number in GNU's binary form */

static struct bytes field_of(struct bytes block, struct field f)
{
    return bytes_sub(block, f.at, f.bytes);
}

/* Text up to a NUL or the field's end. */
static struct bytes text_of(struct bytes field)
{
    size_t n = 0;
    while (n < field.n && field.p[n] != 0) {
        n++;
    }
    return bytes_sub(field, 0, n);
}

/* A big-endian number behind the first byte of the field.  False: beyond 64 bits. */
static bool read_base_256(struct bytes field, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 1; i < field.n; i++) {
        if (v >> 56 != 0) {
            return false;
        }
        v = v << 8 | field.p[i];
    }

    *out = v;
    return true;
}

/* Octal digits, which blanks may precede and a blank or NUL may follow.  False for anything else,
 * and beyond 64 bits. */
static bool read_octal(struct bytes field, uint64_t *out)
{
    uint64_t v = 0;
    size_t i = 0;
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

static bool read_number(struct bytes field, uint64_t *out)
{
    if (field.n > 0 && field.p[0] == GNU_BASE_256) {
        return read_base_256(field, out);
    }
    return read_octal(field, out);
}

/* The checksum is the sum of all bytes, with blanks in its own field.  Old writers summed signed
 * bytes. */
static bool checksum_fits(struct bytes block, uint64_t declared)
{
    const struct field own = checksum_field;
    uint64_t plain = 0;
    int64_t with_sign = 0;
    for (size_t i = 0; i < block.n; i++) {
        bool is_own = i >= own.at && i < own.at + own.bytes;
        uint8_t b = is_own ? ' ' : block.p[i];
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

static bool is_zero(struct bytes block)
{
    for (size_t i = 0; i < block.n; i++) {
        if (block.p[i] != 0) {
            return false;
        }
    }
    return true;
}

enum tar_block tar_read(struct bytes block, struct tar_header *out)
{
    uint64_t sum, size;
    if (is_zero(block)) {
        return TAR_ZERO;
    }
    if (block.n != TAR_BLOCK || !read_number(field_of(block, checksum_field), &sum)
        || !checksum_fits(block, sum) || !read_number(field_of(block, size_field), &size)) {
        return TAR_NEITHER;
    }

    out->name = text_of(field_of(block, name_field));
    out->link = text_of(field_of(block, link_field));
    out->prefix = (struct bytes){ 0 };
    out->size = size;
    out->type = type_of(block.p[type_field.at]);
    /* Before types, a name with a slash at its end made a folder; tarfile skips no data then. */
    if (block.p[type_field.at] == 0 && bytes_end(out->name, BYTES("/"))) {
        out->type = TAR_DIR;
    }
    /* GNU writes "ustar " here and has no prefix. */
    if (bytes_start(field_of(block, magic_field), BYTES("ustar\0"))) {
        out->prefix = text_of(field_of(block, prefix_field));
    }

    return TAR_HEADER;
}

bool tar_has_data(const struct tar_header *h)
{
    return h->type != TAR_LINK && h->type != TAR_DIR && h->type != TAR_SPECIAL;
}
