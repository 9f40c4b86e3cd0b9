/* statement.c - what is signed: in-toto Statement v1, model-scan predicate v0.1. */
#include "statement.h"

#include "envelope.h"
#include "manifest.h"
#include "name_collisions.h"
#include "model.h"
#include "testresult.h"
#include "../util/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static struct json *digest(const uint8_t sha[32])
{
    struct json *o = json_obj();
    json_set(o, "sha256", json_hex((struct bytes){ sha, 32 }));
    return o;
}

static int by_rel(const void *a, const void *b)
{
    return strcmp((*(const struct file_report *const *)a)->rel,
                  (*(const struct file_report *const *)b)->rel);
}

static bool listed(const struct file_report *const *sorted, size_t n, struct manifest *out)
{
    bool ok = manifest_init(out, &(struct hashing){ "sha256", 0 });
    for (size_t i = 0; ok && i < n; i++) {
        ok = manifest_add(out, sorted[i]->rel, sorted[i]->sha256);
    }
    return ok;
}

static const char *result(enum verdict v)
{
    return v == VERDICT_MALICIOUS    ? "FAILED"
           : v == VERDICT_INCOMPLETE ? "INCOMPLETE"
           : v == VERDICT_SUSPICIOUS ? "WARNED"
                                     : "PASSED";
}

/* "2026-11-23T10:00:00Z" plus days. */
static bool later(const char *stamp, int days, char out[32])
{
    time_t t;
    return clock_parse(stamp, &t) && clock_format(t + (time_t)days * 86400, out);
}

static struct json *timing(const struct report *r)
{
    struct json *o = json_obj();
    char until[32] = "";
    json_set(o, "scanStartedOn", json_text(r->started));
    json_set(o, "scanFinishedOn", json_text(r->finished));
    json_set(o, "validUntil", later(r->finished, VALID_DAYS, until) ? json_text(until) : NULL);
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

static struct json *coverage(const struct report *r, const struct file_report *const *files)
{
    struct json *o = json_obj(), *gaps = json_arr(), *limits = json_arr();
    bool complete = r->num_gaps == 0;
    uint64_t total = 0, scanned = 0;
    for (size_t i = 0; i < r->num_files; i++) {
        complete &= files[i]->complete;
        total += files[i]->size;
        scanned += files[i]->bytes_searched;
        push_gaps(gaps, files[i]->gaps, files[i]->num_gaps);
        for (size_t k = 0; k < files[i]->num_gaps; k++) {
            if (files[i]->gaps[k].gap.code == GAP_LIMIT) {
                json_push(limits, json_text(files[i]->gaps[k].reason));
            }
        }
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

static struct json *finding(const struct finding *f, const char *file, const char *id)
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

static struct json *file_entry(const struct file_report *f, struct json *findings, size_t *num)
{
    struct json *o = json_obj(), *ids = json_arr(), *loading = json_obj(), *globals = json_arr();
    for (size_t i = 0; i < f->num_findings; i++) {
        char id[24];
        snprintf(id, sizeof id, "F%zu", ++*num);
        json_push(ids, json_text(id));
        json_push(findings, finding(&f->findings[i], f->rel, id));
    }
    for (size_t i = 0; i < f->num_imports; i++) {
        char *name = malloc(strlen(f->imports[i].module) + strlen(f->imports[i].name) + 2);
        if (name != NULL) {
            sprintf(name, "%s.%s", f->imports[i].module, f->imports[i].name);
        }
        json_push(globals, name != NULL ? json_text(name) : NULL);
        free(name);
    }
    if (f->weights_only >= 0) {
        json_set(loading, "weightsOnly", json_bool(f->weights_only == 1));
    }
    json_set(loading, "globals", globals);
    json_set(o, "name", json_text(f->rel));
    json_set(o, "digest", digest(f->sha256));
    json_set(o, "size", json_u64(f->size));
    json_set(o, "format", json_text(f->format));
    json_set(o, "verdict", json_text(verdict_name(f->verdict)));
    json_set(o, "loading", loading);
    json_set(o, "findings", ids);
    return o;
}

static struct json *scanner(const uint8_t *sha)
{
    struct json *o = json_obj();
    if (sha != NULL) {
        json_set(o, "digest", digest(sha));
    }
    json_set(o, "uri", json_text("pkg:generic/modelassay@" MA_VERSION));
    json_set(o, "version", json_text(MA_VERSION));
    return o;
}

static struct json *ruleset(const struct report *r)
{
    struct json *o = json_obj();
    json_set(o, "version", json_text(rules_version(r->rules)));
    json_set(o, "digest", digest(rules_digest(r->rules)));
    json_set(o, "rulesEvaluated", json_u64(rules_count(r->rules)));
    json_set(o, "rulesDisabled", json_arr());
    return o;
}

/* Each rule that was waived for a file, once. */
static void push_waivers(struct json *arr, const struct file_report *f)
{
    const struct rule *last = NULL;
    for (size_t i = 0; i < f->num_findings; i++) {
        const struct finding *w = &f->findings[i];
        if (w->waived == NULL || w->rule == last) {
            continue;
        }
        struct json *o = json_obj();
        last = w->rule;
        json_set(o, "rule", json_text(w->rule->id));
        json_set(o, "file", json_text(f->rel));
        json_set(o, "digest", digest(f->sha256));
        json_set(o, "reason", json_text(w->waived));
        json_push(arr, o);
    }
}

static struct json *policy(const struct report *r)
{
    struct json *o = json_obj();
    if (r->policy_digest != NULL) {
        json_set(o, "digest", digest(r->policy_digest));
    }
    json_set(o, "failOn", json_text(r->fail_on == SEV_HIGH ? "malicious" : "suspicious"));
    return o;
}

static struct json *serialization(void)
{
    struct json *o = json_obj();
    json_set(o, "method", json_text("files"));
    json_set(o, "hash_type", json_text("sha256"));
    json_set(o, "allow_symlinks", json_bool(true));
    json_set(o, "ignore_paths", json_arr());
    return o;
}

static struct json *predicate(const struct report *r, const struct file_report *const *files,
                              const uint8_t *scanner_sha)
{
    struct json *o = json_obj(), *entries = json_arr(), *findings = json_arr();
    struct json *waivers = json_arr();
    size_t num = 0;
    for (size_t i = 0; i < r->num_files; i++) {
        json_push(entries, file_entry(files[i], findings, &num));
        push_waivers(waivers, files[i]);
    }
    json_set(o, "scanner", scanner(scanner_sha));
    json_set(o, "ruleset", ruleset(r));
    json_set(o, "policy", policy(r));
    json_set(o, "timing", timing(r));
    json_set(o, "sandbox", json_text(r->sandbox));
    json_set(o, "verdict", json_text(result(r->verdict)));
    json_set(o, "coverage", coverage(r, files));
    json_set(o, "files", entries);
    json_set(o, "findings", findings);
    json_set(o, "serialization", serialization());
    json_set(o, "waivers", waivers);
    return o;
}

/* By bytes of the path, the order of the root. */
static struct json *subjects_of(const struct report *r, const struct file_report *const *files)
{
    uint8_t root[32];
    struct manifest m = { 0 };
    char *name = r->root != NULL ? model_name(r->root) : strdup(files[0]->rel);
    struct json *subjects = json_arr();
    bool ok = listed(files, r->num_files, &m);
    manifest_root(&m, root);
    json_push(subjects, ok && name != NULL ? statement_subject(name, root) : NULL);
    for (size_t i = 0; i < r->num_files && r->num_files <= MAX_SUBJECTS; i++) {
        json_push(subjects, statement_subject(files[i]->rel, files[i]->sha256));
    }
    manifest_done(&m);
    free(name);
    return subjects;
}

static char *write_statement(const struct report *r, const struct file_report **files,
                             const char *type, const uint8_t *scanner_sha)
{
    struct json *o = json_obj();
    bool test = strcmp(type, PREDICATE_TEST) == 0;
    json_set(o, "_type", json_text(STATEMENT_TYPE));
    json_set(o, "subject", subjects_of(r, files));
    json_set(o, "predicateType", json_text(type));
    json_set(o, "predicate", test ? test_result(r) : predicate(r, files, scanner_sha));
    char *text = json_print(o, false);
    json_free(o);
    return text;
}

/* Why there is nothing to sign, or SIGN_OK. */
static enum sign_error not_signable(const struct report *r)
{
    for (size_t i = 0; i < r->num_files; i++) {
        if (!r->files[i].hashed) {
            return SIGN_NO_DIGEST;
        }
        if (r->files[i].path_hex != NULL) {
            return SIGN_NAME_NOT_UTF8;
        }
    }
    return r->num_files == 0 ? SIGN_NO_FILES : SIGN_OK;
}

static bool collide(const struct report *r, const struct file_report *const *files)
{
    struct manifest m = { 0 };
    const char *a = NULL, *b = NULL;
    bool same = listed(files, r->num_files, &m) && !names_are_distinct(&m, &a, &b) && a != NULL;
    manifest_done(&m);
    return same;
}

char *statement_of(const struct report *r, const char *predicate_type, const uint8_t *scanner_sha,
                   enum sign_error *why)
{
    const struct file_report **files = malloc((r->num_files + 1) * sizeof *files);
    *why = files == NULL ? SIGN_OUT_OF_MEMORY : not_signable(r);
    for (size_t i = 0; files != NULL && i < r->num_files; i++) {
        files[i] = &r->files[i];
    }
    if (*why == SIGN_OK) {
        qsort(files, r->num_files, sizeof *files, by_rel);
        *why = collide(r, files) ? SIGN_NAMES_COLLIDE : SIGN_OK;
    }
    char *text = *why == SIGN_OK ? write_statement(r, files, predicate_type, scanner_sha) : NULL;
    if (text == NULL && *why == SIGN_OK) {
        *why = SIGN_OUT_OF_MEMORY;
    }
    free(files);
    return text;
}
