/* sign_options.h - signing with the key and the certificates of the options, for attest and
 * sign. */
#ifndef MA_CLI_SIGN_OPTIONS_H
#define MA_CLI_SIGN_OPTIONS_H
#include "cli.h"

#include "../attest/attest.h"

/* signing_check tests before a long scan whether the key and the certificates can be loaded.
 * Returns 0, or the exit code after a message. */
int signing_check(const struct signing *s);

/* signing_write signs a statement about `model` and writes the bundle to `out`, or appends it as a
 * line to `jsonl` when that is not NULL. Returns 0, or the exit code after a message. */
int signing_write(const struct signing *s, const char *model, const char *statement,
                  const char *out, const char *jsonl);
#endif
