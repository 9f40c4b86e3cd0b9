/* json.c - modelassay.report/1, as the contract draws it. */
#include "write.h"

#include "jsonw.h"
#include "../util/text.h"
#include "../util/version.h"

#include <stdlib.h>
#include <string.h>

static struct json *gaps_json(const struct unscanned *gaps, size_t n)
{
    struct json *arr = json_arr();
    for (size_t i = 0; i < n; i++) {
        struct json *o = json_obj();
        json_set(o, "where", json_text(gaps[i].where));
        json_set(o, "reason", json_text(gaps[i].reason));
        json_set(o, "code", json_text(gap_slug(gaps[i].gap.code)));
        if (gap_has_limit(gaps[i].gap.code)) {
            json_set(o, "limit", json_text(limit_rows[gaps[i].gap.limit].name));
        }
        json_push(arr, o);
    }
    return arr;
}

static struct json *coverage(const struct file_report *f)
{
    struct json *o = json_obj();
    json_set(o, "complete", json_bool(f->complete));
    json_set(o, "bytes_searched", json_u64(f->bytes_searched));
    json_set(o, "not_scanned", gaps_json(f->gaps, f->num_gaps));
    return o;
}

static struct json *imports(const struct file_report *f)
{
    struct json *arr = json_arr();
    for (size_t i = 0; i < f->num_imports; i++) {
        struct json *o = json_obj();
        json_set(o, "module", json_text(f->imports[i].module));
        json_set(o, "name", json_text(f->imports[i].name));
        json_set(o, "safety", json_text(safety_name(f->imports[i].safety)));
        json_set(o, "where", json_text(f->imports[i].where));
        json_set(o, "offset", json_u64(f->imports[i].offset));
        json_push(arr, o);
    }
    return arr;
}

static struct json *finding(const struct finding *f)
{
    struct json *o = json_obj(), *refs = json_arr();
    for (const char *const *r = f->rule->refs; r != NULL && *r != NULL; r++) {
        json_push(refs, json_text(*r));
    }
    json_set(o, "rule", json_text(f->rule->id));
    json_set(o, "severity", json_text(severity_name(f->rule->severity)));
    json_set(o, "title", json_text(f->rule->title));
    json_set(o, "where", json_text(f->where));
    json_set(o, "offset", json_u64(f->offset));
    json_set(o, "evidence", json_text(f->evidence));
    json_set(o, "refs", refs);
    if (f->more > 0) {
        json_set(o, "more", json_u64(f->more));
    }
    if (f->waived != NULL) {
        json_set(o, "waived", json_text(f->waived));
    }
    return o;
}

static struct json *file_json(const struct file_report *f)
{
    struct json *o = json_obj(), *found = json_arr(), *loading = json_obj();
    for (size_t i = 0; i < f->num_findings; i++) {
        json_push(found, finding(&f->findings[i]));
    }
    if (f->weights_only >= 0) {
        json_set(loading, "weights_only", json_bool(f->weights_only == 1));
        json_set(loading, "torch", json_text(TORCH_VERSION));
    }
    json_set(o, "path", json_text(f->path));
    if (f->path_hex != NULL) {
        json_set(o, "path_hex", json_text(f->path_hex));
    }
    json_set(o, "size", json_u64(f->size));
    json_set(o, "sha256", f->hashed ? json_hex((struct bytes){ f->sha256, 32 }) : json_text(NULL));
    json_set(o, "format", json_text(f->format));
    json_set(o, "verdict", json_text(verdict_name(f->verdict)));
    json_set(o, "coverage", coverage(f));
    json_set(o, "imports", imports(f));
    json_set(o, "loading", loading);
    json_set(o, "findings", found);
    return o;
}

static struct json *summary(const struct report *r)
{
    struct json *o = json_obj();
    size_t n[5];
    uint64_t bytes = 0;
    count_verdicts(r, n);
    for (size_t i = 0; i < r->num_files; i++) {
        bytes += r->files[i].size;
    }
    json_set(o, "files", json_u64(r->num_files));
    json_set(o, "bytes", json_u64(bytes));
    json_set(o, "clean", json_u64(n[VERDICT_CLEAN]));
    json_set(o, "suspicious", json_u64(n[VERDICT_SUSPICIOUS]));
    json_set(o, "incomplete", json_u64(n[VERDICT_INCOMPLETE]));
    json_set(o, "malicious", json_u64(n[VERDICT_MALICIOUS]));
    json_set(o, "not_a_model", json_u64(n[VERDICT_NOT_A_MODEL]));
    return o;
}

static void set_head(struct json *o, const struct report *r)
{
    struct json *tool = json_obj(), *rules = json_obj();
    json_set(tool, "name", json_text("modelassay"));
    json_set(tool, "version", json_text(scanner_version()));
    json_set(rules, "version", json_text(rules_version(r->rules)));
    json_set(rules, "sha256", json_hex((struct bytes){ rules_digest(r->rules), 32 }));
    json_set(o, "schema", json_text("modelassay.report/1"));
    json_set(o, "tool", tool);
    json_set(o, "ruleset", rules);
    json_set(o, "started", json_text(r->started));
    json_set(o, "finished", json_text(r->finished));
    json_set(o, "sandbox", json_text(r->sandbox));
    if (r->policy_digest != NULL) {
        struct json *policy = json_obj();
        json_set(policy, "sha256", json_hex((struct bytes){ r->policy_digest, 32 }));
        json_set(policy, "fail_on", json_text(r->fail_on == SEV_HIGH ? "malicious" : "suspicious"));
        json_set(o, "policy", policy);
    }
    if (r->redacted) {
        json_set(o, "redacted", json_bool(true));
    }
    json_set(o, "verdict", json_text(verdict_name(r->verdict)));
}

struct json *report_json(const struct report *r)
{
    struct json *o = json_obj(), *files = json_arr();
    set_head(o, r);
    json_set(o, "summary", summary(r));
    for (size_t i = 0; i < r->num_files; i++) {
        json_push(files, file_json(&r->files[i]));
    }
    json_set(o, "files", files);
    json_set(o, "not_scanned", gaps_json(r->gaps, r->num_gaps));
    return o;
}

char *write_json(const struct report *r) { return json_line(report_json(r), true); }

char *write_jsonl_file(const struct file_report *f) { return json_line(file_json(f), false); }

char *write_jsonl(const struct report *r)
{
    struct text t;
    bool ok = true;
    if (!text_begin(&t)) {
        return NULL;
    }
    for (size_t i = 0; ok && i < r->num_files; i++) {
        char *line = write_jsonl_file(&r->files[i]);
        ok = line != NULL && fputs(line, t.out) >= 0;
        free(line);
    }
    char *text = text_end(&t);
    if (!ok) {
        free(text);
        return NULL;
    }
    return text;
}
