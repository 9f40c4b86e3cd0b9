/* token.h - bearer tokens: only their digests are kept, and compared in constant time. */
#ifndef MA_SERVE_TOKEN_H
#define MA_SERVE_TOKEN_H
#include <stdbool.h>

struct tokens;
/* One a line, 16 characters at least. NULL: *why (static text); a file that others can read is
 * refused (systemd gives its group a right). */
struct tokens *tokens_load(const char *path, const char **why);
void tokens_free(struct tokens *t); /* accepts NULL */
/* header: "Bearer TOKEN" as it was sent; NULL: there was none. */
bool tokens_allow(const struct tokens *t, const char *header);
/* Text of a file that only we may read, without its last newline; heap. */
char *secret_read(const char *path, const char **why);
#endif
