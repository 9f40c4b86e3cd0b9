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

/* bytes */
enum { MAX_FILE = 65536, MIN_TOKEN = 16 };
struct tokens {
    size_t n;
    uint8_t (*digest)[32];
};

static void digest_of(const char *token, uint8_t out[32]) { sha256_of(bytes_of(token), out); }

char *secret_read(const char *path, const char **why)
{
    struct stat st;
    size_t n = 0;
    if (stat(path, &st) == 0 && (st.st_mode & 037) != 0) {
        *why = "others can read it (chmod 600)";
        return NULL;
    }
    int err;
    uint8_t *p = input_read(path, MAX_FILE, &n, &err);
    *why = p == NULL ? input_error(err) : NULL;
    char *text = p != NULL ? strndup((const char *)p, n) : NULL;
    free(p);
    for (size_t end = text != NULL ? strlen(text) : 0;
         end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\r');) {
        text[--end] = 0;
    }
    return text;
}

static bool add(struct tokens *t, const char *line)
{
    if (!vec_extend(&t->digest, t->n, sizeof *t->digest)) {
        return false;
    }
    digest_of(line, t->digest[t->n++]);
    return true;
}

struct tokens *tokens_load(const char *path, const char **why)
{
    char *text = secret_read(path, why), *rest = NULL;
    struct tokens *t = text != NULL ? calloc(1, sizeof *t) : NULL;
    bool ok = t != NULL;
    for (char *line = ok ? strtok_r(text, "\r\n", &rest) : NULL; ok && line != NULL;
         line = strtok_r(NULL, "\r\n", &rest)) {
        *why = "a token of less than 16 characters";
        ok = strlen(line) >= MIN_TOKEN && add(t, line);
    }
    if (ok && t->n == 0) {
        *why = "no token in it";
        ok = false;
    }
    if (text != NULL) {
        OPENSSL_cleanse(text, strlen(text));
    }
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
    uint8_t asked[32];
    bool found = false;
    if (header == NULL || strncasecmp(header, "Bearer ", 7) != 0) {
        return false;
    }
    digest_of(header + 7, asked);
    for (size_t i = 0; i < t->n; i++) {
        found |= CRYPTO_memcmp(t->digest[i], asked, sizeof asked) == 0;
    }
    return found;
}
