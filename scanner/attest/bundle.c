/* bundle.c - signs a report as a bundle. */
#include "attest.h"

#include "../input/scan_pass.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

char *bundle_path(const char *model, const char *suffix)
{
    char *real = realpath(model, NULL); /* the names of ".", "x/" and "x/.." */
    char *out = NULL;
    if (real != NULL && asprintf(&out, "%s%s", real, suffix) < 0) {
        out = NULL;
    }
    free(real);
    return out;
}

bool scanner_digest(uint8_t sha[32])
{
    enum input_error why;
    struct stat st;
    int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    bool ok = fstat(fd, &st) == 0 && hash_file(fd, (uint64_t)st.st_size, sha, NULL, &why);
    close(fd);
    return ok;
}

char *bundle_sign(const struct report *r, const struct key *k, enum sign_error *why)
{
    uint8_t sha[32];
    bool has_digest = scanner_digest(sha);
    char *statement = statement_of(r, PREDICATE_SCAN, has_digest ? sha : NULL, why);
    if (statement == NULL) {
        return NULL;
    }
    char *bundle = envelope_sign(bytes_of(statement), k, NULL, why);
    free(statement);
    return bundle;
}
