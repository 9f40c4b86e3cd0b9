/* header.h - one tar header block, as POSIX.1-2001 (pax) and GNU write it. */
#ifndef MA_TAR_HEADER_H
#define MA_TAR_HEADER_H
#include "../base/cursor.h"

#define TAR_BLOCK 512u /* bytes; everything is a multiple of it */

enum tar_type {
    TAR_FILE,
    TAR_LINK,
    TAR_DIR,
    TAR_SPECIAL,
    TAR_PAX,
    TAR_PAX_GLOBAL,
    TAR_LONG_NAME,
    TAR_LONG_LINK,
    TAR_SPARSE
};
struct tar_header {
    struct bytes name, prefix, link; /* slices of the block; prefix is empty outside ustar */
    uint64_t size; /* bytes of data behind the header, before padding */
    enum tar_type type;
};
enum tar_block { TAR_ZERO, TAR_HEADER, TAR_NEITHER };
/* block: TAR_BLOCK bytes. */
enum tar_block tar_read(struct bytes block, struct tar_header *out);
/* Does data of such a header belong to it?  Links and folders have none. */
bool tar_has_data(const struct tar_header *h);
#endif
