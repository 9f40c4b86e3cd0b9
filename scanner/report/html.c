/* html.c - one self-contained page: no scripts, nothing fetched, nothing to click
 * but what it folds.  Whatever comes from a file stands as entities, and only
 * between tags: no attribute holds any of it. */
#include "write.h"

#include "bytemap.h"
#include "escape.h"
#include "../util/hex.h"
#include "../util/text.h"
#include "../util/version.h"

#include <inttypes.h>
#include <stdlib.h>

#define MAX_SHOWN 4096u /* bytes of one name or evidence */

static const char head[] =
    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
    "<meta name=\"referrer\" content=\"no-referrer\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>modelassay report</title>\n<style>\n"
    ":root{color-scheme:light dark;--edge:#8886}\n"
    "body{font:15px/1.45 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.5rem}h2{font-size:1.1rem;overflow-wrap:anywhere}h2 "
    "code{font-size:1rem}section{border-top:1px solid var(--edge);margin-top:2rem}\n"
    "code{font:13px/1.4 ui-monospace,monospace;overflow-wrap:anywhere}\n"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:."
    "25rem .6rem .25rem 0;border-bottom:1px solid var(--edge)}\n"
    ".v{padding:.1rem "
    ".5rem;border-radius:.3rem;color:#fff;background:#666}.v4{background:#b3261e}.v3{background:#"
    "7b3fa0}.v2{background:#9a6700}.v1{background:#1a7f37}\n"
    ".critical,.high{color:#b3261e;font-weight:600}.medium{color:#9a6700}\n"
    "svg{width:100%;height:64px;display:block;border:1px solid var(--edge)}\n"
    ".bare{fill:#8884}.member{fill:#7aa2d6}.tensor{fill:#3f8f5f}.header{fill:#3b6db5}.padding{fill:"
    "#bbb}.stray{fill:#d98a29}.region{fill:#8a78b8}.hit{fill:#d00}\n"
    ".key span{margin-right:1rem}.key "
    "svg{width:12px;height:12px;display:inline-block;border:0;margin-right:.3rem}\n"
    "@media (prefers-color-scheme:dark){.critical,.high{color:#ff8a80}.medium{color:#e3b341}}\n"
    "</style></head><body>\n";

static void put_text(FILE *out, const char *s) { put_entities(out, s, MAX_SHOWN); }

static void put_cell(FILE *out, const char *s)
{
    fputs("<td><code>", out);
    put_text(out, s);
    fputs("</code></td>", out);
}

static void put_gaps(FILE *out, const struct unscanned *gaps, size_t n)
{
    if (n == 0) {
        return;
    }
    fputs("<h3>Not scanned</h3><table>\n", out);
    for (size_t i = 0; i < n; i++) {
        fputs("<tr>", out);
        put_cell(out, gaps[i].where);
        put_cell(out, gaps[i].reason);
        fputs("</tr>\n", out);
    }
    fputs("</table>\n", out);
}

static void put_finding(FILE *out, const struct finding *f)
{
    const char *severity = severity_name(f->rule->severity);
    fprintf(out, "<tr class=\"finding\"><td class=\"%s\">%s</td><td>%s<br>", severity, severity,
            f->rule->id);
    put_text(out, f->rule->title);
    if (f->more > 0) {
        fprintf(out, "<br>and %" PRIu64 " more", f->more);
    }
    if (f->waived != NULL) {
        fputs("<br>waived: ", out);
        put_text(out, f->waived);
    }
    fputs("</td>", out);
    put_cell(out, f->evidence);
    put_cell(out, f->where);
    fprintf(out, "<td>%" PRIu64 "</td></tr>\n", f->offset);
}

static void put_findings(FILE *out, const struct file_report *f)
{
    if (f->num_findings == 0) {
        return;
    }
    fputs("<h3>Findings</h3><table>\n<tr><th>Severity</th><th>Rule</th><th>Evidence</th><th>Where</"
          "th><th>At</th></tr>\n",
          out);
    for (int s = SEV_CRITICAL; s > SEV_NONE; s--) {
        for (size_t i = 0; i < f->num_findings; i++) {
            if ((int)f->findings[i].rule->severity == s) {
                put_finding(out, &f->findings[i]);
            }
        }
    }
    fputs("</table>\n", out);
}

static void put_imports(FILE *out, const struct file_report *f)
{
    if (f->num_imports == 0) {
        return;
    }
    fprintf(out, "<details><summary>%zu imports</summary><table>\n", f->num_imports);
    for (int s = SAFETY_DANGEROUS; s >= SAFETY_INNOCUOUS; s--) {
        for (size_t i = 0; i < f->num_imports; i++) {
            const struct import_row *row = &f->imports[i];
            if ((int)row->safety == s) {
                fprintf(out, "<tr><td>%s</td>", safety_name(row->safety));
                put_cell(out, row->module);
                put_cell(out, row->name);
                put_cell(out, row->where);
                fputs("</tr>\n", out);
            }
        }
    }
    fputs("</table></details>\n", out);
}

static void put_file(FILE *out, const struct file_report *f)
{
    fputs("<section><h2><code>", out);
    put_text(out, f->path);
    fprintf(out, "</code> <span class=\"v v%d\">%s</span></h2>\n<p>", (int)f->verdict,
            verdict_name(f->verdict));
    put_text(out, f->format);
    fprintf(out, ", %" PRIu64 " bytes", f->size);
    if (f->hashed) {
        char *hex = hex_encode((struct bytes){ f->sha256, 32 });
        fprintf(out, ", sha256 <code>%s</code>", hex != NULL ? hex : "?");
        free(hex);
    }
    fputs("</p>\n", out);
    write_bytemap(out, f);
    put_gaps(out, f->gaps, f->num_gaps);
    put_findings(out, f);
    put_imports(out, f);
    fputs("</section>\n", out);
}

static void put_summary(FILE *out, const struct report *r)
{
    size_t n[5];
    count_verdicts(r, n);
    fprintf(out, "<h1>modelassay: <span class=\"v v%d\">%s</span></h1>\n<p>", (int)r->verdict,
            verdict_name(r->verdict));
    for (int v = VERDICT_MALICIOUS; v >= VERDICT_NOT_A_MODEL; v--) {
        fprintf(out, "%zu %s%s", n[v], verdict_name((enum verdict)v),
                v > VERDICT_NOT_A_MODEL ? ", " : "");
    }
    char *digest = hex_encode((struct bytes){ rules_digest(r->rules), 32 });
    fprintf(out, "</p>\n<p>modelassay %s, rules %s <code>%s</code>, %s to %s, sandbox: %s</p>\n",
            scanner_version(), rules_version(r->rules), digest != NULL ? digest : "?", r->started,
            r->finished, r->sandbox);
    free(digest);
    write_bytemap_key(out);
}

char *write_html(const struct report *r)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }
    fputs(head, t.out);
    put_summary(t.out, r);
    put_gaps(t.out, r->gaps, r->num_gaps);
    for (int v = VERDICT_MALICIOUS; v >= VERDICT_NOT_A_MODEL; v--) {
        for (size_t i = 0; i < r->num_files; i++) {
            if ((int)r->files[i].verdict == v) {
                put_file(t.out, &r->files[i]);
            }
        }
    }
    fputs("</body></html>\n", t.out);
    return text_end(&t);
}
