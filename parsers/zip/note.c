/* note.c - anomalies of zip archives, with what loaders do. */
#include "directories.h"

#include <stdarg.h>
#include <stdio.h>

enum {
    DETAIL_BYTES = 512, /* bytes of a text */
    NAME_SHOWN = 80, /* bytes of a name that a text shows */
    QUOTED_BYTES = NAME_SHOWN * 4 + 8 /* \xNN for each byte, quotes and the NUL */
};

static bool emit_note(struct zip *z, const struct zip_note *n, const char *detail)
{
    struct fact f = { .kind = FACT_ANOMALY, .at = n->at };
    f.anomaly.slug = bytes_of(n->slug);
    f.anomaly.detail = bytes_of(detail);
    f.anomaly.loader = bytes_of(n->loader);
    f.anomaly.declared = n->declared;
    f.anomaly.actual = n->actual;
    return emit(z->o->sink, &f);
}

bool zip_note(struct zip *z, struct zip_note n, const char *fmt, ...)
{
    char detail[DETAIL_BYTES];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(detail, sizeof detail, fmt, ap); /* a longer text is truncated */
    va_end(ap);
    return emit_note(z, &n, detail);
}

/* Quotes a name.  Names are hostile text: bytes that are not printable ASCII become \xNN. */
static void quote(struct bytes name, char out[QUOTED_BYTES])
{
    static const char hex[] = "0123456789abcdef";
    struct cursor c = cur_of(bytes_sub(name, 0, NAME_SHOWN), 0);
    size_t n = 0;
    uint8_t b;
    out[n++] = '\'';
    while (cur_u8(&c, &b)) {
        if (b >= 0x20 && b < 0x7f && b != '\\' && b != '\'') {
            out[n++] = (char)b;
            continue;
        }
        out[n++] = '\\';
        out[n++] = 'x';
        out[n++] = hex[b >> 4];
        out[n++] = hex[b & 15u];
    }

    out[n++] = '\'';
    out[n] = '\0';
}

bool zip_note_name(struct zip *z, struct zip_note n, struct bytes name, const char *what)
{
    char quoted[QUOTED_BYTES];
    const char *ellipsis = name.n > NAME_SHOWN ? "..." : "";
    quote(name, quoted);
    return zip_note(z, n, "%s%s: %s", quoted, ellipsis, what);
}
