/* verify_failure.h - why a verification failed: each cause once, by a code of failures.def. */
#ifndef MA_ATTEST_VERIFY_FAILURE_H
#define MA_ATTEST_VERIFY_FAILURE_H
#include <stdbool.h>
#include <stddef.h>

enum verify_failure {
#define FAILURE(code, slug, meaning) FAIL_##code,
#include "failures.def"
#undef FAILURE
    NUM_VERIFY_FAILURES
};
/* The public name of a code, "too-old"; it never changes. */
const char *failure_slug(enum verify_failure code);

/* One failure; valid during the call. */
struct failure {
    enum verify_failure code;
    const char *slug; /* of the code */
    const char *file; /* that it is about, or NULL */
    const char *text;
};
struct failures {
    void (*sink)(void *ctx, const struct failure *c);
    void *ctx;
    size_t n;
    bool unreadable; /* it could not be looked at, which is no answer */
};
/* Passes one failure to c's sink; FAIL_UNREADABLE also makes c unreadable. */
void fail(struct failures *c, enum verify_failure code, const char *file, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#endif
