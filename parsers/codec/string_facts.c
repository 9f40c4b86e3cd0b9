/* string_facts.c - emits a long string window by window. */
#include "string_facts.h"

#define OVERLAP 1024u /* bytes that two windows share; no pattern of a rule matches more */

bool strings_emit(struct object *o, struct bytes role, struct bytes key, struct range at)
{
    uint64_t max = o->budget->max[LIMIT_string_bytes];
    size_t window = at.len < max ? (size_t)at.len : (size_t)max;
    uint8_t *buf = budget_resize(o->budget, NULL, 0, window + 1);
    bool ok = buf != NULL;
    struct fact f = { .kind = FACT_STRING };
    f.string.role = role;
    f.string.key = key;
    f.string.length = num_of(at.len);
    for (uint64_t done = 0; ok; done += window - OVERLAP) {
        uint64_t left = at.len - done;
        size_t n = left < window ? (size_t)left : window;
        f.at = (struct range){ at.off + done, n };
        f.string.text = (struct bytes){ buf, n };
        ok = source_read(o->src, f.at.off, buf, n) && emit(o->sink, &f);
        if (left <= window || window <= OVERLAP) {
            break;
        }
    }

    budget_free(o->budget, buf, window + 1);
    return ok;
}
