/* git_push_files.h - what a push brings to a git repository: blobs that are new, or have a new name. */
#ifndef MA_CLI_GIT_PUSH_FILES_H
#define MA_CLI_GIT_PUSH_FILES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* digits of SHA-256; of SHA-1 40 */
enum { OBJECT_HEX = 64 };
struct pushed_blob {
    char id[OBJECT_HEX + 1];
    char *path;
};
/* by id; path "" where no commit names it */
struct pushed {
    struct pushed_blob *blobs;
    size_t n;
};

/* in: the lines that git gives to a pre-receive hook, OLD NEW REF.  False: *why (static text). */
bool pushed_read(FILE *in, struct pushed *out, const char **why);
void pushed_done(struct pushed *p);
/* git cat-file --batch over these ids; each is then HEADER newline BYTES newline.  NULL: *why. */
FILE *pushed_open(const struct pushed *p, int *pid, const char **why);
/* Waits for it; false when it failed. */
bool pushed_close(FILE *f, int pid);
#endif
