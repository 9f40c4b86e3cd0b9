#include "scan_predicate.h"

#include "statement.h"
#include "../util/clock.h"
#include "../util/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const char *result_name(enum verdict v)
{
    switch (v) {
    case VERDICT_MALICIOUS: return "FAILED";
    case VERDICT_INCOMPLETE: return "INCOMPLETE";
    case VERDICT_SUSPICIOUS: return "WARNED";
    default: return "PASSED";
    }
}

/* Adds days to a time such as "2026-11-23T10:00:00Z". */
static bool add_days(const char *stamp, int days, char out[CLOCK_TEXT])
{
    time_t t;
    return clock_parse(stamp, &t) && clock_format(t + (time_t)days * 86400, out);
}

static struct json *timing_json(const struct report *r)
{
    struct json *o = json_obj();
    char until[CLOCK_TEXT] = "";
    bool has_end = add_days(r->finished, VALID_DAYS, until);
    json_set(o, "scanStartedOn", json_text(r->started));
    json_set(o, "scanFinishedOn", json_text(r->finished));
    json_set(o, "validUntil", has_end ? json_text(until) : NULL);
    return o;
}

static void push_gaps(struct json *arr, const struct unscanned *gaps, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_obj();
        json_set(o, "name", json_text(gaps[i].where));
        json_set(o, "reason", json_text(gaps[i].reason));
        json_push(arr, o);
    }
}

static void push_limits(struct json *arr, const struct file_report *f)
{
    for (size_t i = 0; i < f->num_gaps; i++) {
        if (f->gaps[i].gap.code == GAP_LIMIT) {
            json_push(arr, json_text(f->gaps[i].reason));
        }
    }
}

static struct json *coverage_json(const struct report *r, const struct sorted_files *files)
{
    struct json *o = json_obj();
    struct json *gaps = json_arr();
    struct json *limits = json_arr();
    bool complete = r->num_gaps == 0;
    uint64_t total = 0, scanned = 0;

    for (size_t i = 0; i < files->n; i++) {
        const struct file_report *f = files->all[i];
        complete &= f->complete;
        total += f->size;
        scanned += f->bytes_searched;
        push_gaps(gaps, f->gaps, f->num_gaps);
        push_limits(limits, f);
    }
    push_gaps(gaps, r->gaps, r->num_gaps);

    json_set(o, "complete", json_bool(complete));
    json_set(o, "filesTotal", json_u64(r->num_files));
    json_set(o, "bytesTotal", json_u64(total));
    json_set(o, "bytesScanned", json_u64(scanned));
    json_set(o, "limitsHit", limits);
    json_set(o, "notScanned", gaps);
    return o;
}

static struct json *finding_json(const struct finding *f, const char *file, const char *id)
{
    struct json *o = json_obj();
    json_set(o, "id", json_text(id));
    json_set(o, "ruleId", json_text(f->rule->id));
    json_set(o, "severity", json_text(severity_name(f->rule->severity)));
    json_set(o, "file", json_text(file));
    json_set(o, "offset", json_u64(f->offset));
    json_set(o, "where", json_text(f->where));
    json_set(o, "message", json_text(f->evidence));
    return o;
}

static struct json *global_json(const struct import_row *import)
{
    char *name = NULL;
    if (asprintf(&name, "%s.%s", import->module, import->name) < 0) {
        return NULL;
    }
    struct json *text = json_text(name);
    free(name);
    return text;
}

static struct json *loading_json(const struct file_report *f)
{
    struct json *o = json_obj();
    struct json *globals = json_arr();
    for (size_t i = 0; i < f->num_imports; i++) {
        json_push(globals, global_json(&f->imports[i]));
    }
    if (f->weights_only >= 0) {
        json_set(o, "weightsOnly", json_bool(f->weights_only == 1));
    }
    json_set(o, "globals", globals);
    return o;
}

/* Adds the findings of f to the list of all findings. Returns the list of their ids, which count
 * from F1 over all files. */
static struct json *push_findings(struct json *findings, const struct file_report *f,
                                  size_t *num_findings)
{
    struct json *ids = json_arr();
    for (size_t i = 0; i < f->num_findings; i++) {
        char id[24];
        snprintf(id, sizeof id, "F%zu", ++*num_findings);
        json_push(ids, json_text(id));
        json_push(findings, finding_json(&f->findings[i], f->rel, id));
    }
    return ids;
}

static struct json *file_json(const struct file_report *f, struct json *ids)
{
    struct json *o = json_obj();
    json_set(o, "name", json_text(f->rel));
    json_set(o, "digest", statement_digest(f->sha256));
    json_set(o, "size", json_u64(f->size));
    json_set(o, "format", json_text(f->format));
    json_set(o, "verdict", json_text(verdict_name(f->verdict)));
    json_set(o, "loading", loading_json(f));
    json_set(o, "findings", ids);
    return o;
}

static struct json *scanner_json(const uint8_t *sha)
{
    struct json *o = json_obj();
    if (sha != NULL) {
        json_set(o, "digest", statement_digest(sha));
    }
    json_set(o, "uri", json_text(scanner_purl()));
    json_set(o, "version", json_text(scanner_version()));
    return o;
}

static struct json *ruleset_json(const struct report *r)
{
    struct json *o = json_obj();
    json_set(o, "version", json_text(rules_version(r->rules)));
    json_set(o, "digest", statement_digest(rules_digest(r->rules)));
    json_set(o, "rulesEvaluated", json_u64(rules_count(r->rules)));
    json_set(o, "rulesDisabled", json_arr());
    return o;
}

static struct json *waiver_json(const struct finding *w, const struct file_report *f)
{
    struct json *o = json_obj();
    json_set(o, "rule", json_text(w->rule->id));
    json_set(o, "file", json_text(f->rel));
    json_set(o, "digest", statement_digest(f->sha256));
    json_set(o, "reason", json_text(w->waived));
    return o;
}

/* Adds each waived rule of a file once; findings are sorted by rule. */
static void push_waivers(struct json *arr, const struct file_report *f)
{
    const struct rule *last = NULL;
    for (size_t i = 0; i < f->num_findings; i++) {
        const struct finding *w = &f->findings[i];
        if (w->waived != NULL && w->rule != last) {
            last = w->rule;
            json_push(arr, waiver_json(w, f));
        }
    }
}

static struct json *policy_json(const struct report *r)
{
    struct json *o = json_obj();
    if (r->policy_digest != NULL) {
        json_set(o, "digest", statement_digest(r->policy_digest));
    }
    json_set(o, "failOn", json_text(r->fail_on == SEV_HIGH ? "malicious" : "suspicious"));
    return o;
}

static struct json *serialization_json(void)
{
    struct json *o = json_obj();
    json_set(o, "method", json_text("files"));
    json_set(o, "hash_type", json_text("sha256"));
    json_set(o, "allow_symlinks", json_bool(true));
    json_set(o, "ignore_paths", json_arr());
    return o;
}

struct json *scan_predicate(const struct report *r, const struct sorted_files *files,
                            const uint8_t *scanner_sha)
{
    struct json *o = json_obj();
    struct json *entries = json_arr();
    struct json *findings = json_arr();
    struct json *waivers = json_arr();
    size_t num_findings = 0;

    for (size_t i = 0; i < files->n; i++) {
        const struct file_report *f = files->all[i];
        struct json *ids = push_findings(findings, f, &num_findings);
        json_push(entries, file_json(f, ids));
        push_waivers(waivers, f);
    }

    json_set(o, "scanner", scanner_json(scanner_sha));
    json_set(o, "ruleset", ruleset_json(r));
    json_set(o, "policy", policy_json(r));
    json_set(o, "timing", timing_json(r));
    json_set(o, "sandbox", json_text(r->sandbox));
    json_set(o, "verdict", json_text(result_name(r->verdict)));
    json_set(o, "coverage", coverage_json(r, files));
    json_set(o, "files", entries);
    json_set(o, "findings", findings);
    json_set(o, "serialization", serialization_json());
    json_set(o, "waivers", waivers);
    return o;
}
