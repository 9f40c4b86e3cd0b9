#include "duration.h"

#include <stdlib.h>

int64_t duration_seconds(const char *text)
{
    char *unit = NULL;
    long n = strtol(text, &unit, 10);
    int64_t each = unit[0] == 'd'   ? 86400
                   : unit[0] == 'h' ? 3600
                   : unit[0] == 'm' ? 60
                   : unit[0] == 's' ? 1
                                    : 0;
    return n > 0 && n < 1000000 && each > 0 && unit[1] == 0 ? n * each : 0;
}
