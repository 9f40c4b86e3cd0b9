/* git_push_files.h - the blobs that a push adds to a git repository, or that get a new name by
 * it. */
#ifndef MA_CLI_GIT_PUSH_FILES_H
#define MA_CLI_GIT_PUSH_FILES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Hex digits of an object id: 64 of SHA-256, or 40 of SHA-1. */
enum { OBJECT_HEX = 64 };

struct pushed_blob {
    char id[OBJECT_HEX + 1];
    /* Empty where no commit names the blob. */
    char *path;
};

struct pushed {
    /* Sorted by id; one entry per name. */
    struct pushed_blob *blobs;
    size_t n;
    size_t cap;
};

/* pushed_read lists the blobs of a push. in has the lines that git passes to a pre-receive hook:
 * OLD NEW REF. Returns false with a static text in *why. pushed_done is to be called in either
 * case. */
bool pushed_read(FILE *in, struct pushed *out, const char **why);
void pushed_done(struct pushed *p);

/* pushed_open starts git cat-file --batch for the blobs: the stream has for each a header line, its
 * bytes and a newline. Returns NULL with a static text in *why. */
FILE *pushed_open(const struct pushed *p, int *pid, const char **why);

/* pushed_close closes the stream and waits for git. Returns false when git failed. */
bool pushed_close(FILE *f, int pid);
#endif
