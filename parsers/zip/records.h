/* records.h - decodes the records of a zip archive.
 *
 * Each zip_read_*() moves the cursor behind the fixed part of the record, which begins with its
 * signature, or returns false and leaves cursor and *out unchanged.  Numbers are not checked, only
 * widened by the zip64 extra field (APPNOTE 4.5.3). */
#ifndef MA_ZIP_RECORDS_H
#define MA_ZIP_RECORDS_H
#include "../base/cursor.h"

/* Signatures, read as little-endian numbers (APPNOTE 4.3). */
enum zip_sig {
    ZIP_SIG_LOCAL = 0x04034b50,
    ZIP_SIG_CENTRAL = 0x02014b50,
    ZIP_SIG_END = 0x06054b50,
    ZIP_SIG_END64 = 0x06064b50,
    ZIP_SIG_LOCATOR = 0x07064b50,
    ZIP_SIG_DESCRIPTOR = 0x08074b50
};

/* Bytes of the fixed parts. */
enum {
    ZIP_LOCAL_BYTES = 30,
    ZIP_CENTRAL_BYTES = 46,
    ZIP_END_BYTES = 22,
    ZIP_END64_BYTES = 56,
    ZIP_LOCATOR_BYTES = 20,
    ZIP_DESCRIPTOR_MAX = 24
};

/* General purpose flags (APPNOTE 4.4.4). */
enum {
    ZIP_FLAG_ENCRYPTED = 0x0001,
    ZIP_FLAG_DESCRIPTOR = 0x0008,
    ZIP_FLAG_PATCH = 0x0020,
    ZIP_FLAG_STRONG = 0x0040,
    ZIP_FLAG_UTF8 = 0x0800,
    ZIP_FLAG_MASKED = 0x2000
};

/* The fixed part of a local or central header. */
struct zip_fixed {
    uint16_t flags;
    uint16_t method;
    uint32_t crc32;
    uint64_t packed; /* bytes of the packed data */
    uint64_t size; /* bytes of the unpacked data */
    uint16_t name_bytes;
    uint16_t extra_bytes;
    uint16_t comment_bytes;
    uint16_t mode; /* central only: type and permissions of a file, as Unix has them */
    uint32_t disk; /* central only */
    uint64_t header_at; /* central only: the declared offset of the local header */
};

/* An end record, or a zip64 end record. */
struct zip_end {
    uint64_t num_entries;
    uint64_t dir_bytes;
    uint64_t dir_at; /* the declared offset of the directory */
    uint32_t disk;
    uint16_t comment_bytes; /* 0 in a zip64 end record */
    uint64_t record_bytes; /* the whole record without its comment */
};

struct zip_descriptor {
    uint32_t crc32;
    uint64_t packed;
    uint64_t size;
};

/* The name, the extra field and the comment follow the fixed part on the cursor. */
MUST_CHECK bool zip_read_local(struct cursor *c, struct zip_fixed *out);
MUST_CHECK bool zip_read_central(struct cursor *c, struct zip_fixed *out);
MUST_CHECK bool zip_read_end(struct cursor *c, struct zip_end *out);
MUST_CHECK bool zip_read_end64(struct cursor *c, struct zip_end *out);
MUST_CHECK bool zip_read_locator(struct cursor *c, uint64_t *end64_at);

/* zip_read_descriptor() reads one of the four forms of a data descriptor: with signature or
 * without, with sizes of 64 bits (wide) or 32. */
MUST_CHECK bool zip_read_descriptor(struct cursor *c, bool sig, bool wide,
                                    struct zip_descriptor *out);

/* zip_widen() replaces fields whose bits are all set by those of the zip64 extra field. */
void zip_widen(struct zip_fixed *f, bool central, struct bytes extra);

/* zip_sig_of() returns the first four bytes as a signature, or 0 if there are fewer. */
uint32_t zip_sig_of(struct bytes b);

#endif
