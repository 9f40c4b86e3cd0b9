/* text.h - builds a text of any length in memory, written through a FILE.
 *
 *     struct text t;
 *     if (!text_begin(&t)) {
 *         return NULL;
 *     }
 *     fprintf(t.out, ...);
 *     return text_end(&t); */
#ifndef MA_UTIL_TEXT_H
#define MA_UTIL_TEXT_H
#include "../../parsers/base/cursor.h"

#include <stdarg.h>
#include <stdio.h>

/* Does not move between text_begin() and text_end(). */
struct text {
    FILE *out; /* where the text is written to */
    char *p; /* valid after text_end() */
    size_t n; /* bytes of p without its NUL; valid after text_end() */
};
/* text_begin() opens t->out.  Returns false when out of memory; nothing is then to be ended. */
MUST_CHECK bool text_begin(struct text *t);
/* text_end() closes t->out and returns what was written, NUL-ended, t->n bytes; the caller frees
 * it.  Returns NULL, and has freed the text, when any write failed. */
char *text_end(struct text *t);

/* text_message() returns "PATH: MESSAGE", the message formatted as by vprintf(); the caller frees
 * it.  NULL when out of memory. */
char *text_message(const char *path, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
#endif
