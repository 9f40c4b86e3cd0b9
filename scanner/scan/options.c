#include "options.h"

#include <stdio.h>

void scan_options_init(struct scan_options *o)
{
    *o = (struct scan_options){ .rules = rules_builtin(), .fail_on = SEV_MEDIUM };
    for (int i = 0; i < NUM_LIMITS; i++) {
        o->max[i] = limit_rows[i].value;
    }
}

bool scan_options_find_same(const struct scan_options *a, const struct scan_options *b)
{
    for (int i = 0; i < NUM_LIMITS; i++) {
        if (a->max[i] != b->max[i]) {
            return false;
        }
    }
    return a->rules == b->rules && a->map == b->map;
}

void limit_option_name(enum limit which, char name[LIMIT_OPTION_BYTES])
{
    snprintf(name, LIMIT_OPTION_BYTES, "max-%s", limit_rows[which].name);
    for (char *p = name; *p != 0; p++) {
        *p = *p == '_' ? '-' : *p;
    }
}
