/* keyed_hash.h - a hash of bytes that whoever writes a file cannot predict (SipHash-1-3).
 *
 * Names and numbers of a file are looked up in tables by such a hash only: with a hash that is
 * known, a small file whose names all collide takes hours.  The values differ between processes
 * that are not forked from each other, and are never written anywhere. */
#ifndef MA_BASE_KEYED_HASH_H
#define MA_BASE_KEYED_HASH_H
#include "cursor.h"

/* keyed_hash_init() draws the key of this process and of all that it forks later; all calls after
 * the first do nothing.  It is called before the sandbox is entered, which takes getrandom() away.
 * Without it, or when getrandom() fails, the key is 0. */
void keyed_hash_init(void);

/* keyed_hash() returns the hash of b.  seed is 0, or the hash of what precedes b in the key: the
 * parts "ab", "c" and "a", "bc" then have different hashes. */
uint64_t keyed_hash(uint64_t seed, struct bytes b);
/* keyed_hash_u64() returns the hash of a number. */
uint64_t keyed_hash_u64(uint64_t v);

/* siphash13() is the function underneath: SipHash with one compression and three finalization
 * rounds (Aumasson, Bernstein: SipHash, a fast short-input PRF), on a little-endian machine. */
uint64_t siphash13(const uint64_t key[2], struct bytes b);
#endif
