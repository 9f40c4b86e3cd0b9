#include "hub_cache.h"

#include "../util/hex.h"

#include <string.h>

enum { SHA1_DIGITS = 40, SHA256_DIGITS = 64, MAX_UP = 32 };

static bool is_hex(const char *s, size_t n) { return strlen(s) == n && hex_digits(s) == n; }

unsigned hub_cache_link(const char *text, const char **name)
{
    unsigned up = 0;
    for (; up < MAX_UP && strncmp(text, "../", 3) == 0; text += 3) {
        up++;
    }
    if (up < 2 || strncmp(text, "blobs/", 6) != 0) {
        return 0;
    }
    *name = text + 6;
    return is_hex(*name, SHA1_DIGITS) || is_hex(*name, SHA256_DIGITS) ? up : 0;
}

/* What follows "blobs/" as the last folder, or NULL. */
static const char *below_blobs(const char *rel)
{
    const char *slash = strrchr(rel, '/');
    bool in = slash != NULL && slash - rel >= 5 && strncmp(slash - 5, "blobs", 5) == 0
              && (slash - rel == 5 || slash[-6] == '/');
    return in ? slash + 1 : NULL;
}

static const char *sha256_of_name(const char *name)
{
    const char *hex = strncmp(name, "sha256-", 7) == 0 ? name + 7 : name;
    return is_hex(hex, SHA256_DIGITS) ? hex : NULL;
}

bool hub_cache_is_blob(const char *rel)
{
    const char *name = below_blobs(rel);
    return name != NULL && (sha256_of_name(name) != NULL || is_hex(name, SHA1_DIGITS));
}

bool hub_cache_is_wrong(const struct file_report *f)
{
    const char *name = below_blobs(f->path), *hex = name != NULL ? sha256_of_name(name) : NULL;
    uint8_t named[32];
    return f->hashed && hex != NULL && hex_decode(hex, named, sizeof named)
           && memcmp(named, f->sha256, sizeof named) != 0;
}

/* -00002-of-00003.gguf: llama.cpp, llama_split_path */
unsigned hub_cache_parts(const char *rel, size_t *stem)
{
    static const char form[] = "-00000-of-00000.gguf";
    size_t n = strlen(rel), m = sizeof form - 1;
    if (n < m) {
        return 0;
    }
    const char *tail = rel + n - m;
    unsigned parts = 0;
    for (size_t i = 0; i < m; i++) {
        bool digit = tail[i] >= '0' && tail[i] <= '9';
        if (form[i] == '0' ? !digit : tail[i] != form[i]) {
            return 0;
        }
        parts = i >= 10 && digit ? parts * 10 + (unsigned)(tail[i] - '0') : parts;
    }
    *stem = n - m;
    return parts;
}
