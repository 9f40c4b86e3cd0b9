/* records.h - the records of a zip archive, decoded as they stand.
 *
 * Each zip_read_* takes the record, signature included, off the cursor, or
 * returns false and leaves cursor and out alone.  Nothing is believed here:
 * numbers are only widened by the zip64 extra field (APPNOTE 4.5.3). */
#ifndef MA_ZIP_RECORDS_H
#define MA_ZIP_RECORDS_H
#include "../base/cursor.h"

enum zip_sig { /* little-endian, APPNOTE 4.3 */
               ZIP_SIG_LOCAL = 0x04034b50,
               ZIP_SIG_CENTRAL = 0x02014b50,
               ZIP_SIG_END = 0x06054b50,
               ZIP_SIG_END64 = 0x06064b50,
               ZIP_SIG_LOCATOR = 0x07064b50,
               ZIP_SIG_DESCRIPTOR = 0x08074b50
};
enum { /* bytes, of the fixed part */
       ZIP_LOCAL_BYTES = 30,
       ZIP_CENTRAL_BYTES = 46,
       ZIP_END_BYTES = 22,
       ZIP_END64_BYTES = 56,
       ZIP_LOCATOR_BYTES = 20,
       ZIP_DESCRIPTOR_MAX = 24
};
enum { /* general purpose flags, APPNOTE 4.4.4 */
       ZIP_FLAG_ENCRYPTED = 0x0001,
       ZIP_FLAG_DESCRIPTOR = 0x0008,
       ZIP_FLAG_PATCH = 0x0020,
       ZIP_FLAG_STRONG = 0x0040,
       ZIP_FLAG_UTF8 = 0x0800,
       ZIP_FLAG_MASKED = 0x2000
};

/* What local and central headers both say about a member. */
struct zip_fixed {
    uint16_t flags, method;
    uint32_t crc32;
    uint64_t packed, size; /* bytes */
    uint16_t name_bytes, extra_bytes, comment_bytes;
    uint32_t disk; /* central only */
    uint64_t header_at; /* central only: where the local header is said to be */
};
struct zip_end {
    uint64_t num_entries, dir_bytes, dir_at;
    uint32_t disk;
    uint16_t comment_bytes; /* zero in a zip64 end record */
    uint64_t record_bytes; /* all of the record, comment excluded */
};
struct zip_descriptor {
    uint32_t crc32;
    uint64_t packed, size;
};

/* The fixed part; name, extra and comment follow on the cursor. */
MUST_CHECK bool zip_read_local(struct cursor *c, struct zip_fixed *out);
MUST_CHECK bool zip_read_central(struct cursor *c, struct zip_fixed *out);
MUST_CHECK bool zip_read_end(struct cursor *c, struct zip_end *out);
MUST_CHECK bool zip_read_end64(struct cursor *c, struct zip_end *out);
MUST_CHECK bool zip_read_locator(struct cursor *c, uint64_t *end64_at);
MUST_CHECK bool zip_read_descriptor(struct cursor *c, bool sig, bool wide,
                                    struct zip_descriptor *out);
/* Replaces fields that are all ones by those of the zip64 extra field. */
void zip_widen(struct zip_fixed *f, bool central, struct bytes extra);
/* 0 when there are fewer than four bytes. */
uint32_t zip_sig_of(struct bytes b);
#endif
