/* sign_options.h - the key and the certificates of attest and sign. */
#ifndef MA_CLI_SIGN_OPTIONS_H
#define MA_CLI_SIGN_OPTIONS_H
#include "cli.h"

#include "../attest/attest.h"

/* Before long work: is there a key, and can it be read?  0, or the exit code after a message. */
int signing_check(const struct signing *s);
/* Signs with what s names, and writes: to `out`, or as a line of `jsonl` (NULL: not). An exit
 * code after a message, else 0. */
int signing_write(const struct signing *s, const char *model, const char *statement,
                  const char *out, const char *jsonl);
#endif
