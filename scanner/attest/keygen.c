/* keygen.c - makes key pairs, as two files that are never overwritten. */
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

static char *add_suffix(const char *prefix, const char *suffix)
{
    char *out = NULL;
    return asprintf(&out, "%s%s", prefix, suffix) >= 0 ? out : NULL;
}

static bool write_private(FILE *f, EVP_PKEY *p, const char *passphrase)
{
    const EVP_CIPHER *cipher = passphrase != NULL ? EVP_aes_256_cbc() : NULL;
    int n = passphrase != NULL ? (int)strlen(passphrase) : 0;
    return PEM_write_PKCS8PrivateKey(f, p, cipher, passphrase, n, NULL, NULL) == 1;
}

struct pem_file {
    const char *path;
    mode_t mode;
    bool private_key;
    /* NULL: not encrypted. */
    const char *passphrase;
};

static bool write_pem(const struct pem_file *w, EVP_PKEY *p, const char **why)
{
    int fd = open(w->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, w->mode);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) {
        *why = errno == EEXIST ? "there is a key already" : strerror(errno);
        return false;
    }

    bool ok;
    if (w->private_key) {
        ok = write_private(f, p, w->passphrase);
    } else {
        ok = PEM_write_PUBKEY(f, p) == 1;
    }
    ok = fclose(f) == 0 && ok;
    if (!ok) {
        *why = "cannot be written";
        (void)unlink(w->path); /* a partly written key is of no use */
    }
    return ok;
}

static EVP_PKEY *generate_key(const char *algorithm)
{
    static const struct {
        const char *algorithm, *curve;
    } curves[] = { { "p256", "P-256" }, { "p384", "P-384" }, { "p521", "P-521" } };
    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        if (strcmp(algorithm, curves[i].algorithm) == 0) {
            return EVP_EC_gen(curves[i].curve);
        }
    }
    return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static bool write_pair(const char *private_path, const char *public_path, EVP_PKEY *p,
                       const char *passphrase, const char **why)
{
    struct pem_file private_file = { private_path, 0600, true, passphrase };
    struct pem_file public_file = { public_path, 0644, false, NULL };

    if (access(public_path, F_OK) == 0) {
        *why = "there is a key already";
        return false;
    }
    if (!write_pem(&private_file, p, why)) {
        return false;
    }
    if (!write_pem(&public_file, p, why)) {
        (void)unlink(private_path);
        return false;
    }
    return true;
}

bool key_generate(const char *prefix, const char *algorithm, const char *passphrase,
                  const char **why)
{
    char *private_path = add_suffix(prefix, ".key");
    char *public_path = add_suffix(prefix, ".pub");
    EVP_PKEY *p = generate_key(algorithm);
    bool ok = false;

    if (private_path != NULL && public_path != NULL && p != NULL) {
        ok = write_pair(private_path, public_path, p, passphrase, why);
    } else {
        *why = "out of memory";
    }
    EVP_PKEY_free(p);
    free(private_path);
    free(public_path);
    return ok;
}
