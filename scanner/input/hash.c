/* hash.c - the digest of a file without a search. */
#include "scan_pass.h"
#include "../../parsers/base/source.h"
#include "../util/sha256.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK INPUT_BLOCK

/* Reads a block to its place in the ring, as long as its consumer takes any, and hashes it. */
static bool hash_block(struct sha256 *sha, int fd, uint64_t at, size_t n, uint8_t *own,
                       const struct hash_hooks *hooks, enum input_error *why)
{
    uint8_t *place = hooks->reserve != NULL ? hooks->reserve(hooks->ring) : NULL;
    uint8_t *to = place != NULL && !hooks->copies ? place : own;
    if (!pread_all(fd, at, to, n)) {
        *why = errno == 0 ? INPUT_CHANGED : INPUT_FAILED;
        return false;
    }
    if (place != NULL && place != to) {
        memcpy(place, to, n);
    }
    if (place != NULL) {
        hooks->commit(hooks->ring);
    }
    if (hooks->bytes != NULL) {
        hooks->bytes(hooks->ctx, n);
    }
    sha256_add(sha, to, n);
    return true;
}

static bool hash_blocks(struct sha256 *sha, int fd, uint64_t size, uint8_t *own,
                        const struct hash_hooks *hooks, enum input_error *why)
{
    uint8_t more;
    for (uint64_t at = 0; at < size;) {
        size_t n = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
        if (hooks->cancelled != NULL && *hooks->cancelled != 0) {
            *why = INPUT_CANCELLED;
            return false;
        }
        if (!hash_block(sha, fd, at, n, own, hooks, why)) {
            return false;
        }
        at += n;
    }
    *why = INPUT_CHANGED;
    return !pread_all(fd, size, &more, 1);
}

bool hash_file(int fd, uint64_t size, uint8_t out[32], const struct hash_hooks *hooks,
               enum input_error *why)
{
    static const struct hash_hooks none;
    struct sha256 sha;
    uint8_t *buf = malloc(BLOCK);
    *why = INPUT_OUT_OF_MEMORY;
    sha256_begin(&sha);
    bool ok = buf != NULL && hash_blocks(&sha, fd, size, buf, hooks != NULL ? hooks : &none, why);
    sha256_end(&sha, out);
    free(buf);
    return ok;
}

void hash_bytes(struct bytes b, uint8_t out[32], const struct hash_hooks *hooks)
{
    if (hooks->bytes != NULL) {
        hooks->bytes(hooks->ctx, b.n);
    }
    sha256_of(b, out);
}
