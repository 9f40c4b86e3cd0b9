/* fuzz_wire.c - a worker's answer, as the parent reads it.
 *
 * Oracles: gaps, unread bytes and findings leave no file clean; what was read can be
 * written and read again, and is then the same bytes. */
#include "../../scanner/report/codec.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* what the parent knows: the seeds are answers to that */
enum { JOB = 7, FILE_BYTES = 5 };

static void done(struct file_report *f)
{
    struct report *r = fuzz_malloc(sizeof *r);
    struct file_report *files = fuzz_malloc(sizeof *files);
    *r = (struct report){ 0 };
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
        MUST(f->findings[i].evidence == NULL
             || strpbrk(f->findings[i].evidence, "\x1b\n\r\x07") == NULL);
    }
    MUST(!f->hashed); /* a digest is none of its business */
}

void fuzz_one(const uint8_t *data, size_t size)
{
    const struct ruleset *rules = rules_builtin();
    struct file_report f = { .size = FILE_BYTES, .complete = true, .weights_only = -1 }, g = f,
                       other = f;
    bool ok = report_decode(&f, rules, JOB, (struct bytes){ data, size });
    if (ok) {
        size_t n = 0, m = 0;
        check(&f);
        uint8_t *p = report_encode(&f, rules, JOB, &n);
        bool again = p != NULL && report_decode(&g, rules, JOB, (struct bytes){ p, n });
        uint8_t *q = again ? report_encode(&g, rules, JOB, &m) : NULL;
        MUST(q != NULL ? n == m && memcmp(p, q, n) == 0 : fuzz_failed());
        MUST(!report_decode(&other, rules, JOB + 1, (struct bytes){ data, size }));
        free(p);
        free(q);
    }
    done(&f);
    done(&g);
    done(&other);
}
