/* lfs_pointer.h - pointers of git-lfs: small text blobs, for which a checkout writes another file.
 *
 *     version https://git-lfs.github.com/spec/v1
 *     oid sha256:64 hexadecimal digits
 *     size BYTES
 *
 * git-lfs reads more than it writes: blanks around the text, empty lines, CR LF, two older
 * versions, numbers like +07, extensions, and text after the first 1,024 bytes. */
#ifndef MA_CLI_LFS_POINTER_H
#define MA_CLI_LFS_POINTER_H
#include "../../parsers/base/cursor.h"

/* A pointer has fewer bytes. */
enum { LFS_MAX_POINTER = 1024 };

enum lfs_form {
    LFS_NO_POINTER,
    /* As git-lfs writes pointers; what every client makes of it is the same. */
    LFS_CANONICAL,
    /* Begins as a pointer does; a client may take it for one. */
    LFS_NOT_CANONICAL
};

/* lfs_pointer_read reads the first LFS_MAX_POINTER bytes of a blob of `size` bytes, or all of it.
 * For LFS_CANONICAL it writes the digest as 64 digits and a NUL. */
enum lfs_form lfs_pointer_read(struct bytes head, uint64_t size, char oid[65]);
#endif
