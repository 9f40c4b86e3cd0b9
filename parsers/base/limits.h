/* limits.h - the limits and bounds of limits.def. */
#ifndef MA_BASE_LIMITS_H
#define MA_BASE_LIMITS_H
#include <stdint.h>

/* LIMIT_name: an index; the value in force is in struct budget or struct scan_options. */
enum limit {
#define LIMIT(name, unit, value, per, why) LIMIT_##name,
#include "limits.def"
    NUM_LIMITS
};
/* BOUND_name: the value. */
enum bound {
#define BOUND(name, unit, value, why) BOUND_##name = value,
#include "limits.def"
};

struct limit_row {
    const char *name; /* heap_bytes */
    const char *unit; /* bytes */
    uint64_t value; /* the default */
    uint64_t per; /* it grows by one for each `per` bytes of the file; 0: it does not */
    const char *why;
};
extern const struct limit_row limit_rows[NUM_LIMITS];
#endif
