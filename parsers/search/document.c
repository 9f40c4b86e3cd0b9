/* document.c - Windows shortcuts and PDF: documents that can start programs. */
#include "executable.h"

#include <string.h>

/* ShowCommand and HotKey, then reserved fields that are zero (MS-SHLLINK 2.1). */
bool lnk_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    uint32_t show, zero2, zero3;
    uint16_t key, zero1;
    if (!view_take(v, 60, 16, &c) || !cur_u32le(&c, &show) || !cur_u16le(&c, &key)
        || !cur_u16le(&c, &zero1) || !cur_u32le(&c, &zero2) || !cur_u32le(&c, &zero3)) {
        return false;
    }

    e->kind = "lnk";
    return zero1 == 0 && zero2 == 0 && zero3 == 0;
}

/* Objects follow the first line: "1 0 obj" (ISO 32000, 7.5.2). */
bool pdf_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    e->kind = "pdf";
    return view_some(v, 0, sizeof v->buf, &c) && memmem(c.p, c.n, " obj", 4) != NULL;
}
