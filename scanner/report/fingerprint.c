#include "report.h"

#include "../util/hex.h"
#include "../util/sha256.h"

#include <inttypes.h>
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
static void add(struct sha256 *sha, const char *part) { sha256_add(sha, part, strlen(part) + 1); }

void finding_fingerprint(const struct file_report *f, size_t i, char hex[33])
{
    const struct finding *found = &f->findings[i];
    struct sha256 sha;
    uint8_t digest[32];
    char nth[24];
    snprintf(nth, sizeof nth, "%" PRIu64, ordinal(f, i));

    sha256_begin(&sha);
    add(&sha, found->rule->id);
    add(&sha, f->rel);
    add(&sha, inside(f, found));
    add(&sha, found->evidence);
    add(&sha, nth);
    sha256_end(&sha, digest);

    hex_encode_into((struct bytes){ digest, 16 }, hex);
}
