/* bytemap.h - draws the bytes of a file: its regions, and where the findings lie. */
#ifndef MA_REPORT_BYTEMAP_H
#define MA_REPORT_BYTEMAP_H
#include "report.h"

#include <stdio.h>

/* write_bytemap_key writes what the colours mean. */
void write_bytemap_key(FILE *out);
/* write_bytemap writes inline SVG; nothing for an empty file, or one that could not be read. */
void write_bytemap(FILE *out, const struct file_report *f);
#endif
