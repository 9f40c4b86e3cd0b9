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
        const char *base = slash != NULL ? slash + 1 : rel;
        if (fnmatch(o->excludes[i], rel, 0) == 0 || fnmatch(o->excludes[i], base, 0) == 0) {
            return true;
        }
    }
    return false;
}

/* Files of several names may come from the cache of this run (options.h, same_inode). */
static bool may_start(const struct scan_options *o, const struct walk_entry *e)
{
    return e->kind == WALK_FILE && !e->has_other_names && !path_excluded(o, e->rel);
}

static bool start_open(const struct scan_options *o, const struct walk_entry *e, int fd)
{
    const struct prefetcher *p = o->prefetcher;
    struct stat st;
    char *shown = escape_invalid(bytes_of(e->path), NULL);
    bool ok = shown != NULL && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
              && p->start(p->ctx, o, shown, fd, (uint64_t)st.st_size);
    free(shown);
    return ok;
}

/* The descriptor of a file that was started, or -1. */
static int start_one(const struct scan_options *o, const struct walk_entry *e)
{
    int fd = may_start(o, e) ? path_open(e->path) : -1;
    if (fd >= 0 && !start_open(o, e, fd)) {
        close(fd);
        return -1;
    }
    return fd;
}

void prefetch_open(struct prefetch *w, const struct scan_options *o)
{
    bool has_workers = o->prefetcher != NULL && o->scan_in_sandbox != NULL;
    *w = (struct prefetch){ 0 };
    if (has_workers && o->cache == NULL && o->on_fact == NULL) {
        w->jobs = o->prefetcher->jobs < BOUND_jobs ? o->prefetcher->jobs : BOUND_jobs;
    }
}

int prefetch_take(struct prefetch *w, const struct scan_options *o, const struct walk_list *list,
                  size_t i)
{
    if (w->jobs < 2) {
        return -1;
    }
    w->next = w->next < i ? i : w->next;
    for (; w->next < list->n && w->next < i + w->jobs; w->next++) {
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
