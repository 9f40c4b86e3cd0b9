#include "text.h"

#include <stdlib.h>

bool text_begin(struct text *t)
{
    *t = (struct text){ 0 };
    t->out = open_memstream(&t->p, &t->n);
    return t->out != NULL;
}

char *text_end(struct text *t)
{
    bool ok = !ferror(t->out);
    ok = fclose(t->out) == 0 && ok;
    t->out = NULL;
    if (!ok) {
        free(t->p);
        t->p = NULL;
        t->n = 0;
    }
    return t->p;
}

char *text_message(const char *path, const char *format, va_list args)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }
    fprintf(t.out, "%s: ", path);
    vfprintf(t.out, format, args);
    return text_end(&t);
}
