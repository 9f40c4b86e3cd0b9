/* token.h - bearer tokens and other secrets in files. Only digests of tokens are kept; they are
 * compared in constant time. */
#ifndef MA_SERVE_TOKEN_H
#define MA_SERVE_TOKEN_H
#include <stdbool.h>

struct tokens;

/* tokens_load reads a file with one token per line, of 16 characters or more. A file that others
 * can read is refused; its group may have the right to read (systemd's credentials). Returns NULL
 * with a text in *why. */
struct tokens *tokens_load(const char *path, const char **why);

/* tokens_free accepts NULL. */
void tokens_free(struct tokens *t);

/* tokens_allow tests an Authorization header, "Bearer TOKEN"; NULL: the request has none. */
bool tokens_allow(const struct tokens *t, const char *header);

/* secret_read returns the text of a file, without its last newline, on the heap. A file that others
 * can read is refused. Returns NULL with a text in *why. */
char *secret_read(const char *path, const char **why);
#endif
