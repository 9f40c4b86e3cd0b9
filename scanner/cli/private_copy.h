/* private_copy.h - a copy of a model that other programs do not change.
 *
 * A file becomes a sealed memfd: no process can change its bytes.  A folder becomes a new folder
 * below $TMPDIR, mode 0500 with files of 0400: another process of the same user could still change
 * it on purpose, a running download or update cannot.  A copy takes the size of the model, in
 * memory or on disk. */
#ifndef MA_CLI_PRIVATE_COPY_H
#define MA_CLI_PRIVATE_COPY_H
#include <stdbool.h>

struct private_copy {
    /* Path of the model; borrowed. */
    const char *path;
    /* Last part of the path. */
    char *name;
    /* Copy of a file: sealed, inherited by executed programs. -1 for a folder. */
    int fd;
    /* Copy of a folder: <made folder>/<name>. NULL for a file. */
    char *folder;
    /* Path to open instead of `path`. */
    char *use;
};

/* private_copy_make copies the model at path. Returns false after a message. private_copy_done is
 * to be called in either case. */
bool private_copy_make(struct private_copy *c, const char *path);
void private_copy_done(struct private_copy *c);
#endif
