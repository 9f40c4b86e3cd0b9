/* store.h - verdicts that are remembered, by what the bytes are.
 *
 * Key: SHA-256 of the bytes, digest of the rule set, the engine (version and digest of its
 * sources), and the conditions (all limits, and whether there was a sandbox). An entry of
 * another key never answers. Kept is what a scan finds in bytes that a parser knows as a whole,
 * clean or malicious; not what a name, a folder or a policy adds to it. Another database joins
 * by another struct store_driver. */
#ifndef MA_STORE_STORE_H
#define MA_STORE_STORE_H
#include "../scan/scan.h"

struct store;
/* Told of what is wrong with the store, in one line; never more than a few times. */
typedef void store_warn(void *ctx, const char *what);
/* An SQLite file, made where there is none. NULL after a warning: it cannot be used, and a scan
 * goes on without it. */
struct store *store_open(const char *path, store_warn *warn, void *ctx);
/* One that ends with store_close(), in memory; NULL: out of memory. */
struct store *store_open_ram(void);
void store_close(struct store *s); /* accepts NULL */
/* For scan_options.memory; lives as long as s.  One thread at a time. */
const struct verdict_cache *store_memory(struct store *s);
#endif
