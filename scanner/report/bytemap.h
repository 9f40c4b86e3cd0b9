/* bytemap.h - the bytes of a file as a picture: what lies where, and where the findings are. */
#ifndef MA_REPORT_BYTEMAP_H
#define MA_REPORT_BYTEMAP_H
#include "report.h"

#include <stdio.h>

/* What the colours mean. */
void write_bytemap_key(FILE *out);
/* Inline SVG; nothing for an empty file, or one that could not be read. */
void write_bytemap(FILE *out, const struct file_report *f);
#endif
