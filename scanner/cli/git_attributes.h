/* git_attributes.h - attributes that make a checkout write other bytes than the blob has. */
#ifndef MA_CLI_GIT_ATTRIBUTES_H
#define MA_CLI_GIT_ATTRIBUTES_H
#include <stdbool.h>
#include <stdio.h>

/* git_attributes_is_file says whether a path is one of an attributes file. */
bool git_attributes_is_file(const char *path);

/* git_attributes_find_rewrite reads an attributes file and returns the name of the first attribute
 * that rewrites files: working-tree-encoding, with which any text can become any bytes, or ident,
 * which inserts text. Returns NULL when there is none. filter=lfs is not one: pointers are read by
 * lfs_pointer.h. The static text lives for ever. */
const char *git_attributes_find_rewrite(FILE *f);
#endif
