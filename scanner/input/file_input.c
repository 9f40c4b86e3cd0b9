#include "file_input.h"

#include "../../parsers/base/source.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

const char file_input_changed[] = "the file changed while it was read";
const char file_input_failed[] = "a read failed";
const char file_input_ended[] = "the rest of it was not read";

/* Its bytes, and that none follow. */
static bool read_whole(struct file_input *f, const char **why)
{
    uint8_t more;
    uint8_t *cap = malloc(INPUT_HEADROOM + (size_t)f->size + 1);
    *why = "out of memory";
    if (cap == NULL) {
        return false;
    }
    f->whole = cap + INPUT_HEADROOM;
    bool ok = pread_all(f->fd, 0, f->whole, (size_t)f->size);
    *why = ok || errno == 0 ? file_input_changed : file_input_failed;
    return ok && !pread_all(f->fd, f->size, &more, 1);
}

bool file_input_open(struct file_input *f, int fd, uint64_t size, bool private_copy,
                     const char **why)
{
    *f = (struct file_input){ .fd = fd, .size = size };
    *why = "out of memory";
    if (size > FEED_WHOLE) {
        f->tags = private_copy ? NULL : block_macs_new(size);
        return private_copy || f->tags != NULL;
    }
    if (!read_whole(f, why)) {
        file_input_close(f);
        return false;
    }
    return true;
}

void file_input_close(struct file_input *f)
{
    if (f->whole != NULL) {
        free(f->whole - INPUT_HEADROOM);
    }
    block_macs_free(f->tags);
    f->whole = NULL;
    f->tags = NULL;
}

static bool nothing_follows(const struct file_input *f)
{
    uint8_t more;
    return f->whole != NULL || f->next != NULL || !pread_all(f->fd, f->size, &more, 1);
}

uint8_t *file_input_block(const struct file_input *f, uint64_t at, uint8_t *own, size_t *n,
                          const char **why)
{
    uint64_t left = f->size - at;
    *n = f->whole != NULL || left < INPUT_BLOCK ? (size_t)left : INPUT_BLOCK;
    if (*n == 0) {
        *why = nothing_follows(f) ? *why : file_input_changed;
        return NULL;
    }
    uint8_t *block = f->whole != NULL                ? f->whole + at
                     : f->next != NULL               ? f->next(f->ctx, *n)
                     : pread_all(f->fd, at, own, *n) ? own
                                                     : NULL;
    if (block == NULL) {
        *why = f->next != NULL ? file_input_ended
               : errno == 0    ? file_input_changed
                               : file_input_failed;
    }
    return block;
}
