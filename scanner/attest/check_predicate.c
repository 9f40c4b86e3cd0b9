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

/* Is text this value? text may be NULL. */
static bool is_value(const char *text, const char *value)
{
    return text != NULL && strcmp(text, value) == 0;
}

/* text, or default_text for NULL. */
static const char *text_or(const char *text, const char *default_text)
{
    return text != NULL ? text : default_text;
}

static bool add_file(const struct json *f, struct failures *c, struct manifest *out)
{
    uint8_t sha[32];
    const char *name = text_at(f, "name");
    if (name == NULL || !hex_decode(text_at(json_get(f, "digest"), "sha256"), sha, 32)) {
        fail(c, FAIL_STATEMENT, NULL, "a file of the statement has no name or no digest");
        return false;
    }
    if (!manifest_add(out, name, sha)) {
        fail(c, FAIL_MEMORY, NULL, "out of memory");
        return false;
    }
    return true;
}

bool predicate_files(const struct json *predicate, struct failures *c, struct manifest *out)
{
    const struct json *files = json_get(predicate, "files");
    if (!manifest_init(out, &(struct hashing){ "sha256", 0 })) {
        fail(c, FAIL_MEMORY, NULL, "out of memory");
        return false;
    }

    for (const struct json *f = json_after(files, NULL); f != NULL; f = json_after(files, f)) {
        if (!add_file(f, c, out)) {
            return false;
        }
    }

    if (out->n == 0) {
        fail(c, FAIL_STATEMENT, NULL, "the statement names no file");
        return false;
    }
    return true;
}

static void check_times(const struct json *timing, const struct requirements *d, struct failures *c)
{
    enum { MAX_CLOCK_SKEW = 300 }; /* seconds */
    const char *until_text = text_at(timing, "validUntil");
    const char *finished_text = text_at(timing, "scanFinishedOn");
    time_t until, finished;
    time_t now = time(NULL);

    if (!clock_parse(until_text, &until) || !clock_parse(finished_text, &finished)) {
        fail(c, FAIL_TIMES, NULL, "the statement has no readable times");
    } else if (now > until) {
        fail(c, FAIL_EXPIRED, NULL, "the scan was valid until %s", until_text);
    } else if (finished > now + MAX_CLOCK_SKEW) {
        fail(c, FAIL_TIMES, NULL, "the scan is of the future: %s", finished_text);
    } else if (d->max_age_s > 0 && now - finished > d->max_age_s) {
        fail(c, FAIL_TOO_OLD, NULL, "the scan is too old: %s", finished_text);
    }
}

static void check_ruleset(const struct json *ruleset, const struct requirements *d,
                          struct failures *c)
{
    const char *has = text_at(json_get(ruleset, "digest"), "sha256");
    for (size_t i = 0; i < d->num_rulesets; i++) {
        if (is_value(has, d->rulesets[i])) {
            return;
        }
    }
    if (d->num_rulesets > 0) {
        fail(c, FAIL_RULESET, NULL, "scanned with another rule set: %s", text_or(has, "unknown"));
    }
}

/* Reads the number at *version, 0 for text that is not one, and moves *version after the next
 * dot. */
static unsigned long next_number(const char **version)
{
    char *end;
    unsigned long n = strtoul(*version, &end, 10);
    end += strcspn(end, ".");
    *version = *end == '.' ? end + 1 : end;
    return n;
}

/* Compares by numbers: "0.10.2" is newer than "0.9". */
static int compare_versions(const char *a, const char *b)
{
    while (*a != 0 || *b != 0) {
        unsigned long x = next_number(&a);
        unsigned long y = next_number(&b);
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return 0;
}

static void check_scanner(const struct json *scanner, const struct requirements *d,
                          struct failures *c)
{
    const char *has = text_at(scanner, "version");
    if (d->min_scanner != NULL && (has == NULL || compare_versions(has, d->min_scanner) < 0)) {
        fail(c, FAIL_SCANNER, NULL, "scanned by version %s, and %s is required",
             text_or(has, "unknown"), d->min_scanner);
    }
}

static void check_verdict(const char *verdict, const struct requirements *d, struct failures *c)
{
    bool warned = is_value(verdict, "WARNED") && d->allow_warned;
    if (!is_value(verdict, "PASSED") && !warned) {
        fail(c, FAIL_VERDICT, NULL, "the scan's verdict is %s", text_or(verdict, "missing"));
    }
}

static void check_sandbox(const char *sandbox, const struct requirements *d, struct failures *c)
{
    bool unsandboxed = sandbox == NULL || is_value(sandbox, "none");
    if (unsandboxed && !d->allow_unsandboxed) {
        fail(c, FAIL_SANDBOX, NULL,
             "scanned without a sandbox, which takes --allow-no-sandbox, or a policy that allows "
             "it");
    }
}

void predicate_check(const struct json *p, const struct requirements *d, struct failures *c)
{
    check_verdict(text_at(p, "verdict"), d, c);
    if (!json_true(json_get(json_get(p, "coverage"), "complete")) && !d->allow_gaps) {
        fail(c, FAIL_COVERAGE, NULL, "the scan did not cover everything");
    }

    if (json_at(json_get(p, "waivers"), 0) != NULL && !d->allow_waivers) {
        fail(c, FAIL_WAIVERS, NULL,
             "findings were waived, which takes --allow-waivers, or a policy that allows it");
    }

    check_sandbox(text_at(p, "sandbox"), d, c);
    check_times(json_get(p, "timing"), d, c);
    check_ruleset(json_get(p, "ruleset"), d, c);
    check_scanner(json_get(p, "scanner"), d, c);
}
