/* fuzz_policy.c - a policy with waivers, applied to a file with findings.
 *
 * Oracle: a finding of critical severity is waived with a reason only. */
#include "../../scanner/judge/waivers.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static const struct rule *worst_rule(void)
{
    const struct ruleset *rules = rules_builtin();
    for (size_t i = 0; i < rules_count(rules); i++) {
        if (rules_at(rules, i)->severity == SEV_CRITICAL) {
            return rules_at(rules, i);
        }
    }
    return NULL;
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *why = NULL;
    char name[] = "os.system", none[] = "";
    struct finding row = { .rule = worst_rule(), .where = none, .evidence = none, .global = name };
    struct file_report f = { .path = none,
                             .rel = none,
                             .hashed = true,
                             .findings = &row,
                             .num_findings = 1,
                             .worst = SEV_CRITICAL,
                             .verdict = VERDICT_MALICIOUS,
                             .complete = true };
    if (size > 65536) {
        return;
    }

    struct waivers *p = waivers_load(fuzz_file("policy.json", data, size), rules_builtin(), &why);
    MUST((p == NULL) == (why != NULL) || fuzz_failed());
    if (p != NULL) {
        MUST(waivers_apply(p, &f) || fuzz_failed());
        MUST(f.worst == SEV_CRITICAL || (row.waived != NULL && row.waived[0] != 0));
        for (size_t i = 0; i < waivers_num_warnings(p); i++) {
            MUST(waivers_warning(p, i) != NULL);
        }
    }

    free(row.waived);
    waivers_free(p);
    free(why);
}
