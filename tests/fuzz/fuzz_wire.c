/* fuzz_wire.c - a worker's answer, as the parent reads it.
 *
 * Oracles: gaps, unread bytes and findings leave no file clean; what was read can be
 * written and read again, and is then the same bytes. */
#include "../../scanner/box/wire.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { JOB = 7, FILE_BYTES = 5 };     /* what the parent knows: the seeds are answers to that */

static void done(struct file_report *f)
{
    struct report *r = calloc(1, sizeof *r);
    struct file_report *files = malloc(sizeof *files);
    MUST(r != NULL && files != NULL);
    *files = *f;
    r->files = files;
    r->num_files = 1;
    report_free(r);
}

static void check(const struct file_report *f)
{
    if (f->verdict == VERDICT_CLEAN || f->verdict == VERDICT_NOT_A_MODEL) {
        MUST(f->complete && f->num_gaps == 0 && f->bytes_searched == FILE_BYTES);
        for (size_t i = 0; i < f->num_findings; i++) {
            MUST(f->findings[i].rule->severity < SEV_MEDIUM);
        }
    }
    for (size_t i = 0; i < f->num_findings; i++) {
        MUST(f->findings[i].evidence == NULL || strpbrk(f->findings[i].evidence, "\x1b\n\r\x07") == NULL);
    }
    MUST(!f->hashed);                              /* a digest is none of its business */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ruleset *rules = rules_builtin();
    struct file_report f = { .size = FILE_BYTES, .complete = true, .weights_only = -1 }, g = f, other = f;
    bool ok = wire_read(&f, rules, JOB, (struct bytes){ data, size });
    if (ok) {
        size_t n = 0, m = 0;
        check(&f);
        uint8_t *p = wire_write(&f, rules, JOB, &n);
        MUST(p != NULL && wire_read(&g, rules, JOB, (struct bytes){ p, n }));
        uint8_t *q = wire_write(&g, rules, JOB, &m);
        MUST(q != NULL && n == m && memcmp(p, q, n) == 0);
        MUST(!wire_read(&other, rules, JOB + 1, (struct bytes){ data, size }));
        free(p);
        free(q);
    }
    done(&f);
    done(&g);
    done(&other);
    return 0;
}
