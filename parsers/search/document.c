/* document.c - Windows shortcuts and PDF: no machine code, but things that start others. */
#include "executable.h"

#include <string.h>

/* MS-SHLLINK 2.1: ShowCommand, then reserved fields that are zero. */
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

/* ISO 32000 7.5.2: after the first line come objects: "1 0 obj". */
bool pdf_confirm(struct view *v, struct exec *e)
{
    struct cursor c;
    e->kind = "pdf";
    return view_some(v, 0, sizeof v->buf, &c) && memmem(c.p, c.n, " obj", 4) != NULL;
}
