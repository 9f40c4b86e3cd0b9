/* manifest.h - a list of names with digests: of a model on disk, or of a statement.
 *
 * OMS (OpenSSF Model Signing) calls an entry a resource: a whole file, or one shard of it,
 * "path:start:end" (bytes, end exclusive). */
#ifndef MA_ATTEST_MANIFEST_H
#define MA_ATTEST_MANIFEST_H
#include "../../parsers/base/cursor.h"

#define MAX_DIGEST 64u /* bytes: BLAKE2b-512 */
#define DEFAULT_SHARD UINT64_C(1000000000) /* bytes, as in the reference tool */

struct hashing {
    /* "sha256" or "blake2b". */
    const char *hash;
    /* Size of a shard in bytes; 0: whole files. */
    uint64_t shard;
};

struct resource {
    char *name;
    uint8_t digest[MAX_DIGEST];
    /* Set by verify.c when the file was matched with an entry of a statement. */
    bool used;
};

struct manifest {
    struct resource *all;
    size_t n, cap;
    /* Bytes of each digest. */
    size_t digest_size;
};

/* hash_is_known tests whether hash is the name of a hash of struct hashing. */
bool hash_is_known(const char *hash);

/* manifest_init returns false for an unknown hash. */
MUST_CHECK bool manifest_init(struct manifest *m, const struct hashing *h);

/* manifest_add copies name and digest. Returns false when out of memory. */
MUST_CHECK bool manifest_add(struct manifest *m, const char *name, const uint8_t *digest);

/* manifest_add_file hashes an open file; fd is borrowed. Returns false when out of memory. When the
 * file cannot be read, it is left out and *why is set. */
MUST_CHECK bool manifest_add_file(struct manifest *m, const struct hashing *h, int fd,
                                  const char *name, const char **why);

/* manifest_sort sorts by name, in code points. */
void manifest_sort(struct manifest *m);

/* manifest_find returns the entry of a sorted manifest with this name, or NULL. */
struct resource *manifest_find(struct manifest *sorted, const char *name);

/* manifest_find_digest returns an entry with this digest that is not used yet, or NULL. */
struct resource *manifest_find_digest(struct manifest *m, const uint8_t *digest);

/* manifest_root computes the root of OMS: SHA-256 over the raw digests in their order. It does not
 * bind the names. */
void manifest_root(const struct manifest *m, uint8_t out[32]);
void manifest_done(struct manifest *m);
#endif
