/* write.h - the report in the forms that people and programs read. */
#ifndef MA_REPORT_WRITE_H
#define MA_REPORT_WRITE_H
#include "report.h"

#include <stdio.h>

struct text_style {
    bool color, quiet, verbose;
};
/* One verdict line a file, its findings below it.  All text is made safe for a
 * terminal here, whatever is in the report. */
void write_text_file(FILE *out, const struct file_report *f, struct text_style style);
/* Gaps of the scan itself, and the summary line. */
void write_text_end(FILE *out, const struct report *r, struct text_style style);
/* The contract's modelassay.report/1; heap text with a final newline, or NULL. */
struct json;
/* The same before it is text, for whoever adds to it (jsonw.h). */
struct json *report_json(const struct report *r);
char *write_json(const struct report *r);
/* One object a file, as in write_json's files[]; heap text, or NULL. */
char *write_jsonl(const struct report *r);
char *write_jsonl_file(const struct file_report *f); /* one line of it */
/* SARIF 2.1.0 for code scanning: one run, one result a finding. */
char *write_sarif(const struct report *r);
/* safe, suspicious or unsafe for each file, and its imports with their three levels, as model
 * hubs show them. */
char *write_hf(const struct report *r);
/* GitHub Flavored Markdown, short enough for the summary of a CI step. */
char *write_markdown(const struct report *r);
/* One page without scripts or links to anything: verdicts, findings and a map of each file's
 * bytes. */
char *write_html(const struct report *r);
/* The forms above by the name that --format has for them; NULL-named last. "text" is not among
 * them. */
struct report_form {
    const char *name;
    char *(*write)(const struct report *r);
};
extern const struct report_form report_forms[];
/* How many files have each verdict. */
void count_verdicts(const struct report *r, size_t counts[5]);
#endif
