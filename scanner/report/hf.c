/* hf.c - what a model hub shows beside a file: safe, suspicious or unsafe, and
 * the imports of its pickles as innocuous, suspicious or dangerous. */
#include "write.h"

#include "../util/version.h"
#include "jsonw.h"

#include <string.h>

/* Only a file that was read completely is safe. */
static const char *status_of(const struct file_report *f)
{
    if (f->verdict == VERDICT_MALICIOUS) {
        return "unsafe";
    }
    return f->verdict <= VERDICT_CLEAN && f->complete ? "safe" : "suspicious";
}

static struct json *import_scan(const struct file_report *f)
{
    struct json *o = json_obj(), *rows = json_arr();
    enum safety highest = SAFETY_INNOCUOUS;
    for (size_t i = 0; i < f->num_imports; i++) {
        const struct import_row *in = &f->imports[i];
        struct json *row = json_obj();
        highest = in->safety > highest ? in->safety : highest;
        json_set(row, "module", json_text(in->module));
        json_set(row, "name", json_text(in->name));
        json_set(row, "safety", json_text(safety_name(in->safety)));
        json_push(rows, row);
    }
    json_set(o, "highestSafetyLevel", json_text(safety_name(highest)));
    json_set(o, "imports", rows);
    return o;
}

static struct json *file_json(const struct file_report *f)
{
    struct json *o = json_obj(), *security = json_obj(), *rules = json_arr();
    const char *status = status_of(f);
    for (size_t i = 0; i < f->num_findings; i++) {
        bool again = f->findings[i].waived != NULL;
        for (size_t k = 0; k < i && !again; k++) {
            again = f->findings[k].rule == f->findings[i].rule && f->findings[k].waived == NULL;
        }
        if (!again) {
            json_push(rules, json_text(f->findings[i].rule->id));
        }
    }
    json_set(security, "safe", json_bool(strcmp(status, "safe") == 0));
    json_set(security, "status", json_text(status));
    json_set(security, "complete", json_bool(f->complete));
    json_set(security, "rules", rules);
    json_set(security, "pickleImportScan", f->num_imports > 0 ? import_scan(f) : json_text(NULL));
    json_set(o, "path", json_text(f->path));
    if (f->path_hex != NULL) {
        json_set(o, "path_hex", json_text(f->path_hex));
    }
    json_set(o, "size", json_u64(f->size));
    json_set(o, "sha256", f->hashed ? json_hex((struct bytes){ f->sha256, 32 }) : json_text(NULL));
    json_set(o, "security", security);
    return o;
}

char *write_hf(const struct report *r)
{
    struct json *o = json_obj(), *files = json_arr(), *scanner = json_obj();
    for (size_t i = 0; i < r->num_files; i++) {
        json_push(files, file_json(&r->files[i]));
    }
    json_set(scanner, "name", json_text("modelassay"));
    json_set(scanner, "version", json_text(scanner_version()));
    json_set(scanner, "ruleset", json_hex((struct bytes){ rules_digest(r->rules), 32 }));
    json_set(o, "schema", json_text("modelassay.hf/1"));
    json_set(o, "scanner", scanner);
    json_set(o, "scansDone", json_bool(!report_incomplete(r)));
    json_set(o, "files", files);
    return json_line(o, true);
}
