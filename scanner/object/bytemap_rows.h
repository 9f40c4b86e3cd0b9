/* bytemap_rows.h - the rows of a report from which its forms draw a map of the file. */
#ifndef MA_OBJECT_BYTEMAP_ROWS_H
#define MA_OBJECT_BYTEMAP_ROWS_H
#include "../report/report.h"
#include "region_map.h"

/* bytemap_rows_keep fills f->map from the tensors and regions of the file and its stored members,
 * at most BOUND_map_rows of each: of more, neighbours of one role share a row. Returns false when
 * out of memory. */
MUST_CHECK bool bytemap_rows_keep(struct file_report *f, struct region_map *file_regions,
                                  struct region_map *members);
#endif
