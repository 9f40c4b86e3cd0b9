#include "source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void source_fd(struct source *s, int fd, uint64_t size, const struct source_blocks *blocks)
{
    *s = (struct source){ .kind = SOURCE_FD, .size = size, .fd = fd, .blocks = blocks };
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
    *s = (struct source){
        .kind = SOURCE_WINDOW, .size = at.len, .fd = -1, .base = base, .base_off = at.off
    };
    return true;
}

bool pread_all(int fd, uint64_t off, void *buf, size_t n)
{
    for (size_t got = 0; got < n;) {
        errno = 0;
        ssize_t k = pread(fd, (uint8_t *)buf + got, n - got, (off_t)(off + got));
        if (k > 0) {
            got += (size_t)k;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

static bool read_fd(struct source *s, uint64_t off, uint8_t *buf, size_t n)
{
    bool ok = pread_all(s->fd, off, buf, n);
    s->failed = s->failed || !ok; /* an error, or the file has shrunk */
    return ok;
}

static bool read_blocks(struct source *s, uint64_t off, uint8_t *buf, size_t n)
{
    struct bytes b;
    for (size_t got = 0; got < n;) {
        if (!s->blocks->get(s->blocks->ctx, off + got, &b)) {
            s->failed = true;
            return false;
        }
        size_t k = b.n < n - got ? b.n : n - got;
        memcpy(buf + got, b.p, k);
        got += k;
    }
    return true;
}

static bool read_from(struct source *s, uint64_t off, void *buf, size_t n, bool plain)
{
    while (off <= s->size && n <= s->size - off) {
        if (n == 0) {
            return true;
        }
        switch (s->kind) {
        case SOURCE_MEM: memcpy(buf, s->mem.p + off, n); return true;
        case SOURCE_FD:
            return s->blocks != NULL && !plain ? read_blocks(s, off, buf, n)
                                               : read_fd(s, off, buf, n);
        case SOURCE_WINDOW: /* windows on windows: walk down, no recursion */
            off += s->base_off;
            s = s->base;
        }
    }
    return false;
}

bool source_read(struct source *s, uint64_t off, void *buf, size_t n)
{
    return read_from(s, off, buf, n, false);
}

static bool read_some(struct source *s, uint64_t off, void *buf, size_t n, size_t *got, bool plain)
{
    uint64_t left = off < s->size ? s->size - off : 0;
    size_t take = left < n ? (size_t)left : n;
    if (take > 0 && !read_from(s, off, buf, take, plain)) {
        return false;
    }
    *got = take;
    return true;
}

bool source_read_some(struct source *s, uint64_t off, void *buf, size_t n, size_t *got)
{
    return read_some(s, off, buf, n, got, false);
}

bool source_read_plain(struct source *s, uint64_t off, void *buf, size_t n, size_t *got)
{
    return read_some(s, off, buf, n, got, true);
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
