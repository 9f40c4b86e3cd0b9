/* clock.h - the monotonic clock, and times in UTC as ISO 8601 texts ("2026-11-23T10:00:00Z"). */
#ifndef MA_UTIL_CLOCK_H
#define MA_UTIL_CLOCK_H
#include "../../parsers/base/cursor.h"

#include <time.h>

#define CLOCK_TEXT 32u /* bytes of a time as text, with its NUL */

/* clock_ms() and clock_seconds() return the time since some start that stays for the process; it
 * never runs backwards.  They cannot fail. */
uint64_t clock_ms(void);
time_t clock_seconds(void);

/* clock_format() writes t as text.  Returns false, with an empty text, when t has no year of four
 * digits or more that the C library can write. */
bool clock_format(time_t t, char out[CLOCK_TEXT]);
/* clock_parse() reads what clock_format() writes.  Returns false, with *out 0, when text is NULL or
 * anything else. */
MUST_CHECK bool clock_parse(const char *text, time_t *out);
#endif
