/* duration.h - "30d" and its like. */
#ifndef MA_ATTEST_DURATION_H
#define MA_ATTEST_DURATION_H
#include <stdint.h>

/* "30d", "12h", "45m", "90s" as seconds; 0 when it is none of these. */
int64_t duration_seconds(const char *text);
#endif
