#include "testresult.h"

/* The worst that a rule said of any file, waived or not: SEV_NONE when it did not hit. */
static bool hit(const struct report *r, const struct rule *rule)
{
    for (size_t i = 0; i < r->num_files; i++) {
        for (size_t k = 0; k < r->files[i].num_findings; k++) {
            if (r->files[i].findings[k].rule == rule && r->files[i].findings[k].waived == NULL) {
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

struct json *test_result(const struct report *r)
{
    struct json *o = json_obj(), *passed = json_arr(), *warned = json_arr(), *failed = json_arr();
    for (size_t i = 0; i < rules_count(r->rules); i++) {
        const struct rule *rule = rules_at(r->rules, i);
        struct json *list = rule->severity < SEV_MEDIUM || !hit(r, rule) ? passed
                            : rule->severity == SEV_MEDIUM               ? warned
                                                                         : failed;
        json_push(list, json_text(rule->id));
    }
    json_set(o, "result",
             json_text(r->verdict == VERDICT_MALICIOUS || r->verdict == VERDICT_INCOMPLETE
                           ? "FAILED"
                       : r->verdict == VERDICT_SUSPICIOUS ? "WARNED"
                                                          : "PASSED"));
    json_set(o, "configuration", configuration(r));
    json_set(o, "passedTests", passed);
    json_set(o, "warnedTests", warned);
    json_set(o, "failedTests", failed);
    return o;
}
