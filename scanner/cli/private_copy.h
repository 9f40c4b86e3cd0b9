/* private_copy.h - a copy of a model that nobody else can change any more.
 *
 * A file becomes a sealed memfd: its bytes cannot change, whoever has it open.  A folder becomes
 * a folder of ours below $TMPDIR, mode 0500 with files of 0400: another process of the same user
 * could still change it on purpose, a download or an update that goes on cannot.  Both cost the
 * size of the model, in memory or on disk. */
#ifndef MA_CLI_PRIVATE_COPY_H
#define MA_CLI_PRIVATE_COPY_H
#include <stdbool.h>

struct private_copy {
    const char *path; /* the model's own, borrowed */
    char *name; /* its last part */
    int fd; /* of a file: sealed, inherited by what is executed; else -1 */
    char *folder; /* of a folder: <made folder>/<name>; else NULL */
    char *use; /* what to open instead of path */
};
/* False after a message; private_done either way. */
bool private_make(struct private_copy *c, const char *path);
void private_done(struct private_copy *c);
#endif
