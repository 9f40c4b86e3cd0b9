/* sarif.c - Static Analysis Results Interchange Format 2.1.0 (OASIS, errata 01).
 *
 *   runs[0].tool.driver   name and version, every rule of the set, the digest of the set
 *          .invocations   how the scan ended; a notification for each gap
 *          .artifacts     one a file: length and SHA-256
 *          .results       one a finding
 *
 * A file is binary, and code scanners want a line: startLine is 1, and where the
 * finding lies in the file itself (not in a member of it), byteOffset and
 * byteLength say where.  3.30.4: the two descriptions are independent. */
#include "write.h"

#include "escape.h"
#include "jsonw.h"
#include "../util/text.h"
#include "../util/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCHEMA                                                                                     \
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#define EXACT (1ull << 53) /* the schema wants integers; beyond this they are not exact */
#define MAX_MESSAGE 4096u /* bytes of evidence or of a place in a message */

static const char *level_of(enum severity s)
{
    if (s >= SEV_HIGH) {
        return "error";
    }
    return s == SEV_MEDIUM ? "warning" : "note";
}

/* GitHub's scale for its own four words: over 9 is critical, over 7 high, over 4 medium. */
static const char *score_of(enum severity s)
{
    static const char *const scores[] = { "0.0", "0.0", "3.0", "5.5", "8.0", "9.5" };
    return scores[s];
}

/* A literal text: braces stand doubled (3.11.5), and "](" would make a link of what a file holds
 * (3.11.6). */
static bool put_literal(FILE *f, const char *text)
{
    char *shown = escape_printable(bytes_of(text), MAX_MESSAGE);
    for (const char *s = shown; s != NULL && *s != 0; s++) {
        fputc(*s, f);
        if (*s == '{' || *s == '}') {
            fputc(*s, f);
        } else if (s[0] == ']' && s[1] == '(') {
            fputc(' ', f);
        }
    }
    bool ok = shown != NULL;
    free(shown);
    return ok;
}

static struct json *message(const char *start, const char *between, const char *text)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }
    bool ok = put_literal(t.out, start) && fputs(between, t.out) >= 0 && put_literal(t.out, text);
    char *out = text_end(&t);
    struct json *o = ok && out != NULL ? json_obj() : NULL;
    json_set(o, "text", out != NULL ? json_text(out) : NULL);
    free(out);
    return o;
}

static void set_number(struct json *o, const char *key, uint64_t v)
{
    if (v <= EXACT) {
        json_set(o, key, json_u64(v));
    }
}

/* --- the tool ------------------------------------------------------------------- */

static struct json *rule_json(const struct rule *r)
{
    struct json *o = json_obj(), *set = json_obj(), *props = json_obj(), *tags = json_arr();
    json_push(tags, json_text("security"));
    for (const char *const *ref = r->refs; ref != NULL && *ref != NULL; ref++) {
        json_push(tags, json_text(*ref));
    }
    json_set(set, "level", json_text(level_of(r->severity)));
    json_set(props, "tags", tags);
    json_set(props, "rev", json_u64(r->rev));
    json_set(props, "severity", json_text(severity_name(r->severity)));
    json_set(props, "security-severity", json_text(score_of(r->severity)));
    json_set(o, "id", json_text(r->id));
    json_set(o, "shortDescription", message(r->title, "", ""));
    json_set(o, "fullDescription", message(r->why, "", ""));
    json_set(o, "defaultConfiguration", set);
    json_set(o, "properties", props);
    return o;
}

static struct json *tool_json(const struct ruleset *rules)
{
    struct json *tool = json_obj(), *driver = json_obj(), *all = json_arr(), *props = json_obj();
    for (size_t i = 0; i < rules_count(rules); i++) {
        json_push(all, rule_json(rules_at(rules, i)));
    }
    json_set(props, "rulesetVersion", json_text(rules_version(rules)));
    json_set(props, "rulesetSha256", json_hex((struct bytes){ rules_digest(rules), 32 }));
    json_set(driver, "name", json_text("modelassay"));
    json_set(driver, "version", json_text(scanner_version()));
    json_set(driver, "semanticVersion", json_text(scanner_version()));
    json_set(driver, "rules", all);
    json_set(driver, "properties", props);
    json_set(tool, "driver", driver);
    return tool;
}

/* --- places --------------------------------------------------------------------- */

/* The file's name as bytes: path_hex keeps them where they were no UTF-8. */
static char *uri_of(const struct file_report *f)
{
    size_t n = f->path_hex != NULL ? strlen(f->path_hex) / 2 : 0;
    uint8_t *raw = n > 0 ? malloc(n) : NULL;
    if (n == 0) {
        return escape_uri(bytes_of(f->path));
    }
    for (size_t i = 0; raw != NULL && i < n; i++) {
        char pair[3] = { f->path_hex[2 * i], f->path_hex[2 * i + 1], 0 };
        raw[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    char *uri = raw != NULL ? escape_uri((struct bytes){ raw, n }) : NULL;
    free(raw);
    return uri;
}

/* index: of the file in artifacts. */
static struct json *artifact_location(const struct file_report *f, size_t index)
{
    struct json *o = json_obj();
    char *uri = uri_of(f);
    json_set(o, "uri", uri != NULL ? json_text(uri) : NULL);
    json_set(o, "index", json_u64(index));
    free(uri);
    return o;
}

static struct json *region(const struct file_report *f, const struct finding *found)
{
    struct json *o = json_obj();
    json_set(o, "startLine", json_u64(1));
    if (found != NULL && strcmp(found->where, f->path) == 0 && found->offset <= f->size
        && found->offset <= EXACT) {
        uint64_t left = f->size - found->offset;
        json_set(o, "byteOffset", json_u64(found->offset));
        set_number(o, "byteLength", found->length < left ? found->length : left);
    }
    return o;
}

/* found may be NULL: the whole file. */
static struct json *location(const struct file_report *f, size_t index, const struct finding *found,
                             const char *where)
{
    struct json *o = json_obj(), *physical = json_obj(), *logical = json_arr(), *place = json_obj();
    json_set(physical, "artifactLocation", artifact_location(f, index));
    json_set(physical, "region", region(f, found));
    json_set(place, "fullyQualifiedName", json_text(where));
    json_push(logical, place);
    json_set(o, "physicalLocation", physical);
    json_set(o, "logicalLocations", logical);
    return o;
}

static struct json *artifact(const struct file_report *f)
{
    struct json *o = json_obj(), *hashes = json_obj(), *roles = json_arr(), *props = json_obj(),
                *at = json_obj();
    char *uri = uri_of(f);
    json_set(at, "uri", uri != NULL ? json_text(uri) : NULL);
    free(uri);
    json_push(roles, json_text("analysisTarget"));
    json_set(o, "location", at);
    json_set(o, "roles", roles);
    if (f->hashed) {
        set_number(o, "length", f->size);
        json_set(hashes, "sha-256", json_hex((struct bytes){ f->sha256, 32 }));
        json_set(o, "hashes", hashes);
        hashes = NULL;
    }
    json_free(hashes);
    json_set(props, "verdict", json_text(verdict_name(f->verdict)));
    json_set(props, "format", json_text(f->format));
    json_set(props, "complete", json_bool(f->complete));
    json_set(o, "properties", props);
    return o;
}

/* --- results -------------------------------------------------------------------- */

static struct json *suppressions(const char *reason)
{
    struct json *arr = json_arr(), *o = json_obj();
    json_set(o, "kind", json_text("external"));
    json_set(o, "justification", json_text(reason));
    json_push(arr, o);
    return arr;
}

/* GitHub compares primaryLocationLineHash between scans and makes one of the line's text where
 * there is none. */
static struct json *fingerprints(const struct file_report *f, size_t i)
{
    struct json *o = json_obj();
    char hex[33];
    finding_fingerprint(f, i, hex);
    json_set(o, "primaryLocationLineHash", json_text(hex));
    json_set(o, "modelassay/v1", json_text(hex));
    return o;
}

static struct json *result(const struct report *r, size_t index, size_t i)
{
    const struct file_report *f = &r->files[index];
    const struct finding *found = &f->findings[i];
    struct json *o = json_obj(), *places = json_arr(), *props = json_obj();
    json_push(places, location(f, index, found, found->where));
    json_set(props, "severity", json_text(severity_name(found->rule->severity)));
    json_set(props, "offset", json_u64(found->offset));
    if (found->more > 0) {
        json_set(props, "more", json_u64(found->more));
    }
    json_set(o, "ruleId", json_text(found->rule->id));
    /* one array: see rules.h */
    json_set(o, "ruleIndex", json_u64(rules_index(r->rules, found->rule)));
    json_set(o, "level", json_text(level_of(found->rule->severity)));
    json_set(o, "message", message(found->rule->title, ": ", found->evidence));
    json_set(o, "locations", places);
    json_set(o, "partialFingerprints", fingerprints(f, i));
    if (found->waived != NULL) {
        json_set(o, "suppressions", suppressions(found->waived));
    }
    json_set(o, "properties", props);
    return o;
}

/* --- how it went ---------------------------------------------------------------- */

static struct json *notification(const struct unscanned *gap, bool counts)
{
    struct json *o = json_obj();
    json_set(o, "level", json_text(counts ? "error" : "note"));
    json_set(o, "message", message(gap->reason, ": ", gap->where));
    return o;
}

static struct json *invocation(const struct report *r)
{
    struct json *o = json_obj(), *notes = json_arr();
    for (size_t i = 0; i < r->num_files; i++) {
        const struct file_report *f = &r->files[i];
        for (size_t k = 0; k < f->num_gaps; k++) {
            struct json *note = notification(&f->gaps[k], true), *places = json_arr();
            json_push(places, location(f, i, NULL, f->gaps[k].where));
            json_set(note, "locations", places);
            json_push(notes, note);
        }
    }
    for (size_t i = 0; i < r->num_gaps; i++) {
        json_push(notes, notification(&r->gaps[i], gap_counts(&r->gaps[i])));
    }
    json_set(o, "executionSuccessful", json_bool(!report_incomplete(r)));
    json_set(o, "startTimeUtc", json_text(r->started));
    json_set(o, "endTimeUtc", json_text(r->finished));
    json_set(o, "toolExecutionNotifications", notes);
    return o;
}

char *write_sarif(const struct report *r)
{
    struct json *o = json_obj(), *runs = json_arr(), *run = json_obj(), *artifacts = json_arr(),
                *results = json_arr();
    struct json *invocations = json_arr(), *props = json_obj();
    for (size_t i = 0; i < r->num_files; i++) {
        json_push(artifacts, artifact(&r->files[i]));
        for (size_t k = 0; k < r->files[i].num_findings; k++) {
            json_push(results, result(r, i, k));
        }
    }
    json_push(invocations, invocation(r));
    json_set(props, "verdict", json_text(verdict_name(r->verdict)));
    json_set(props, "sandbox", json_text(r->sandbox));
    json_set(run, "tool", tool_json(r->rules));
    json_set(run, "invocations", invocations);
    json_set(run, "artifacts", artifacts);
    json_set(run, "results", results);
    json_set(run, "columnKind", json_text("unicodeCodePoints"));
    json_set(run, "properties", props);
    json_push(runs, run);
    json_set(o, "$schema", json_text(SCHEMA));
    json_set(o, "version", json_text("2.1.0"));
    json_set(o, "runs", runs);
    return json_line(o, true);
}
