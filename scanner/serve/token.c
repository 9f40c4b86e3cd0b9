#include "token.h"

#include "../util/file_io.h"
#include "../util/sha256.h"
#include "../util/vec.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum {
    /* Bytes of a file. */
    MAX_FILE = 65536,
    /* Characters of a token. */
    MIN_TOKEN = 16
};

struct tokens {
    size_t n;
    uint8_t (*digest)[32];
};

static void hash_token(const char *token, uint8_t out[32]) { sha256_of(bytes_of(token), out); }

static void cut_newlines(char *text)
{
    size_t n = strlen(text);
    while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r')) {
        text[--n] = 0;
    }
}

char *secret_read(const char *path, const char **why)
{
    struct stat st;
    size_t n = 0;
    if (stat(path, &st) == 0 && (st.st_mode & 037) != 0) {
        *why = "others can read it (chmod 600)";
        return NULL;
    }

    int error;
    uint8_t *p = input_read(path, MAX_FILE, &n, &error);
    if (p == NULL) {
        *why = input_error(error);
        return NULL;
    }
    char *text = strndup((const char *)p, n);
    free(p);
    if (text == NULL) {
        *why = "out of memory";
        return NULL;
    }
    cut_newlines(text);
    return text;
}

static bool add_token(struct tokens *t, const char *line)
{
    if (!vec_extend(&t->digest, t->n, sizeof *t->digest)) {
        return false;
    }
    hash_token(line, t->digest[t->n++]);
    return true;
}

static bool add_lines(struct tokens *t, char *text, const char **why)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\r\n", &rest); line != NULL;
         line = strtok_r(NULL, "\r\n", &rest)) {
        if (strlen(line) < MIN_TOKEN) {
            *why = "a token of less than 16 characters";
            return false;
        }
        if (!add_token(t, line)) {
            *why = "out of memory";
            return false;
        }
    }

    if (t->n == 0) {
        *why = "no token in it";
        return false;
    }
    return true;
}

struct tokens *tokens_load(const char *path, const char **why)
{
    char *text = secret_read(path, why);
    if (text == NULL) {
        return NULL;
    }

    size_t n = strlen(text);
    struct tokens *t = calloc(1, sizeof *t);
    bool ok = false;
    if (t == NULL) {
        *why = "out of memory";
    } else {
        ok = add_lines(t, text, why);
    }
    OPENSSL_cleanse(text, n);
    free(text);
    if (!ok) {
        tokens_free(t);
        return NULL;
    }
    return t;
}

void tokens_free(struct tokens *t)
{
    if (t != NULL) {
        free(t->digest);
        free(t);
    }
}

bool tokens_allow(const struct tokens *t, const char *header)
{
    static const char scheme[] = "Bearer ";
    uint8_t digest[32];
    bool found = false;
    if (header == NULL || strncasecmp(header, scheme, sizeof scheme - 1) != 0) {
        return false;
    }

    hash_token(header + sizeof scheme - 1, digest);
    for (size_t i = 0; i < t->n; i++) {
        found |= CRYPTO_memcmp(t->digest[i], digest, sizeof digest) == 0;
    }
    return found;
}
