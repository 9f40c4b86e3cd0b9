#include "key.h"

#include "base64.h"
#include "../util/hex.h"
#include "../util/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_PASSPHRASE 1024 /* bytes, as much as PEM asks for */

struct key {
    EVP_PKEY *pkey;
    key_signer *sign;
    void *ctx;
};

/* --- reading ----------------------------------------------------------------------- */

/* PEM's callback: the passphrase that was given, or the terminal's; without either the key is
 * unusable. */
static int ask(char *buf, int size, int rwflag, void *given)
{
    (void)rwflag; /* the callback's fixed shape */
    const char *text = given;
    if (text != NULL) {
        int n = (int)strnlen(text, MAX_PASSPHRASE);
        memcpy(buf, text, (size_t)(n < size ? n : size));
        return n <= size ? n : -1;
    }
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) {
        return -1;
    }
    close(tty);
    return EVP_read_pw_string(buf, size, "Passphrase of the key: ", 0) == 0 ? (int)strlen(buf) : -1;
}

static bool known_algorithm(EVP_PKEY *p)
{
    char group[32] = "";
    if (EVP_PKEY_is_a(p, "ED25519")) {
        return true;
    }
    return EVP_PKEY_is_a(p, "EC") && EVP_PKEY_get_group_name(p, group, sizeof group, NULL) == 1
           && (strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0
               || strcmp(group, "secp521r1") == 0);
}

struct key *key_of(EVP_PKEY *pkey, const char **why)
{
    struct key *k = calloc(1, sizeof *k);
    *why = k == NULL               ? "out of memory"
           : known_algorithm(pkey) ? NULL
                                   : "neither an EC key of P-256, P-384, P-521 nor Ed25519";
    if (*why != NULL || EVP_PKEY_up_ref(pkey) != 1) {
        free(k);
        return NULL;
    }
    k->pkey = pkey;
    return k;
}

EVP_PKEY *key_pkey(const struct key *k) { return k->pkey; }

static struct key *key_taken(EVP_PKEY *p, const char *none, const char **why)
{
    *why = none;
    struct key *k = p != NULL ? key_of(p, why) : NULL;
    EVP_PKEY_free(p);
    return k;
}

struct key *key_load(const char *path, bool private_key, const char *passphrase, const char **why)
{
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        *why = strerror(errno);
        return NULL;
    }
    void *given = (void *)(size_t)passphrase; /* read only: see ask() */
    EVP_PKEY *p = private_key ? PEM_read_PrivateKey(f, NULL, ask, given)
                              : PEM_read_PUBKEY(f, NULL, ask, given);
    fclose(f);
    return key_taken(p,
                     private_key ? "not a private key in PEM, or not its passphrase"
                                 : "not a public key in PEM",
                     why);
}

bool key_encrypted(const char *path)
{
    char line[128];
    FILE *f = fopen(path, "re");
    bool found = false;
    for (int i = 0; f != NULL && !found && i < 64 && fgets(line, sizeof line, f) != NULL; i++) {
        found = strstr(line, "ENCRYPTED") != NULL; /* PKCS#8's header, or Proc-Type */
    }
    if (f != NULL) {
        fclose(f);
    }
    return found;
}

struct key *key_from_pem(struct bytes pem, const char **why)
{
    BIO *bio = pem.n <= INT32_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    EVP_PKEY *p = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, (void *)(size_t) "") : NULL;
    BIO_free(bio);
    return key_taken(p, "not a public key in PEM", why);
}

void key_sign_with(struct key *public_half, key_signer *sign, void *ctx)
{
    public_half->sign = sign;
    public_half->ctx = ctx;
}

void key_free(struct key *k)
{
    if (k != NULL) {
        EVP_PKEY_free(k->pkey);
        free(k);
    }
}

char *key_passphrase(const char *path, const char **why)
{
    FILE *f = fopen(path, "re");
    char *text = f != NULL ? calloc(1, MAX_PASSPHRASE + 2) : NULL;
    *why = f == NULL ? strerror(errno) : text == NULL ? "out of memory" : NULL;
    if (text != NULL && fgets(text, MAX_PASSPHRASE + 2, f) == NULL) {
        *why = "holds no passphrase";
    }
    if (f != NULL) {
        fclose(f);
    }
    if (*why == NULL) {
        text[strcspn(text, "\r\n")] = 0;
        *why = text[0] == 0                    ? "holds no passphrase"
               : strlen(text) > MAX_PASSPHRASE ? "holds too long a passphrase"
                                               : NULL;
    }
    if (*why != NULL) {
        passphrase_free(text);
        return NULL;
    }
    return text;
}

void passphrase_free(char *passphrase)
{
    if (passphrase != NULL) {
        OPENSSL_cleanse(passphrase, strlen(passphrase));
        free(passphrase);
    }
}

/* --- signatures -------------------------------------------------------------------- */

bool key_hint(const struct key *k, char out[65])
{
    uint8_t digest[32];
    char *pem = NULL;
    BIO *bio = BIO_new(BIO_s_mem());
    bool ok = bio != NULL && PEM_write_bio_PUBKEY(bio, k->pkey) == 1;
    long n = ok ? BIO_get_mem_data(bio, &pem) : 0;
    if (ok) {
        sha256_of((struct bytes){ (const uint8_t *)pem, (size_t)n }, digest);
        hex_encode_into((struct bytes){ digest, 32 }, out);
    }
    BIO_free(bio);
    return ok;
}

static bool is_der_hint(const struct key *k, const char *text)
{
    uint8_t *der = NULL, digest[32];
    int n = i2d_PUBKEY(k->pkey, &der);
    char *hint = NULL;
    if (n > 0) {
        sha256_of((struct bytes){ der, (size_t)n }, digest);
        hint = base64_encode((struct bytes){ digest, 32 });
    }
    bool same = hint != NULL && strcmp(hint, text) == 0;
    free(hint);
    OPENSSL_free(der);
    return same;
}

bool key_hint_is(const struct key *k, const char *text)
{
    char hint[65];
    return (key_hint(k, hint) && strcmp(hint, text) == 0) || is_der_hint(k, text);
}

bool key_same(const struct key *a, const struct key *b)
{
    return EVP_PKEY_eq(a->pkey, b->pkey) == 1;
}

/* The curve's own hash; Ed25519 brings one. */
static const EVP_MD *hash_for(const struct key *k)
{
    int bits = EVP_PKEY_get_bits(k->pkey);
    return EVP_PKEY_is_a(k->pkey, "ED25519") ? NULL
           : bits > 384                      ? EVP_sha512()
           : bits > 256                      ? EVP_sha384()
                                             : EVP_sha256();
}

bool key_sign(const struct key *k, struct bytes message, uint8_t **sig, size_t *n)
{
    *sig = NULL;
    if (k->sign != NULL) {
        return k->sign(k->ctx, message, sig, n) && *sig != NULL;
    }
    EVP_MD_CTX *md = EVP_MD_CTX_new();
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
