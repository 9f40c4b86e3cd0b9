/* bytemap_rows.h - what lies where in a file, kept for the report forms that draw it. */
#ifndef MA_OBJECT_BYTEMAP_ROWS_H
#define MA_OBJECT_BYTEMAP_ROWS_H
#include "../report/report.h"
#include "region_map.h"

/* Fills f->map from the tensors and regions of the file and its stored members,
 * at most MAP_ROWS of each: of more, neighbours of one role share a row.  False: no memory. */
#define MAP_ROWS 1024u
MUST_CHECK bool bytemap_rows_keep(struct file_report *f, struct region_map *file_regions,
                                  struct region_map *members);
#endif
