#include "block_mac.h"

#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* bytes */
enum { KEY_BYTES = 16, NONCE_BYTES = 12, MIN_BLOCK = 16384, MAX_BLOCK = 131072 };
#define MAX_TAGS (UINT64_C(1) << 20) /* beyond, blocks get larger: a terabyte has 64 MiB of tags */

struct block_macs {
    uint8_t key[KEY_BYTES];
    size_t block;
    uint64_t num;
    atomic_bool changed;
    _Atomic uint64_t tag[]; /* 0: not seen yet */
};
struct block_mac {
    struct block_macs *macs;
    EVP_CIPHER_CTX *ctx;
};

struct block_macs *block_macs_new(uint64_t size)
{
    uint64_t block = MIN_BLOCK;
    while (block < MAX_BLOCK && size / block > MAX_TAGS) {
        block *= 2;
    }
    uint64_t num = size / block + 1;
    struct block_macs *t =
        num < SIZE_MAX / 16 ? calloc(1, sizeof *t + (size_t)num * sizeof t->tag[0]) : NULL;
    if (t == NULL || getrandom(t->key, sizeof t->key, 0) != (ssize_t)sizeof t->key) {
        free(t);
        return NULL;
    }
    t->block = (size_t)block;
    t->num = num;
    return t;
}

void block_macs_free(struct block_macs *t) { free(t); }

size_t block_macs_block_bytes(const struct block_macs *t) { return t->block; }

bool block_macs_changed(const struct block_macs *t) { return atomic_load(&t->changed); }

struct block_mac *block_mac_new(struct block_macs *t)
{
    struct block_mac *g = calloc(1, sizeof *g);
    EVP_CIPHER_CTX *ctx = g != NULL ? EVP_CIPHER_CTX_new() : NULL;
    if (ctx == NULL || EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, t->key, NULL) != 1) {
        EVP_CIPHER_CTX_free(ctx);
        free(g);
        return NULL;
    }
    *g = (struct block_mac){ t, ctx };
    return g;
}

void block_mac_free(struct block_mac *g)
{
    if (g != NULL) {
        EVP_CIPHER_CTX_free(g->ctx);
        free(g);
    }
}

/* GMAC: the block is additional data, and nothing is encrypted. */
static bool compute_tag(EVP_CIPHER_CTX *ctx, uint64_t number, struct bytes b, uint64_t *out)
{
    uint8_t nonce[NONCE_BYTES] = { 0 }, end[16], tag[16];
    int n = 0;
    memcpy(nonce, &number, sizeof number);
    if (EVP_EncryptInit_ex(ctx, NULL, NULL, NULL, nonce) != 1
        || EVP_EncryptUpdate(ctx, NULL, &n, b.p, (int)b.n) != 1
        || EVP_EncryptFinal_ex(ctx, end, &n) != 1
        || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, sizeof tag, tag) != 1) {
        return false;
    }
    memcpy(out, tag, sizeof *out);
    *out |= 1; /* 0 is "not seen" */
    return true;
}

static bool check_one(struct block_mac *g, uint64_t number, struct bytes b)
{
    uint64_t tag = 0, before = 0;
    return number < g->macs->num && compute_tag(g->ctx, number, b, &tag)
           && (atomic_compare_exchange_strong(&g->macs->tag[number], &before, tag)
               || before == tag);
}

bool block_mac_check(struct block_mac *g, uint64_t at, struct bytes b)
{
    size_t block = g->macs->block;
    for (size_t done = 0; done < b.n; done += block) {
        size_t n = b.n - done < block ? b.n - done : block;
        if (!check_one(g, (at + done) / block, (struct bytes){ b.p + done, n })) {
            atomic_store(&g->macs->changed, true);
            return false;
        }
    }
    return true;
}

bool block_macs_ready(struct block_macs *t)
{
    struct block_mac *g = t != NULL ? block_mac_new(t) : NULL;
    uint64_t tag;
    bool ok = t == NULL || (g != NULL && compute_tag(g->ctx, 0, BYTES("ready"), &tag));
    block_mac_free(g);
    return ok;
}
