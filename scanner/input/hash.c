/* hash.c - a digest without a search. */
#include "scan_pass.h"
#include "../util/sha256.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK FEED_BLOCK

static bool one_block(struct sha256 *sha, int fd, uint64_t at, size_t n, uint8_t *own,
                      const struct pass_done *done, const char **reason)
{
    /* as long as somebody waits for it */
    uint8_t *room = done != NULL && done->room != NULL ? done->room(done->to) : NULL;
    uint8_t *to = room != NULL && !done->copies ? room : own;
    if (!feed_read(fd, at, to, n)) {
        *reason = errno == 0 ? feed_changed : feed_failed;
        return false;
    }
    if (room != NULL && room != to) {
        memcpy(room, to, n);
    }
    if (room != NULL) {
        done->put(done->to);
    }
    if (done != NULL && done->bytes != NULL) {
        done->bytes(done->ctx, n);
    }
    sha256_add(sha, to, n);
    return true;
}

static bool hash_blocks(struct sha256 *sha, int fd, uint64_t size, uint8_t *own,
                        const struct pass_done *done, const char **reason)
{
    uint8_t more;
    for (uint64_t at = 0; at < size;) {
        size_t n = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
        if (done != NULL && done->cancelled != NULL && *done->cancelled != 0) {
            *reason = "cancelled";
            return false;
        }
        if (!one_block(sha, fd, at, n, own, done, reason)) {
            return false;
        }
        at += n;
    }
    *reason = feed_changed;
    return !feed_read(fd, size, &more, 1);
}

bool pass_hash(int fd, uint64_t size, uint8_t out[32], const struct pass_done *done,
               const char **reason)
{
    struct sha256 sha;
    uint8_t *buf = malloc(BLOCK);
    *reason = "out of memory";
    sha256_begin(&sha);
    bool ok = buf != NULL && hash_blocks(&sha, fd, size, buf, done, reason);
    sha256_end(&sha, out);
    free(buf);
    return ok;
}

void pass_hash_whole(struct bytes b, uint8_t out[32], const struct pass_done *done)
{
    struct sha256 sha;
    if (done->bytes != NULL) {
        done->bytes(done->ctx, b.n);
    }
    sha256_begin(&sha);
    sha256_add(&sha, b.p, b.n);
    sha256_end(&sha, out);
}
