/* prefetch.h - opens the next few files of a folder and starts them ahead of their scan. */
#ifndef MA_SCAN_PREFETCH_H
#define MA_SCAN_PREFETCH_H
#include "scan.h"
#include "walk.h"

struct prefetch {
    int fds[BOUND_jobs]; /* fds[i % jobs] is the descriptor of entry i; -1: it was not started */
    size_t jobs; /* files at a time; below 2, none is started ahead */
    size_t next; /* index of the first entry that was not tried yet */
};

/* path_open opens a path for reading, without blocking. Returns -1 with errno. */
int path_open(const char *path);
/* path_excluded says whether --exclude leaves a relative path out. */
bool path_excluded(const struct scan_options *o, const char *rel);

/* prefetch_open prepares w. Without workers, or where files may come from the cache, no file is
 * started ahead. */
void prefetch_open(struct prefetch *w, const struct scan_options *o);
/* prefetch_take starts the entries behind i and returns entry i's descriptor, which the caller then
 * owns, or -1: the caller has to open it. */
int prefetch_take(struct prefetch *w, const struct scan_options *o, const struct walk_list *list,
                  size_t i);
/* prefetch_close cancels the entries from i on, which were not taken. */
void prefetch_close(struct prefetch *w, const struct scan_options *o, size_t i);
#endif
