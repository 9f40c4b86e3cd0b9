/* write.h - the report in the forms that people and programs read. */
#ifndef MA_WRITE_H
#define MA_WRITE_H
#include "report.h"

#include <stdio.h>

struct text_style { bool color, quiet, verbose; };
/* One verdict line a file, its findings below it.  All text is made safe for a
 * terminal here, whatever is in the report. */
void write_text_file(FILE *out, const struct file_report *f, struct text_style style);
/* Gaps of the scan itself, and the summary line. */
void write_text_end(FILE *out, const struct report *r, struct text_style style);
/* The contract's modelassay.report/1; heap text with a final newline, or NULL. */
char *write_json(const struct report *r);
/* One object a file, as in write_json's files[]; heap text, or NULL. */
char *write_jsonl(const struct report *r);
/* How many files have each verdict. */
void count_verdicts(const struct report *r, size_t counts[5]);
#endif
