/* store.h - verdicts of earlier scans, by the digest of the bytes.
 *
 * Key: SHA-256 of the bytes, digest of the rule set, the engine (version and digest of its
 * sources), and the conditions (all limits, and the kind of sandbox). Only an entry of the same
 * key is used. A row holds what a scan finds in bytes that a parser knows as a whole, clean or
 * malicious; it does not hold what the name of a file, its folder or a policy adds. Another
 * database is added as another struct store_driver. */
#ifndef MA_STORE_STORE_H
#define MA_STORE_STORE_H
#include "../scan/scan.h"

struct store;

/* Receives one line about a problem of the store; called a few times at most. */
typedef void store_warn(void *ctx, const char *what);

/* store_open opens an SQLite file, and creates it when there is none. Returns NULL after a warning
 * when the file cannot be used: a scan goes on without it. */
struct store *store_open(const char *path, store_warn *warn, void *ctx);

/* store_open_ram creates a store in memory, which ends with store_close(). Returns NULL when out
 * of memory. */
struct store *store_open_ram(void);

/* store_close accepts NULL. */
void store_close(struct store *s);

/* store_cache returns the value for scan_options.memory; it lives as long as s. One thread at a
 * time may use it. */
const struct verdict_cache *store_cache(struct store *s);
#endif
