/* verify_failure.h - why a verification failed: each cause once, with a slug that programs may rely on. */
#ifndef MA_ATTEST_VERIFY_FAILURE_H
#define MA_ATTEST_VERIFY_FAILURE_H
#include <stdbool.h>
#include <stddef.h>

/* file: the one it is about, or NULL; valid during the call */
struct failure {
    const char *slug, *file, *text;
};
struct failures {
    void (*sink)(void *ctx, const struct failure *c);
    void *ctx;
    size_t n;
    bool unreadable; /* it could not be looked at, which is no answer */
};
void fail(struct failures *c, const char *slug, const char *file, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#endif
