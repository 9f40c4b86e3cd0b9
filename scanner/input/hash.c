/* hash.c - a digest without a search. */
#include "scan_pass.h"
#include "../../parsers/base/source.h"
#include "../util/sha256.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK INPUT_BLOCK

static bool one_block(struct sha256 *sha, int fd, uint64_t at, size_t n, uint8_t *own,
                      const struct hash_hooks *done, enum input_error *why)
{
    /* as long as somebody waits for it */
    uint8_t *cap = done != NULL && done->cap != NULL ? done->cap(done->to) : NULL;
    uint8_t *to = cap != NULL && !done->copies ? cap : own;
    if (!pread_all(fd, at, to, n)) {
        *why = errno == 0 ? INPUT_CHANGED : INPUT_FAILED;
        return false;
    }
    if (cap != NULL && cap != to) {
        memcpy(cap, to, n);
    }
    if (cap != NULL) {
        done->put(done->to);
    }
    if (done != NULL && done->bytes != NULL) {
        done->bytes(done->ctx, n);
    }
    sha256_add(sha, to, n);
    return true;
}

static bool hash_blocks(struct sha256 *sha, int fd, uint64_t size, uint8_t *own,
                        const struct hash_hooks *done, enum input_error *why)
{
    uint8_t more;
    for (uint64_t at = 0; at < size;) {
        size_t n = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
        if (done != NULL && done->cancelled != NULL && *done->cancelled != 0) {
            *why = INPUT_CANCELLED;
            return false;
        }
        if (!one_block(sha, fd, at, n, own, done, why)) {
            return false;
        }
        at += n;
    }
    *why = INPUT_CHANGED;
    return !pread_all(fd, size, &more, 1);
}

bool hash_file(int fd, uint64_t size, uint8_t out[32], const struct hash_hooks *done,
               enum input_error *why)
{
    struct sha256 sha;
    uint8_t *buf = malloc(BLOCK);
    *why = INPUT_OUT_OF_MEMORY;
    sha256_begin(&sha);
    bool ok = buf != NULL && hash_blocks(&sha, fd, size, buf, done, why);
    sha256_end(&sha, out);
    free(buf);
    return ok;
}

void hash_bytes(struct bytes b, uint8_t out[32], const struct hash_hooks *done)
{
    if (done->bytes != NULL) {
        done->bytes(done->ctx, b.n);
    }
    sha256_of(b, out);
}
