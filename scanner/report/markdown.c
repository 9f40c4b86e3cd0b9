/* markdown.c - the summary of a CI step, in GitHub Flavored Markdown.
 *
 * Whatever comes from a file stands as entities inside <code>: no Markdown, no
 * HTML, no links, no mentions.  The summary of a step may have 1 MiB, so long lists
 * end with the number of what is left out. */
#include "write.h"

#include "escape.h"
#include "../util/text.h"
#include "../util/version.h"

#include <inttypes.h>

#define MAX_FILES 100u /* that get a section; all are counted */
#define MAX_FINDINGS 20u /* of one file */
#define MAX_SHOWN 300u /* bytes of one name or evidence */

static void put_text(FILE *out, const char *s) { put_entities(out, s, MAX_SHOWN); }

static void put_code(FILE *out, const char *s)
{
    fputs("<code>", out);
    put_text(out, s);
    fputs("</code>", out);
}

static void put_more(FILE *out, size_t shown, size_t all)
{
    if (shown < all) {
        fprintf(out, "- and %zu more\n", all - shown);
    }
}

static void put_finding(FILE *out, const struct finding *f)
{
    fprintf(out, "- **%s** %s: ", severity_name(f->rule->severity), f->rule->id);
    put_text(out, f->rule->title);
    fputc(' ', out);
    put_code(out, f->evidence);
    fputs(" in ", out);
    put_code(out, f->where);
    fprintf(out, " at %" PRIu64, f->offset);
    if (f->more > 0) {
        fprintf(out, ", and %" PRIu64 " more of this rule", f->more);
    }
    if (f->waived != NULL) {
        fputs(", waived: ", out);
        put_code(out, f->waived);
    }
    fputc('\n', out);
}

static void put_gaps(FILE *out, const struct unscanned *gaps, size_t n)
{
    size_t shown = n < MAX_FINDINGS ? n : MAX_FINDINGS;
    for (size_t i = 0; i < shown; i++) {
        fputs("- not scanned: ", out);
        put_code(out, gaps[i].where);
        fputs(" ", out);
        put_code(out, gaps[i].reason);
        fputc('\n', out);
    }
    put_more(out, shown, n);
}

/* The gravest first. */
static void put_findings(FILE *out, const struct file_report *f)
{
    size_t shown = 0;
    for (int s = SEV_CRITICAL; s > SEV_NONE; s--) {
        for (size_t i = 0; i < f->num_findings && shown < MAX_FINDINGS; i++) {
            if ((int)f->findings[i].rule->severity == s) {
                put_finding(out, &f->findings[i]);
                shown++;
            }
        }
    }
    put_more(out, shown, f->num_findings);
}

static void put_file(FILE *out, const struct file_report *f)
{
    fputs("\n#### ", out);
    put_code(out, f->path);
    fprintf(out, " is %s\n\n", verdict_name(f->verdict));
    put_gaps(out, f->gaps, f->num_gaps);
    put_findings(out, f);
}

static void put_counts(FILE *out, const struct report *r)
{
    size_t n[5];
    count_verdicts(r, n);
    fputs("| Verdict | Files |\n|---|---:|\n", out);
    for (int v = VERDICT_MALICIOUS; v >= VERDICT_NOT_A_MODEL; v--) {
        fprintf(out, "| %s | %zu |\n", verdict_name((enum verdict)v), n[v]);
    }
}

static void put_sections(FILE *out, const struct report *r)
{
    size_t shown = 0, wanted = 0;
    for (int v = VERDICT_MALICIOUS; v >= VERDICT_SUSPICIOUS; v--) {
        for (size_t i = 0; i < r->num_files; i++) {
            if ((int)r->files[i].verdict == v && wanted++ < MAX_FILES) {
                put_file(out, &r->files[i]);
                shown++;
            }
        }
    }
    if (shown < wanted) {
        fprintf(out, "\nAnd %zu more files that are not clean: see the full report.\n",
                wanted - shown);
    }
}

char *write_markdown(const struct report *r)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }
    fprintf(t.out, "### modelassay: %s\n\n", verdict_name(r->verdict));
    put_counts(t.out, r);
    put_sections(t.out, r);
    if (r->num_gaps > 0) {
        fputs("\n#### Beside the files\n\n", t.out);
        put_gaps(t.out, r->gaps, r->num_gaps);
    }
    fprintf(t.out, "\nmodelassay %s, rules %s.\n", scanner_version(), rules_version(r->rules));
    return text_end(&t);
}
