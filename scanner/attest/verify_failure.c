#include "verify_failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void fail(struct failures *c, const char *slug, const char *file, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int n = vasprintf(&text, format, args);
    va_end(args);
    c->n++;
    c->sink(c->ctx, &(struct failure){ slug, file, n >= 0 ? text : "out of memory" });
    if (n >= 0) {
        free(text);
    }
}
