#include "prefetch.h"

#include "../report/escape.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* O_NONBLOCK: a FIFO in a model folder must not hang the scan. */
int path_open(const char *path) { return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); }

bool path_excluded(const struct scan_options *o, const char *rel)
{
    for (size_t i = 0; i < o->num_excludes; i++) {
        const char *slash = strrchr(rel, '/');
        if (fnmatch(o->excludes[i], rel, 0) == 0
            || fnmatch(o->excludes[i], slash != NULL ? slash + 1 : rel, 0) == 0) {
            return true;
        }
    }
    return false;
}

static int start_one(const struct scan_options *o, const struct walk_entry *e)
{
    struct stat st;
    int fd =
        e->kind == WALK_FILE && !e->twin && !path_excluded(o, e->rel) ? path_open(e->path) : -1;
    char *shown = fd >= 0 ? escape_invalid(bytes_of(e->path), NULL) : NULL;
    bool ok = shown != NULL && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
              && o->prefetcher->start(o->prefetcher->ctx, o, shown, fd, (uint64_t)st.st_size);
    free(shown);
    if (!ok && fd >= 0) {
        close(fd);
    }
    return ok ? fd : -1;
}

/* Nothing is started on twice, and nothing that may be remembered, as twins may. */
void prefetch_open(struct prefetch *w, const struct scan_options *o)
{
    bool use = o->prefetcher != NULL && o->scan_in_sandbox != NULL && o->memory == NULL
               && o->on_fact == NULL;
    *w = (struct prefetch){ .jobs = use ? o->prefetcher->jobs : 0 };
    w->jobs = w->jobs < BOUND_jobs ? w->jobs : BOUND_jobs;
}

/* Entry i's descriptor, after those behind it were started on. */
int prefetch_take(struct prefetch *w, const struct scan_options *o, const struct walk_list *list,
                  size_t i)
{
    if (w->jobs < 2) {
        return -1;
    }
    for (w->next = w->next < i ? i : w->next; w->next < list->n && w->next < i + w->jobs;
         w->next++) {
        w->fds[w->next % w->jobs] = start_one(o, &list->entries[w->next]);
    }
    return w->fds[i % w->jobs];
}

void prefetch_close(struct prefetch *w, const struct scan_options *o, size_t i)
{
    if (w->jobs >= 2) {
        o->prefetcher->stop(o->prefetcher->ctx);
    }
    for (; w->jobs >= 2 && i < w->next; i++) {
        if (w->fds[i % w->jobs] >= 0) {
            close(w->fds[i % w->jobs]);
        }
    }
}
