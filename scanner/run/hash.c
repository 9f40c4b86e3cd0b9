/* hash.c - a digest without a search. */
#include "pass.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCK 131072u                 /* bytes read at a time */

/* One block at `at`: as much as there is, 0 at the end, -1 on an error. */
static ssize_t read_block(int fd, uint8_t *buf, uint64_t at)
{
    ssize_t n;
    do {
        n = pread(fd, buf, BLOCK, (off_t)at);
    } while (n < 0 && errno == EINTR);
    return n;
}

static bool hash_blocks(EVP_MD_CTX *md, int fd, uint64_t size, uint8_t *buf, const struct pass_done *done, const char **reason)
{
    uint64_t at = 0;
    for (;;) {
        ssize_t n = read_block(fd, buf, at);
        if (n < 0) {
            *reason = "a read failed";
            return false;
        }
        if (n == 0) {
            break;
        }
        at += (uint64_t)n;
        if (at > size || EVP_DigestUpdate(md, buf, (size_t)n) != 1) {
            break;
        }
        if (done != NULL && done->bytes != NULL) {
            done->bytes(done->ctx, (uint64_t)n);
        }
        if (done != NULL && done->cancelled != NULL && *done->cancelled != 0) {
            *reason = "cancelled";
            return false;
        }
    }
    *reason = "the file changed while it was read";
    return at == size;
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
