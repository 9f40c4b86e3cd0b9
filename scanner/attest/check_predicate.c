#include "check_predicate.h"

#include "statement.h"
#include "../util/clock.h"
#include "../util/hex.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *text_at(const struct json *j, const char *key)
{
    return json_string(json_get(j, key));
}

static bool is(const char *text, const char *wanted)
{
    return text != NULL && strcmp(text, wanted) == 0;
}

bool predicate_files(const struct json *predicate, struct failures *c, struct manifest *out)
{
    const struct json *files = json_get(predicate, "files");
    bool ok = manifest_init(out, &(struct hashing){ "sha256", 0 });
    for (const struct json *f = json_after(files, NULL); ok && f != NULL;
         f = json_after(files, f)) {
        uint8_t sha[32];
        const char *name = text_at(f, "name");
        if (name == NULL || !hex_decode(text_at(json_get(f, "digest"), "sha256"), sha, 32)) {
            fail(c, FAIL_STATEMENT, NULL, "a file of the statement has no name or no digest");
            return false;
        }
        ok = manifest_add(out, name, sha);
    }
    if (!ok) {
        fail(c, FAIL_MEMORY, NULL, "out of memory");
    } else if (out->n == 0) {
        fail(c, FAIL_STATEMENT, NULL, "the statement names no file");
        ok = false;
    }
    return ok;
}

static void check_times(const struct json *timing, const struct requirements *d, struct failures *c)
{
    time_t until, finished, now = time(NULL);
    if (!clock_parse(text_at(timing, "validUntil"), &until)
        || !clock_parse(text_at(timing, "scanFinishedOn"), &finished)) {
        fail(c, FAIL_TIMES, NULL, "the statement has no readable times");
    } else if (now > until) {
        fail(c, FAIL_EXPIRED, NULL, "the scan was valid until %s", text_at(timing, "validUntil"));
    } else if (finished > now + 300) {
        fail(c, FAIL_TIMES, NULL, "the scan is of the future: %s",
             text_at(timing, "scanFinishedOn"));
    } else if (d->max_age_s > 0 && now - finished > d->max_age_s) {
        fail(c, FAIL_TOO_OLD, NULL, "the scan is too old: %s", text_at(timing, "scanFinishedOn"));
    }
}

static void check_ruleset(const struct json *ruleset, const struct requirements *d,
                          struct failures *c)
{
    const char *has = text_at(json_get(ruleset, "digest"), "sha256");
    for (size_t i = 0; i < d->num_rulesets; i++) {
        if (is(has, d->rulesets[i])) {
            return;
        }
    }
    if (d->num_rulesets > 0) {
        fail(c, FAIL_RULESET, NULL, "scanned with another rule set: %s",
             has != NULL ? has : "unknown");
    }
}

/* "0.10.2" is newer than "0.9"; what is no number counts as 0. */
static int compare_versions(const char *a, const char *b)
{
    while (*a != 0 || *b != 0) {
        char *after_a, *after_b;
        unsigned long x = strtoul(a, &after_a, 10), y = strtoul(b, &after_b, 10);
        if (x != y) {
            return x < y ? -1 : 1;
        }
        a = after_a + strcspn(after_a, ".");
        b = after_b + strcspn(after_b, ".");
        a += *a == '.';
        b += *b == '.';
    }
    return 0;
}

static void check_scanner(const struct json *scanner, const struct requirements *d,
                          struct failures *c)
{
    const char *has = text_at(scanner, "version");
    if (d->min_scanner != NULL && (has == NULL || compare_versions(has, d->min_scanner) < 0)) {
        fail(c, FAIL_SCANNER, NULL, "scanned by version %s, and %s is asked for",
             has != NULL ? has : "unknown", d->min_scanner);
    }
}

void predicate_check(const struct json *p, const struct requirements *d, struct failures *c)
{
    const char *verdict = text_at(p, "verdict"), *sandbox = text_at(p, "sandbox");
    if (!is(verdict, "PASSED") && !(is(verdict, "WARNED") && d->allow_warned)) {
        fail(c, FAIL_VERDICT, NULL, "the scan's verdict is %s",
             verdict != NULL ? verdict : "missing");
    }
    if (!json_true(json_get(json_get(p, "coverage"), "complete")) && !d->allow_gaps) {
        fail(c, FAIL_COVERAGE, NULL, "the scan did not cover everything");
    }
    if (json_at(json_get(p, "waivers"), 0) != NULL && !d->allow_waivers) {
        fail(c, FAIL_WAIVERS, NULL,
             "findings were waived, which takes --allow-waivers, or a policy that allows it");
    }
    if ((sandbox == NULL || is(sandbox, "none")) && !d->allow_unsandboxed) {
        fail(c, FAIL_SANDBOX, NULL,
             "scanned without a sandbox, which takes --allow-no-sandbox, or a policy that allows "
             "it");
    }
    check_times(json_get(p, "timing"), d, c);
    check_ruleset(json_get(p, "ruleset"), d, c);
    check_scanner(json_get(p, "scanner"), d, c);
}
