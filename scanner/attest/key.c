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

#define MAX_PASSPHRASE 1024 /* bytes, the size of PEM's buffer */

struct key {
    EVP_PKEY *pkey;
    /* External signer, or NULL. */
    key_signer *sign;
    void *ctx;
};

/* --- reading ----------------------------------------------------------------------- */

/* Prompts on the terminal of the process. Returns the length, or -1 where there is no terminal. */
static int prompt(char *buf, int size)
{
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) {
        return -1;
    }
    close(tty);
    if (EVP_read_pw_string(buf, size, "Passphrase of the key: ", 0) != 0) {
        return -1;
    }
    return (int)strlen(buf);
}

/* PEM's callback for a passphrase; ctx is the given passphrase, or NULL. */
static int get_passphrase(char *buf, int size, int rwflag, void *ctx)
{
    (void)rwflag; /* unused: keys are only read */
    const char *text = ctx;
    if (text == NULL) {
        return prompt(buf, size);
    }

    int n = (int)strnlen(text, MAX_PASSPHRASE);
    if (n > size) {
        return -1;
    }
    memcpy(buf, text, (size_t)n);
    return n;
}

static bool is_known_group(const char *name)
{
    static const char *const groups[] = { "prime256v1", "secp384r1", "secp521r1" };
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(name, groups[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_known_algorithm(EVP_PKEY *p)
{
    char group[32] = "";
    if (EVP_PKEY_is_a(p, "ED25519")) {
        return true;
    }
    return EVP_PKEY_is_a(p, "EC") && EVP_PKEY_get_group_name(p, group, sizeof group, NULL) == 1
           && is_known_group(group);
}

struct key *key_from_pkey(EVP_PKEY *pkey, const char **why)
{
    if (!is_known_algorithm(pkey)) {
        *why = "neither an EC key of P-256, P-384, P-521 nor Ed25519";
        return NULL;
    }

    struct key *k = calloc(1, sizeof *k);
    if (k == NULL || EVP_PKEY_up_ref(pkey) != 1) {
        *why = "out of memory";
        free(k);
        return NULL;
    }
    *why = NULL;
    k->pkey = pkey;
    return k;
}

EVP_PKEY *key_pkey(const struct key *k) { return k->pkey; }

/* Takes over p; for NULL, *why is why_none. */
static struct key *take_pkey(EVP_PKEY *p, const char *why_none, const char **why)
{
    if (p == NULL) {
        *why = why_none;
        return NULL;
    }
    struct key *k = key_from_pkey(p, why);
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

    void *ctx = (void *)(size_t)passphrase; /* get_passphrase() only reads it */
    EVP_PKEY *p;
    const char *why_none;
    if (private_key) {
        p = PEM_read_PrivateKey(f, NULL, get_passphrase, ctx);
        why_none = "not a private key in PEM, or not its passphrase";
    } else {
        p = PEM_read_PUBKEY(f, NULL, get_passphrase, ctx);
        why_none = "not a public key in PEM";
    }
    fclose(f);
    return take_pkey(p, why_none, why);
}

bool key_encrypted(const char *path)
{
    enum { MAX_LINES = 64 };
    char line[128];
    bool found = false;
    FILE *f = fopen(path, "re");

    if (f == NULL) {
        return false;
    }
    for (int i = 0; !found && i < MAX_LINES && fgets(line, sizeof line, f) != NULL; i++) {
        found = strstr(line, "ENCRYPTED") != NULL; /* in the header of PKCS#8, or in Proc-Type */
    }
    fclose(f);
    return found;
}

struct key *key_from_pem(struct bytes pem, const char **why)
{
    BIO *bio = pem.n <= INT32_MAX ? BIO_new_mem_buf(pem.p, (int)pem.n) : NULL;
    EVP_PKEY *p = NULL;
    if (bio != NULL) {
        p = PEM_read_bio_PUBKEY(bio, NULL, NULL, (void *)(size_t) ""); /* an empty passphrase */
    }
    BIO_free(bio);
    return take_pkey(p, "not a public key in PEM", why);
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

/* Reads the first line of f into size bytes. Returns NULL, or what is wrong with it. */
static const char *read_passphrase(FILE *f, char *text, int size)
{
    if (fgets(text, size, f) == NULL) {
        return "contains no passphrase";
    }
    text[strcspn(text, "\r\n")] = 0;
    if (text[0] == 0) {
        return "contains no passphrase";
    }
    return strlen(text) > MAX_PASSPHRASE ? "contains a passphrase that is too long" : NULL;
}

char *key_passphrase(const char *path, const char **why)
{
    enum { SIZE = MAX_PASSPHRASE + 2 };
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        *why = strerror(errno);
        return NULL;
    }

    char *text = calloc(1, SIZE);
    *why = text != NULL ? read_passphrase(f, text, SIZE) : "out of memory";
    fclose(f);
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

/* The hash of the size of the curve; NULL for Ed25519, which includes one. */
static const EVP_MD *hash_for(const struct key *k)
{
    int bits = EVP_PKEY_get_bits(k->pkey);
    if (EVP_PKEY_is_a(k->pkey, "ED25519")) {
        return NULL;
    }
    if (bits > 384) {
        return EVP_sha512();
    }
    return bits > 256 ? EVP_sha384() : EVP_sha256();
}

/* Sets *sig, also on failure, to what is to be freed. */
static bool sign_message(EVP_MD_CTX *md, const struct key *k, struct bytes message, uint8_t **sig,
                         size_t *n)
{
    if (EVP_DigestSignInit(md, NULL, hash_for(k), NULL, k->pkey) != 1
        || EVP_DigestSign(md, NULL, n, message.p, message.n) != 1) {
        return false;
    }
    *sig = malloc(*n);
    return *sig != NULL && EVP_DigestSign(md, *sig, n, message.p, message.n) == 1;
}

bool key_sign(const struct key *k, struct bytes message, uint8_t **sig, size_t *n)
{
    *sig = NULL;
    if (k->sign != NULL) {
        return k->sign(k->ctx, message, sig, n) && *sig != NULL;
    }

    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md != NULL && sign_message(md, k, message, sig, n);
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
