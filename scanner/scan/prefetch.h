/* prefetch.h - the next few files of a folder: opened, and started on before their turn. */
#ifndef MA_SCAN_PREFETCH_H
#define MA_SCAN_PREFETCH_H
#include "scan.h"
#include "walk.h"

/* fds[i % jobs] is entry i's, -1: not started on */
struct prefetch {
    int fds[BOUND_jobs];
    size_t jobs, next;
};

int path_open(const char *path); /* for reading; -1 with errno */
bool path_excluded(const struct scan_options *o, const char *rel);

/* Where there are no workers, or files may be remembered, nothing is started on. */
void prefetch_open(struct prefetch *w, const struct scan_options *o);
/* Entry i's descriptor (the caller's then), after those behind it were started on; -1: open it
 * yourself. */
int prefetch_take(struct prefetch *w, const struct scan_options *o, const struct walk_list *list,
                  size_t i);
/* Entries from i on were not taken. */
void prefetch_close(struct prefetch *w, const struct scan_options *o, size_t i);
#endif
