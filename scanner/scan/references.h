/* references.h - what lies between files: the data that a model keeps beside it. */
#ifndef MA_SCAN_REFERENCES_H
#define MA_SCAN_REFERENCES_H
#include "scan.h"

/* Looks at every file that report file `index` refers to: is it there, long enough, inside the
 * folder? `add`: the scan is of this one file, so those beside it join the report. False: out of
 * memory. */
bool references_of_file(struct report *r, const struct scan_options *o, const char *path,
                        size_t index, bool add);
/* Is more said of a file of this name when its folder is known? */
bool references_are_deferred(const char *rel);
/* After a folder: files that nobody claimed, but that a model refers to, are its external data. */
bool references_of_folder(struct report *r, const struct scan_options *o);
#endif
