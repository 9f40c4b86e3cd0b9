/* manifest.h - names and digests: of a model as it lies there, or as a statement lists it.
 *
 * OMS calls an entry a resource: a whole file, or one shard of it, "path:start:end" (bytes, end
 * exclusive). */
#ifndef MA_ATTEST_MANIFEST_H
#define MA_ATTEST_MANIFEST_H
#include "../../parsers/base/cursor.h"

#define MAX_DIGEST 64u /* bytes: BLAKE2b-512 */
#define DEFAULT_SHARD UINT64_C(1000000000) /* bytes, as the reference tool takes */

struct hashing {
    const char *hash; /* "sha256" or "blake2b" */
    uint64_t shard; /* bytes; 0: whole files */
};
struct resource {
    char *name;
    uint8_t digest[MAX_DIGEST];
    bool used;
};
struct manifest {
    struct resource *all;
    size_t n, cap, digest_size;
};

bool hashing_known(const char *hash);
/* false: unknown hash */
MUST_CHECK bool manifest_init(struct manifest *m, const struct hashing *h);
MUST_CHECK bool manifest_add(struct manifest *m, const char *name, const uint8_t *digest);
/* Hashes an open file; fd is borrowed. False: out of memory; *why is set when the file cannot be
 * read (it is then left out). */
MUST_CHECK bool manifest_add_file(struct manifest *m, const struct hashing *h, int fd,
                                  const char *name, const char **why);
void manifest_sort(struct manifest *m); /* by name, in code points */
struct resource *manifest_find(struct manifest *sorted, const char *name); /* NULL: none */
/* one that nothing has used yet */
struct resource *manifest_find_digest(struct manifest *m, const uint8_t *digest);
/* The OMS root: SHA-256 over the raw digests in listed order.  It does not bind names. */
void manifest_root(const struct manifest *m, uint8_t out[32]);
void manifest_done(struct manifest *m);

/* name_collisions.c: two names that some file system takes for one (case, Unicode
 * normalisation). False: *a and *b say which. */
bool name_is_utf8(const char *name);
bool names_are_distinct(const struct manifest *m, const char **a, const char **b);
#endif
