#include "file_input.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

const char feed_changed[] = "the file changed while it was read";
const char feed_failed[] = "a read failed";
const char feed_ended[] = "the rest of it was not read";

bool feed_read(int fd, uint64_t at, uint8_t *buf, size_t n)
{
    for (size_t got = 0; got < n;) {
        errno = 0;
        ssize_t k = pread(fd, buf + got, n - got, (off_t)(at + got));
        if (k <= 0 && !(k < 0 && errno == EINTR)) {
            return false;
        }
        got += k > 0 ? (size_t)k : 0;
    }
    return true;
}

/* Its bytes, and that none follow. */
static bool read_whole(struct feed *f, const char **why)
{
    uint8_t more;
    uint8_t *room = malloc(FEED_ROOM + (size_t)f->size + 1);
    *why = "out of memory";
    if (room == NULL) {
        return false;
    }
    f->whole = room + FEED_ROOM;
    bool ok = feed_read(f->fd, 0, f->whole, (size_t)f->size);
    *why = ok || errno == 0 ? feed_changed : feed_failed;
    return ok && !feed_read(f->fd, f->size, &more, 1);
}

bool feed_open(struct feed *f, int fd, uint64_t size, bool private_copy, const char **why)
{
    *f = (struct feed){ .fd = fd, .size = size };
    *why = "out of memory";
    if (size > FEED_WHOLE) {
        f->tags = private_copy ? NULL : tags_new(size);
        return private_copy || f->tags != NULL;
    }
    if (!read_whole(f, why)) {
        feed_close(f);
        return false;
    }
    return true;
}

void feed_close(struct feed *f)
{
    if (f->whole != NULL) {
        free(f->whole - FEED_ROOM);
    }
    tags_free(f->tags);
    f->whole = NULL;
    f->tags = NULL;
}

static bool nothing_follows(const struct feed *f)
{
    uint8_t more;
    return f->whole != NULL || f->next != NULL || !feed_read(f->fd, f->size, &more, 1);
}

uint8_t *feed_block(const struct feed *f, uint64_t at, uint8_t *own, size_t *n, const char **why)
{
    uint64_t left = f->size - at;
    *n = f->whole != NULL || left < FEED_BLOCK ? (size_t)left : FEED_BLOCK;
    if (*n == 0) {
        *why = nothing_follows(f) ? *why : feed_changed;
        return NULL;
    }
    uint8_t *block = f->whole != NULL                ? f->whole + at
                     : f->next != NULL               ? f->next(f->ctx, *n)
                     : feed_read(f->fd, at, own, *n) ? own
                                                     : NULL;
    if (block == NULL) {
        *why = f->next != NULL ? feed_ended : errno == 0 ? feed_changed : feed_failed;
    }
    return block;
}
