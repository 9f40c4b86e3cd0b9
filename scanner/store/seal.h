/* seal.h - HMAC-SHA-256 over the rows of a store: a row counts only when its writer had the store's
 * key. */
#ifndef MA_STORE_SEAL_H
#define MA_STORE_SEAL_H
#include "driver.h"

/* Bytes of a key. */
enum { SEAL_KEY_BYTES = 32 };
struct seal;

/* seal_new copies the key and wipes the caller's. Returns NULL when out of memory. */
struct seal *seal_new(uint8_t key[SEAL_KEY_BYTES]);
/* seal_free wipes the copy of the key; accepts NULL. */
void seal_free(struct seal *s);

/* seal_make writes the seal of a row under its key in the store. Returns false when out of
 * memory. */
MUST_CHECK bool seal_make(const struct seal *s, const struct store_key *key,
                          const struct store_row *row, uint8_t out[32]);
/* seal_matches compares row->seal in constant time. Returns false when out of memory, too. */
MUST_CHECK bool seal_matches(const struct seal *s, const struct store_key *key,
                             const struct store_row *row);
#endif
