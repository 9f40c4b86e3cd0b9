/* write.h - the forms of a report: one writer each. */
#ifndef MA_REPORT_WRITE_H
#define MA_REPORT_WRITE_H
#include "report.h"

#include <stdio.h>

struct text_style {
    bool color, quiet, verbose;
};
/* write_text_file writes the verdict of a file and its findings below. All text is made safe for a
 * terminal here, whatever is in the report. */
void write_text_file(FILE *out, const struct file_report *f, struct text_style style);
/* write_text_end writes the gaps of the scan itself, and the summary line. */
void write_text_end(FILE *out, const struct report *r, struct text_style style);

/* The writers below return heap text with a final newline, or NULL when out of memory. */

/* write_json writes modelassay.report/1. */
char *write_json(const struct report *r);
/* report_json builds the same as a tree, for callers that add to it (jsonw.h). */
struct json;
struct json *report_json(const struct report *r);
/* write_jsonl writes one object for each file, as in files[] of write_json; write_jsonl_file writes
 * one line of it. */
char *write_jsonl(const struct report *r);
char *write_jsonl_file(const struct file_report *f);
/* write_sarif writes SARIF 2.1.0 for code scanning: one run, one result for each finding. */
char *write_sarif(const struct report *r);
/* write_hf writes safe, suspicious or unsafe for each file, and its imports with their three
 * levels, as model hubs show them. */
char *write_hf(const struct report *r);
/* write_markdown writes GitHub Flavored Markdown, short enough for the summary of a CI step. */
char *write_markdown(const struct report *r);
/* write_html writes one page without scripts or links: verdicts, findings and a map of each file's
 * bytes. */
char *write_html(const struct report *r);

/* The forms above by their names for --format; the last has none. "text" is not among them. */
struct report_form {
    const char *name;
    char *(*write)(const struct report *r);
};
extern const struct report_form report_forms[];
/* count_verdicts sets counts[v] to the number of files with verdict v. */
void count_verdicts(const struct report *r, size_t counts[5]);
#endif
