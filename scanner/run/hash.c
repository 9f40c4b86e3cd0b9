/* hash.c - a digest without a search. */
#include "pass.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK FEED_BLOCK

static bool one_block(EVP_MD_CTX *md, int fd, uint64_t at, size_t n, uint8_t *own, const struct pass_done *done, const char **reason)
{
    uint8_t *room = done != NULL && done->room != NULL ? done->room(done->to) : NULL;       /* as long as somebody waits for it */
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
    *reason = "hashing failed";
    return EVP_DigestUpdate(md, to, n) == 1;
}

static bool hash_blocks(EVP_MD_CTX *md, int fd, uint64_t size, uint8_t *own, const struct pass_done *done, const char **reason)
{
    uint8_t more;
    for (uint64_t at = 0; at < size; ) {
        size_t n = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
        if (done != NULL && done->cancelled != NULL && *done->cancelled != 0) {
            *reason = "cancelled";
            return false;
        }
        if (!one_block(md, fd, at, n, own, done, reason)) {
            return false;
        }
        at += n;
    }
    *reason = feed_changed;
    return !feed_read(fd, size, &more, 1);
}

bool pass_hash(int fd, uint64_t size, uint8_t sha256[32], const struct pass_done *done, const char **reason)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    uint8_t *buf = malloc(BLOCK);
    *reason = "out of memory";
    bool ok = md != NULL && buf != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1
           && hash_blocks(md, fd, size, buf, done, reason)
           && EVP_DigestFinal_ex(md, sha256, NULL) == 1;
    free(buf);
    EVP_MD_CTX_free(md);
    return ok;
}

bool pass_hash_whole(struct bytes b, uint8_t sha256[32], const struct pass_done *done)
{
    unsigned n = 0;
    if (done->bytes != NULL) {
        done->bytes(done->ctx, b.n);
    }
    return EVP_Digest(b.p, b.n, sha256, &n, EVP_sha256(), NULL) == 1;
}
