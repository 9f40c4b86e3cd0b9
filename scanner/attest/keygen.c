/* keygen.c - new key pairs, as two files that are never overwritten. */
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

static char *with_suffix(const char *prefix, const char *suffix)
{
    char *out = malloc(strlen(prefix) + strlen(suffix) + 1);
    if (out != NULL) {
        sprintf(out, "%s%s", prefix, suffix);
    }
    return out;
}

static bool put_private(FILE *f, EVP_PKEY *p, const char *passphrase)
{
    const EVP_CIPHER *cipher = passphrase != NULL ? EVP_aes_256_cbc() : NULL;
    int n = passphrase != NULL ? (int)strlen(passphrase) : 0;
    return PEM_write_PKCS8PrivateKey(f, p, cipher, passphrase, n, NULL, NULL) == 1;
}

struct pem_file {
    const char *path;
    mode_t mode;
    bool private_key;
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
    bool ok = w->private_key ? put_private(f, p, w->passphrase) : PEM_write_PUBKEY(f, p) == 1;
    ok = fclose(f) == 0 && ok;
    if (!ok) {
        *why = "cannot be written";
        (void)unlink(w->path); /* nothing half-written */
    }
    return ok;
}

static EVP_PKEY *generate(const char *algorithm)
{
    return strcmp(algorithm, "p256") == 0   ? EVP_EC_gen("P-256")
           : strcmp(algorithm, "p384") == 0 ? EVP_EC_gen("P-384")
           : strcmp(algorithm, "p521") == 0 ? EVP_EC_gen("P-521")
                                            : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

bool key_generate(const char *prefix, const char *algorithm, const char *passphrase,
                  const char **why)
{
    char *private_path = with_suffix(prefix, ".key"), *public_path = with_suffix(prefix, ".pub");
    EVP_PKEY *p = generate(algorithm);
    *why = "out of memory";
    bool ok = private_path != NULL && public_path != NULL && p != NULL;
    if (ok && access(public_path, F_OK) == 0) {
        *why = "there is a key already";
        ok = false;
    }
    ok = ok && write_pem(&(struct pem_file){ private_path, 0600, true, passphrase }, p, why);
    if (ok && !write_pem(&(struct pem_file){ public_path, 0644, false, NULL }, p, why)) {
        (void)unlink(private_path);
        ok = false;
    }
    EVP_PKEY_free(p);
    free(private_path);
    free(public_path);
    return ok;
}
