/* verify_failure.h - the failures of a verification, by the codes of failures.def. */
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

/* failure_slug returns the public name of a code, "too-old"; it never changes. */
const char *failure_slug(enum verify_failure code);

/* One failure; valid during the call of the sink. */
struct failure {
    enum verify_failure code;
    /* Public name of the code. */
    const char *slug;
    /* The file that it is about, or NULL. */
    const char *file;
    const char *text;
};

struct failures {
    /* Called once for each failure. */
    void (*sink)(void *ctx, const struct failure *c);
    void *ctx;
    /* Number of failures. */
    size_t n;
    /* A file or a bundle could not be read: the model is neither verified nor refused. */
    bool unreadable;
};

/* fail passes one failure to the sink of c; FAIL_UNREADABLE also makes c unreadable. */
void fail(struct failures *c, enum verify_failure code, const char *file, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
#endif
