/* store.h - verdicts of earlier scans, by the digest of the bytes.
 *
 * Key: SHA-256 of the bytes, digest of the rule set, the engine (version and digest of its
 * sources), and the conditions (all limits, and the kind of sandbox). Only an entry of the same
 * key is used. A row holds what a scan finds in bytes that a parser knows as a whole, clean or
 * malicious; it does not hold what the name of a file, its folder or a policy adds. A report of
 * more than 64 KiB is not stored. Each row is sealed under the store's own key (seal.h), in a
 * folder that only the user can write to (store_files.h). Another database is added as another
 * struct store_driver. */
#ifndef MA_STORE_STORE_H
#define MA_STORE_STORE_H
#include "../scan/scan.h"

struct store;

/* Receives one line about a problem of the store; called a few times at most. */
typedef void store_warn(void *ctx, const char *what);

/* store_open opens an SQLite file and its key, and creates them when they are not there. Returns
 * NULL after a warning when they cannot be used: a scan goes on without it. */
struct store *store_open(const char *path, store_warn *warn, void *ctx);

/* store_open_ram creates a store in memory, which ends with store_close(). Returns NULL when out
 * of memory. */
struct store *store_open_ram(void);

/* store_close accepts NULL. */
void store_close(struct store *s);

/* store_cache returns the value for scan_options.cache; it lives as long as s. One thread at a
 * time may use it. */
const struct verdict_cache *store_cache(struct store *s);

/* store_lookup_stale searches for a verdict on the same bytes under another rule set, engine or
 * other limits, and writes the digest of that rule set; the newest counts. It is for after a lookup
 * that found nothing, in a store of store_open(). Returns false when there is none. */
bool store_lookup_stale(struct store *s, const struct scan_options *o, const uint8_t sha256[32],
                        uint8_t ruleset[32]);

/* Receives bytes that are to be scanned again, and the rule set of their newest verdict. */
typedef void store_stale_fn(void *ctx, const uint8_t sha256[32], const uint8_t ruleset[32]);

/* store_list_stale examines some hundred rows past *after, oldest first, and calls on_stale for
 * bytes that have verdicts, and none under these rules, engine and limits. Sets *after to where the
 * next call goes on, 0 at the end. Returns false after a warning. */
bool store_list_stale(struct store *s, const struct scan_options *o, uint64_t *after,
                      store_stale_fn *on_stale, void *ctx);
#endif
