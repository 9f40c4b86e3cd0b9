#include "write.h"

#include "escape.h"
#include "../util/hex.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SHOWN 4096u /* bytes of one path or evidence on a line */
#define MAX_QUIET_IMPORTS 5 /* suspicious imports that get a policy line */

static const char *color_of(enum verdict v)
{
    static const char *const colors[] = { "\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[35m",
                                          "\x1b[1;31m" };
    return colors[v];
}

static void put_safe(FILE *out, const char *s)
{
    char *shown = escape_printable(bytes_of(s), MAX_SHOWN);
    fputs(shown != NULL ? shown : "?", out);
    free(shown);
}

static void put_finding(FILE *out, const struct finding *f)
{
    fprintf(out, "  %-8s %s: %s\n           ", severity_name(f->rule->severity), f->rule->id,
            f->rule->title);
    put_safe(out, f->evidence);
    fputs("  in ", out);
    put_safe(out, f->where);
    fprintf(out, " at %" PRIu64 "\n", f->offset);
    if (f->more > 0) {
        fprintf(out, "           and %" PRIu64 " more\n", f->more);
    }
    if (f->waived != NULL) {
        fputs("           waived: ", out);
        put_safe(out, f->waived);
        fputc('\n', out);
    }
}

/* The line that a user who trusts these names would put into a policy. */
static void put_allow(FILE *out, const struct file_report *f)
{
    int shown = 0;
    for (size_t i = 0; i < f->num_imports && shown < MAX_QUIET_IMPORTS; i++) {
        if (f->imports[i].safety != SAFETY_SUSPICIOUS) {
            continue;
        }
        fputs(shown == 0 ? "  if you trust this, a policy may say: \"allow\": [\"" : "\", \"", out);
        shown++;
        put_safe(out, f->imports[i].module);
        fputc('.', out);
        put_safe(out, f->imports[i].name);
    }
    if (shown > 0) {
        fputs("\"]\n", out);
    }
}

#define MAX_GAPS_SHOWN 10u

static void put_gaps(FILE *out, const struct file_report *f, struct text_style style)
{
    size_t shown = style.verbose || f->num_gaps <= MAX_GAPS_SHOWN ? f->num_gaps : MAX_GAPS_SHOWN;
    for (size_t i = 0; i < shown; i++) {
        fputs("  not scanned: ", out);
        put_safe(out, f->gaps[i].where);
        fputs(": ", out);
        put_safe(out, f->gaps[i].reason);
        fputc('\n', out);
    }
    if (shown < f->num_gaps) {
        fprintf(out, "  not scanned: and %zu more, see -v\n", f->num_gaps - shown);
    }
}

void write_text_file(FILE *out, const struct file_report *f, struct text_style style)
{
    if (style.quiet && (f->verdict == VERDICT_CLEAN || f->verdict == VERDICT_NOT_A_MODEL)) {
        return;
    }
    const char *color = style.color ? color_of(f->verdict) : "";
    const char *reset = style.color ? "\x1b[0m" : "";
    put_safe(out, f->path);
    fprintf(out, ": %s%s%s (%s)\n", color, verdict_name(f->verdict), reset, f->format);
    put_gaps(out, f, style);
    for (size_t i = 0; i < f->num_findings; i++) {
        if (style.verbose || f->findings[i].rule->severity >= SEV_LOW) {
            put_finding(out, &f->findings[i]);
        }
    }
    if (f->verdict == VERDICT_SUSPICIOUS) {
        put_allow(out, f);
    }
    if (style.verbose && f->hashed) {
        char *hex = hex_encode((struct bytes){ f->sha256, 32 });
        fprintf(out, "  sha256 %s, %" PRIu64 " bytes\n", hex != NULL ? hex : "?", f->size);
        free(hex);
    }
}

void count_verdicts(const struct report *r, size_t counts[5])
{
    memset(counts, 0, 5 * sizeof *counts);
    for (size_t i = 0; i < r->num_files; i++) {
        counts[r->files[i].verdict]++;
    }
}

void write_text_end(FILE *out, const struct report *r, struct text_style style)
{
    size_t n[5];
    count_verdicts(r, n);
    for (size_t i = 0; i < r->num_gaps; i++) {
        put_safe(out, r->gaps[i].where);
        fputs(": not scanned: ", out);
        put_safe(out, r->gaps[i].reason);
        fputc('\n', out);
    }
    if (!style.quiet && r->num_files != 1) {
        fprintf(out,
                "%zu files: %zu malicious, %zu incomplete, %zu suspicious, %zu clean, %zu not a "
                "model\n",
                r->num_files, n[VERDICT_MALICIOUS], n[VERDICT_INCOMPLETE], n[VERDICT_SUSPICIOUS],
                n[VERDICT_CLEAN], n[VERDICT_NOT_A_MODEL]);
    }
}
