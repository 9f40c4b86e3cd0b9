/* escape.h - the one place where hostile text becomes printable text. */
#ifndef MA_REPORT_ESCAPE_H
#define MA_REPORT_ESCAPE_H
#include <stdio.h>
#include "../../parsers/base/cursor.h"

/* Valid UTF-8 kept, every other byte as \xNN.  *changed (may be NULL) tells
 * whether any byte was.  Heap, NUL-ended; NULL when out of memory.  NUL bytes
 * become \x00. */
char *escape_invalid(struct bytes b, bool *changed);
/* As above, and safe on a terminal: controls, bidi marks, zero-width and other
 * invisible characters as \xNN or \u{NNNN}; at most max bytes of b, then "...". */
char *escape_printable(struct bytes b, size_t max);
/* Writes escape_entities() of a text; "?" when out of memory. */
void put_entities(FILE *out, const char *s, size_t max);
/* Printable as above, and inert in HTML text, quoted attributes and Markdown: all
 * but letters, digits, spaces and commas of ASCII as &#NN;. */
char *escape_entities(struct bytes b, size_t max);
/* A path as a URI reference (RFC 3986): file:// before an absolute one, all but
 * unreserved characters and slashes as %NN. */
char *escape_uri(struct bytes path);
#endif
