/* fuzz_wire.c - a worker's reply, as the parent decodes it.
 *
 * Oracles: a file with gaps, unread bytes or findings is not clean; a decoded reply can be encoded
 * and decoded again, and is then the same bytes. */
#include "../../scanner/report/codec.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { JOB = 7, FILE_BYTES = 5 }; /* known to the parent; the seeds are replies to this job */

static void free_report(struct file_report *f)
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
        const char *evidence = f->findings[i].evidence;
        MUST(evidence == NULL || strpbrk(evidence, "\x1b\n\r\x07") == NULL);
    }

    MUST(!f->hashed); /* a worker's reply has no digest */
}

static struct file_report new_report(void)
{
    return (struct file_report){ .size = FILE_BYTES, .complete = true, .weights_only = -1 };
}

static void check_round_trip(const struct file_report *f)
{
    struct file_report again = new_report();
    const struct ruleset *rules = rules_builtin();
    size_t n = 0;
    size_t m = 0;
    uint8_t *second = NULL;
    uint8_t *first = report_encode(f, rules, JOB, &n);
    if (first != NULL && report_decode(&again, rules, JOB, (struct bytes){ first, n })) {
        second = report_encode(&again, rules, JOB, &m);
    }
    if (second != NULL) {
        MUST(n == m && memcmp(first, second, n) == 0);
    } else {
        MUST(fuzz_failed());
    }

    free(first);
    free(second);
    free_report(&again);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    const struct ruleset *rules = rules_builtin();
    struct file_report f = new_report();
    struct file_report other = new_report();
    struct bytes reply = { data, size };
    if (report_decode(&f, rules, JOB, reply)) {
        check(&f);
        check_round_trip(&f);
        MUST(!report_decode(&other, rules, JOB + 1, reply));
    }

    free_report(&f);
    free_report(&other);
}
