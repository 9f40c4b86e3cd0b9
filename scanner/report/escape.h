/* escape.h - makes hostile text printable; the only place that does. All results are on the heap
 * and NUL-ended, or NULL when out of memory. */
#ifndef MA_REPORT_ESCAPE_H
#define MA_REPORT_ESCAPE_H
#include <stdio.h>
#include "../../parsers/base/cursor.h"

/* escape_invalid keeps valid UTF-8 and writes every other byte, and NUL, as \xNN. *changed (may be
 * NULL) says whether there was any. */
char *escape_invalid(struct bytes b, bool *changed);
/* escape_printable is escape_invalid for a terminal: controls, bidi marks, zero-width and other
 * invisible characters become \xNN or \u{NNNN}. At most max bytes of b are shown, then "...". */
char *escape_printable(struct bytes b, size_t max);
/* put_entities writes escape_entities() of a text, or "?" when out of memory. */
void put_entities(FILE *out, const char *s, size_t max);
/* escape_entities is escape_printable for HTML text, quoted attributes and Markdown: of ASCII, all
 * but letters, digits, spaces and commas become &#NN;. */
char *escape_entities(struct bytes b, size_t max);
/* escape_uri makes a path a URI reference (RFC 3986): file:// before an absolute one, all but
 * unreserved characters and slashes as %NN. */
char *escape_uri(struct bytes path);
#endif
