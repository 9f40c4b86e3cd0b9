#include "testresult.h"

/* Has the rule a finding that is not waived in any file? */
static bool has_finding(const struct report *r, const struct rule *rule)
{
    for (size_t i = 0; i < r->num_files; i++) {
        const struct file_report *f = &r->files[i];
        for (size_t k = 0; k < f->num_findings; k++) {
            if (f->findings[k].rule == rule && f->findings[k].waived == NULL) {
                return true;
            }
        }
    }
    return false;
}

static struct json *configuration(const struct report *r)
{
    struct json *list = json_arr(), *one = json_obj(), *digest = json_obj();
    json_set(digest, "sha256", json_hex((struct bytes){ rules_digest(r->rules), 32 }));
    json_set(one, "name", json_text("modelassay rules"));
    json_set(one, "digest", digest);
    json_push(list, one);
    return list;
}

static const char *result_name(enum verdict v)
{
    switch (v) {
    case VERDICT_MALICIOUS:
    case VERDICT_INCOMPLETE: return "FAILED";
    case VERDICT_SUSPICIOUS: return "WARNED";
    default: return "PASSED";
    }
}

struct json *test_result(const struct report *r)
{
    struct json *o = json_obj();
    struct json *passed = json_arr();
    struct json *warned = json_arr();
    struct json *failed = json_arr();

    for (size_t i = 0; i < rules_count(r->rules); i++) {
        const struct rule *rule = rules_at(r->rules, i);
        struct json *list = passed;
        if (rule->severity >= SEV_MEDIUM && has_finding(r, rule)) {
            list = rule->severity == SEV_MEDIUM ? warned : failed;
        }
        json_push(list, json_text(rule->id));
    }

    json_set(o, "result", json_text(result_name(r->verdict)));
    json_set(o, "configuration", configuration(r));
    json_set(o, "passedTests", passed);
    json_set(o, "warnedTests", warned);
    json_set(o, "failedTests", failed);
    return o;
}
