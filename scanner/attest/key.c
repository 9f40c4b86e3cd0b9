#include "key.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct key { EVP_PKEY *pkey; };

/* Never asks on the terminal: an encrypted key is an unusable one. */
static int no_password(char *buf, int size, int rwflag, void *ctx)
{
    (void)buf, (void)size, (void)rwflag, (void)ctx;      /* the callback's fixed shape */
    return -1;
}

struct key *key_load(const char *path, bool private_key, const char **why)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        *why = strerror(errno);
        return NULL;
    }
    EVP_PKEY *p = private_key ? PEM_read_PrivateKey(f, NULL, no_password, NULL)
                              : PEM_read_PUBKEY(f, NULL, no_password, NULL);
    fclose(f);
    struct key *k = p != NULL ? calloc(1, sizeof *k) : NULL;
    *why = p == NULL ? (private_key ? "not a private key in PEM" : "not a public key in PEM")
         : k == NULL ? "out of memory" : NULL;
    if (k != NULL && !EVP_PKEY_is_a(p, "EC") && !EVP_PKEY_is_a(p, "ED25519")) {
        *why = "neither an EC nor an Ed25519 key";
    }
    if (*why != NULL) {
        EVP_PKEY_free(p);
        free(k);
        return NULL;
    }
    k->pkey = p;
    return k;
}

void key_free(struct key *k)
{
    if (k != NULL) {
        EVP_PKEY_free(k->pkey);
        free(k);
    }
}

/* --- new keys ------------------------------------------------------------------- */

static char *with_suffix(const char *prefix, const char *suffix)
{
    char *out = malloc(strlen(prefix) + strlen(suffix) + 1);
    if (out != NULL) {
        sprintf(out, "%s%s", prefix, suffix);
    }
    return out;
}

static bool write_pem(const char *path, mode_t mode, EVP_PKEY *p, bool private_key, const char **why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) {
        *why = errno == EEXIST ? "there is a key already" : strerror(errno);
        return false;
    }
    bool ok = (private_key ? PEM_write_PKCS8PrivateKey(f, p, NULL, NULL, 0, NULL, NULL) : PEM_write_PUBKEY(f, p)) == 1;
    ok = fclose(f) == 0 && ok;
    if (!ok) {
        *why = "cannot be written";
        (void)unlink(path);                       /* nothing half-written */
    }
    return ok;
}

bool key_generate(const char *prefix, const char **why)
{
    char *private_path = with_suffix(prefix, ".key"), *public_path = with_suffix(prefix, ".pub");
    EVP_PKEY *p = EVP_EC_gen("P-256");
    *why = "out of memory";
    bool ok = private_path != NULL && public_path != NULL && p != NULL;
    if (ok && access(public_path, F_OK) == 0) {
        *why = "there is a key already";
        ok = false;
    }
    ok = ok && write_pem(private_path, 0600, p, true, why);
    if (ok && !write_pem(public_path, 0644, p, false, why)) {
        (void)unlink(private_path);
        ok = false;
    }
    EVP_PKEY_free(p);
    free(private_path);
    free(public_path);
    return ok;
}

/* --- signatures -------------------------------------------------------------------- */

bool sha256(struct bytes b, uint8_t out[32])
{
    return EVP_Digest(b.p, b.n, out, NULL, EVP_sha256(), NULL) == 1;
}

bool key_hint(const struct key *k, char out[65])
{
    uint8_t digest[32];
    char *pem = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio != NULL && PEM_write_bio_PUBKEY(bio, k->pkey) == 1;
    long n = ok ? BIO_get_mem_data(bio, &pem) : 0;
    ok = ok && sha256((struct bytes){ (const uint8_t *)pem, (size_t)n }, digest);
    for (size_t i = 0; ok && i < 32; i++) {
        sprintf(out + 2 * i, "%02x", digest[i]);
    }
    BIO_free(bio);
    return ok;
}

/* The curve's own hash; Ed25519 brings one. */
static const EVP_MD *hash_for(const struct key *k)
{
    int bits = EVP_PKEY_get_bits(k->pkey);
    return EVP_PKEY_is_a(k->pkey, "ED25519") ? NULL : bits > 384 ? EVP_sha512() : bits > 256 ? EVP_sha384() : EVP_sha256();
}

bool key_sign(const struct key *k, struct bytes message, uint8_t **sig, size_t *n)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    *sig = NULL;
    bool ok = md != NULL && EVP_DigestSignInit(md, NULL, hash_for(k), NULL, k->pkey) == 1
           && EVP_DigestSign(md, NULL, n, message.p, message.n) == 1
           && (*sig = malloc(*n)) != NULL
           && EVP_DigestSign(md, *sig, n, message.p, message.n) == 1;
    if (!ok) {
        free(*sig);
        *sig = NULL;
    }
    EVP_MD_CTX_free(md);
    return ok;
}

bool key_verify(const struct key *k, struct bytes message, struct bytes sig)
{
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md != NULL && EVP_DigestVerifyInit(md, NULL, hash_for(k), NULL, k->pkey) == 1
           && EVP_DigestVerify(md, sig.p, sig.n, message.p, message.n) == 1;
    EVP_MD_CTX_free(md);
    return ok;
}

/* --- base64 (RFC 4648 section 4) ------------------------------------------------------ */

char *base64_encode(struct bytes b)
{
    char *out = b.n < SIZE_MAX / 2 ? malloc(b.n / 3 * 4 + 8) : NULL;
    if (out != NULL && b.n <= INT32_MAX) {
        EVP_EncodeBlock((unsigned char *)out, b.p, (int)b.n);
        return out;
    }
    free(out);
    return NULL;
}

uint8_t *base64_decode(const char *text, size_t *n)
{
    size_t len = strlen(text), body = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    size_t pad = len - body;
    if (len % 4 != 0 || len > INT32_MAX || pad > 2 || strspn(text + body, "=") != pad) {
        return NULL;
    }
    uint8_t *out = malloc(len / 4 * 3 + 1);
    int got = out != NULL ? EVP_DecodeBlock(out, (const unsigned char *)text, (int)len) : -1;
    if (got < (int)pad) {
        free(out);
        return NULL;
    }
    *n = (size_t)got - pad;
    char *again = base64_encode((struct bytes){ out, *n });      /* one text for each value: the last bits are zero */
    bool canonical = again != NULL && strcmp(again, text) == 0;
    free(again);
    if (!canonical) {
        free(out);
        return NULL;
    }
    return out;
}
