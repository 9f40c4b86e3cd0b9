#include "report.h"

#include "../util/hex.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

/* Where it is, below the file: the path before it changes with the folder that was named. */
static const char *inside(const struct file_report *f, const struct finding *found)
{
    size_t n = strlen(f->path);
    return strncmp(found->where, f->path, n) == 0 ? found->where + n : found->where;
}

/* How many findings before i look just like it. */
static uint64_t ordinal(const struct file_report *f, size_t i)
{
    const struct finding *me = &f->findings[i];
    uint64_t n = 0;
    for (size_t k = 0; k < i; k++) {
        const struct finding *other = &f->findings[k];
        n += other->rule == me->rule && strcmp(other->evidence, me->evidence) == 0
             && strcmp(other->where, me->where) == 0;
    }
    return n;
}

/* The NUL behind each part goes in as well: no two lists of parts read the same. */
static bool add(EVP_MD_CTX *ctx, const char *part)
{
    return EVP_DigestUpdate(ctx, part, strlen(part) + 1) == 1;
}

bool finding_fingerprint(const struct file_report *f, size_t i, char hex[33])
{
    const struct finding *found = &f->findings[i];
    uint8_t digest[EVP_MAX_MD_SIZE];
    char nth[24];
    snprintf(nth, sizeof nth, "%" PRIu64, ordinal(f, i));
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1
              && add(ctx, found->rule->id) && add(ctx, f->rel) && add(ctx, inside(f, found))
              && add(ctx, found->evidence) && add(ctx, nth)
              && EVP_DigestFinal_ex(ctx, digest, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    if (ok) {
        hex_encode_into((struct bytes){ digest, 16 }, hex);
    }
    return ok;
}
