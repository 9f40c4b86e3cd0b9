/* header.h - one tar header block, as POSIX.1-2001 (pax) and GNU write it. */
#ifndef MA_TAR_HEADER_H
#define MA_TAR_HEADER_H
#include "../base/cursor.h"

#define TAR_BLOCK 512u /* bytes; headers and data are padded to a multiple of it */

enum tar_type {
    TAR_FILE,
    TAR_LINK, /* a hard or symbolic link */
    TAR_DIR,
    TAR_SPECIAL, /* a device or a pipe */
    TAR_PAX, /* records for the next member */
    TAR_PAX_GLOBAL, /* records for all members that follow */
    TAR_LONG_NAME, /* GNU: the name of the next member */
    TAR_LONG_LINK, /* GNU: the link target of the next member */
    TAR_SPARSE /* GNU: a file with holes */
};

struct tar_header {
    struct bytes name; /* as the two below, a slice of the block, without the NUL */
    struct bytes prefix; /* goes before the name; empty outside ustar */
    struct bytes link; /* the target of a link */
    uint64_t size; /* bytes of data behind the header, without padding */
    enum tar_type type;
};

enum tar_block {
    TAR_ZERO, /* zeros, which end the archive */
    TAR_HEADER,
    TAR_NEITHER
};

/* tar_read() decodes a block of TAR_BLOCK bytes.  *out is set for TAR_HEADER only and borrows the
 * block. */
enum tar_block tar_read(struct bytes block, struct tar_header *out);

/* tar_has_data() returns whether data follows the header.  Links, folders and devices have none,
 * whatever their size field says. */
bool tar_has_data(const struct tar_header *h);

#endif
