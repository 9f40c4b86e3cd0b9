#include "verify_failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

const char *failure_slug(enum verify_failure code)
{
    static const char *const slugs[NUM_VERIFY_FAILURES] = {
#define FAILURE(code, slug, meaning) [FAIL_##code] = slug,
#include "failures.def"
#undef FAILURE
    };
    return slugs[code];
}

void fail(struct failures *c, enum verify_failure code, const char *file, const char *format, ...)
{
    char *text = NULL;
    va_list args;

    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    c->n++;
    c->unreadable |= code == FAIL_UNREADABLE;
    const char *shown = n >= 0 ? text : "out of memory";
    c->sink(c->ctx, &(struct failure){ code, failure_slug(code), file, shown });
    if (n >= 0) {
        free(text);
    }
}
