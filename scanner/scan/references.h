/* references.h - files that refer to each other: the data that a model keeps in other files. */
#ifndef MA_SCAN_REFERENCES_H
#define MA_SCAN_REFERENCES_H
#include "scan.h"

/* references_of_file checks every file that the file `index` of the report refers to: that it
 * exists, is long enough and lies inside the folder. path: where they are opened, or NULL. add:
 * they join the report, because the scan is of this one file. Returns false when out of memory. */
bool references_of_file(struct report *r, const struct scan_options *o, const char *path,
                        size_t index, bool add);
/* references_are_deferred says whether the report of a file of this name depends on its folder. */
bool references_are_deferred(const char *rel);
/* references_of_folder is for the end of a folder: files that no parser claimed, but that a model
 * refers to, become its external data; missing parts of a model become gaps. Returns false when out
 * of memory. */
bool references_of_folder(struct report *r, const struct scan_options *o);
#endif
