#include "clock.h"

#define ISO_8601_UTC "%Y-%m-%dT%H:%M:%SZ"

static struct timespec monotonic(void)
{
    struct timespec t = { 0 };
    (void)clock_gettime(CLOCK_MONOTONIC, &t); /* this clock is always there */
    return t;
}

uint64_t clock_ms(void)
{
    struct timespec t = monotonic();
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

time_t clock_seconds(void) { return monotonic().tv_sec; }

bool clock_format(time_t t, char out[CLOCK_TEXT])
{
    struct tm tm;
    bool ok = gmtime_r(&t, &tm) != NULL && strftime(out, CLOCK_TEXT, ISO_8601_UTC, &tm) > 0;
    if (!ok) {
        out[0] = 0; /* strftime leaves any content behind when it fails */
    }
    return ok;
}

bool clock_parse(const char *text, time_t *out)
{
    struct tm tm = { 0 };
    const char *end = text != NULL ? strptime(text, ISO_8601_UTC, &tm) : NULL;
    bool ok = end != NULL && *end == 0;
    *out = ok ? timegm(&tm) : 0;
    return ok;
}
