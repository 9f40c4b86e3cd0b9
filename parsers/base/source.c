#include "source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void source_fd(struct source *s, int fd, uint64_t size, const struct source_watch *watch)
{
    *s = (struct source){ .kind = SOURCE_FD, .size = size, .fd = fd, .watch = watch };
}

void source_mem(struct source *s, struct bytes b)
{
    *s = (struct source){ .kind = SOURCE_MEM, .size = b.n, .fd = -1, .mem = b };
}

bool source_window(struct source *s, struct source *base, struct range at)
{
    if (at.off > base->size || at.len > base->size - at.off) {
        return false;
    }
    *s = (struct source){ .kind = SOURCE_WINDOW, .size = at.len, .fd = -1, .base = base, .base_off = at.off };
    return true;
}

static bool read_fd(struct source *s, uint64_t off, uint8_t *buf, size_t n)
{
    for (size_t got = 0; got < n; ) {
        ssize_t k = pread(s->fd, buf + got, n - got, (off_t)(off + got));
        if (k < 0 && errno == EINTR) {
            continue;
        }
        if (k <= 0) {                 /* an error, or the file has shrunk */
            s->failed = true;
            return false;
        }
        got += (size_t)k;
    }
    if (s->watch != NULL) {
        s->watch->seen(s->watch->ctx, off, (struct bytes){ buf, n });
    }
    return true;
}

bool source_read(struct source *s, uint64_t off, void *buf, size_t n)
{
    while (off <= s->size && n <= s->size - off) {
        if (n == 0) {
            return true;
        }
        switch (s->kind) {
        case SOURCE_MEM:
            memcpy(buf, s->mem.p + off, n);
            return true;
        case SOURCE_FD:
            return read_fd(s, off, buf, n);
        case SOURCE_WINDOW:           /* windows on windows: walk down, no recursion */
            off += s->base_off;
            s = s->base;
        }
    }
    return false;
}

bool source_read_some(struct source *s, uint64_t off, void *buf, size_t n, size_t *got)
{
    uint64_t left = off < s->size ? s->size - off : 0;
    size_t take = left < n ? (size_t)left : n;
    if (take > 0 && !source_read(s, off, buf, take)) {
        return false;
    }
    *got = take;
    return true;
}

bool source_failed(const struct source *s)
{
    for (; s != NULL; s = s->kind == SOURCE_WINDOW ? s->base : NULL) {
        if (s->failed) {
            return true;
        }
    }
    return false;
}
