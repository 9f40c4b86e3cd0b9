#include "manifest.h"

#include "../input/scan_pass.h"
#include "key.h"
#include "../../parsers/base/source.h"
#include "../util/sha256.h"
#include "../util/vec.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 131072u /* bytes per read */

static const EVP_MD *find_hash(const char *name)
{
    if (strcmp(name, "sha256") == 0) {
        return EVP_sha256();
    }
    if (strcmp(name, "blake2b") == 0) {
        return EVP_blake2b512();
    }
    return NULL;
}

bool hash_is_known(const char *hash) { return find_hash(hash) != NULL; }

bool manifest_init(struct manifest *m, const struct hashing *h)
{
    const EVP_MD *md = find_hash(h->hash);
    *m = (struct manifest){ 0 };
    if (md == NULL) {
        return false;
    }
    m->digest_size = (size_t)EVP_MD_get_size(md);
    return true;
}

bool manifest_add(struct manifest *m, const char *name, const uint8_t *digest)
{
    if (!vec_grow(&m->all, &m->cap, m->n + 1, sizeof *m->all)) {
        return false;
    }
    struct resource *r = &m->all[m->n];
    *r = (struct resource){ .name = strdup(name) };
    memcpy(r->digest, digest, m->digest_size);
    m->n += r->name != NULL;
    return r->name != NULL;
}

/* --- files ---------------------------------------------------------------------------- */

static bool update_range(EVP_MD_CTX *ctx, uint8_t *buf, int fd, uint64_t from, uint64_t to,
                         enum input_error *why)
{
    while (from < to) {
        size_t n = to - from < BLOCK ? (size_t)(to - from) : BLOCK;
        if (!pread_all(fd, from, buf, n)) {
            *why = errno != 0 ? INPUT_FAILED : INPUT_CHANGED;
            return false;
        }
        if (EVP_DigestUpdate(ctx, buf, n) != 1) {
            return false;
        }
        from += n;
    }
    return true;
}

/* Hashes bytes [from, to) of fd. Returns false with *why when they cannot be read. */
static bool hash_range(const EVP_MD *md, int fd, uint64_t from, uint64_t to, uint8_t *out,
                       enum input_error *why)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t *buf = malloc(BLOCK);
    *why = INPUT_OUT_OF_MEMORY;
    bool ok = ctx != NULL && buf != NULL && EVP_DigestInit_ex(ctx, md, NULL) == 1
              && update_range(ctx, buf, fd, from, to, why);
    ok = ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
    free(buf);
    EVP_MD_CTX_free(ctx);
    return ok;
}

/* Returns false when out of memory; *why is set when the shard cannot be read. */
static bool add_shard(struct manifest *m, const struct hashing *h, int fd, struct range at,
                      const char *file, const char **why)
{
    uint8_t digest[MAX_DIGEST];
    enum input_error error;
    uint64_t end = at.off + at.len;
    char *name = NULL;

    if (!hash_range(find_hash(h->hash), fd, at.off, end, digest, &error)) {
        *why = input_error_text(error);
        return true;
    }
    if (asprintf(&name, "%s:%" PRIu64 ":%" PRIu64, file, at.off, end) < 0) {
        return false;
    }

    bool ok = manifest_add(m, name, digest);
    free(name);
    return ok;
}

/* An empty file has no shards. */
static bool add_shards(struct manifest *m, const struct hashing *h, int fd, uint64_t size,
                       const char *name, const char **why)
{
    uint64_t left = size;
    while (left > 0 && *why == NULL) {
        uint64_t n = left < h->shard ? left : h->shard;
        if (!add_shard(m, h, fd, (struct range){ size - left, n }, name, why)) {
            return false;
        }
        left -= n;
    }
    return true;
}

static bool hash_whole(const struct hashing *h, int fd, uint64_t size, uint8_t *digest,
                       enum input_error *error)
{
    if (strcmp(h->hash, "sha256") == 0) {
        return hash_file(fd, size, digest, NULL, error);
    }
    return hash_range(find_hash(h->hash), fd, 0, size, digest, error);
}

bool manifest_add_file(struct manifest *m, const struct hashing *h, int fd, const char *name,
                       const char **why)
{
    uint8_t digest[MAX_DIGEST];
    enum input_error error;
    struct stat st;
    *why = NULL;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        *why = "not a regular file";
        return true;
    }

    uint64_t size = (uint64_t)st.st_size;
    if (h->shard > 0) {
        return add_shards(m, h, fd, size, name, why);
    }
    if (!hash_whole(h, fd, size, digest, &error)) {
        *why = input_error_text(error);
        return true;
    }
    return manifest_add(m, name, digest);
}

/* --- order ------------------------------------------------------------------------------- */

/* Bytes of UTF-8 sort as code points do. */
static int by_name(const void *a, const void *b)
{
    const struct resource *x = a, *y = b;
    return strcmp(x->name, y->name);
}

void manifest_sort(struct manifest *m)
{
    if (m->n > 1) {
        qsort(m->all, m->n, sizeof *m->all, by_name);
    }
}

struct resource *manifest_find(struct manifest *sorted, const char *name)
{
    struct resource key = { .name = (char *)(size_t)name }; /* by_name() only reads it */
    if (sorted->n == 0) {
        return NULL;
    }
    return bsearch(&key, sorted->all, sorted->n, sizeof *sorted->all, by_name);
}

struct resource *manifest_find_digest(struct manifest *m, const uint8_t *digest)
{
    for (size_t i = 0; i < m->n; i++) {
        if (!m->all[i].used && memcmp(m->all[i].digest, digest, m->digest_size) == 0) {
            return &m->all[i];
        }
    }
    return NULL;
}

void manifest_root(const struct manifest *m, uint8_t out[32])
{
    struct sha256 sha;
    sha256_begin(&sha);
    for (size_t i = 0; i < m->n; i++) {
        sha256_add(&sha, m->all[i].digest, m->digest_size);
    }
    sha256_end(&sha, out);
}

void manifest_done(struct manifest *m)
{
    for (size_t i = 0; i < m->n; i++) {
        free(m->all[i].name);
    }
    free(m->all);
    *m = (struct manifest){ 0 };
}
