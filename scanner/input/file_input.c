#include "file_input.h"

#include "../../parsers/base/source.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

struct gap input_gap(enum input_error e)
{
    switch (e) {
    case INPUT_OK: break;
    case INPUT_OUT_OF_MEMORY: return gap_of(GAP_OUT_OF_MEMORY);
    case INPUT_FAILED: return gap_of(GAP_READ_FAILED);
    case INPUT_CHANGED: return gap_of(GAP_FILE_CHANGED);
    case INPUT_ENDED: return gap_of(GAP_INPUT_ENDED);
    case INPUT_CANCELLED: return gap_of(GAP_CANCELLED);
    }
    return gap_of(GAP_NONE);
}

const char *input_error_text(enum input_error e) { return gap_constant_text(input_gap(e).code); }

/* Reads all bytes, and checks that none follow. */
static bool read_whole(struct file_input *f, enum input_error *why)
{
    uint8_t more;
    uint8_t *memory = malloc(INPUT_HEADROOM + (size_t)f->size + 1);
    *why = INPUT_OUT_OF_MEMORY;
    if (memory == NULL) {
        return false;
    }
    f->whole = memory + INPUT_HEADROOM;
    bool ok = pread_all(f->fd, 0, f->whole, (size_t)f->size);
    *why = ok || errno == 0 ? INPUT_CHANGED : INPUT_FAILED;
    return ok && !pread_all(f->fd, f->size, &more, 1);
}

bool file_input_open(struct file_input *f, int fd, uint64_t size, bool private_copy,
                     enum input_error *why)
{
    *f = (struct file_input){ .fd = fd, .size = size };
    *why = INPUT_OUT_OF_MEMORY;
    if (size > INPUT_WHOLE_BYTES) {
        f->macs = private_copy ? NULL : block_macs_new(size);
        return private_copy || f->macs != NULL;
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
    block_macs_free(f->macs);
    f->whole = NULL;
    f->macs = NULL;
}

static bool nothing_follows(const struct file_input *f)
{
    uint8_t more;
    return f->whole != NULL || f->next != NULL || !pread_all(f->fd, f->size, &more, 1);
}

static uint8_t *get_block(const struct file_input *f, uint64_t at, uint8_t *own, size_t n)
{
    if (f->whole != NULL) {
        return f->whole + at;
    }
    if (f->next != NULL) {
        return f->next(f->ctx, n);
    }
    return pread_all(f->fd, at, own, n) ? own : NULL;
}

uint8_t *file_input_block(const struct file_input *f, uint64_t at, uint8_t *own, size_t *n,
                          enum input_error *why)
{
    uint64_t left = f->size - at;
    *n = f->whole != NULL || left < INPUT_BLOCK ? (size_t)left : INPUT_BLOCK;
    if (*n == 0) {
        *why = nothing_follows(f) ? *why : INPUT_CHANGED;
        return NULL;
    }
    uint8_t *block = get_block(f, at, own, *n);
    if (block == NULL && f->next != NULL) {
        *why = INPUT_ENDED;
    } else if (block == NULL) {
        *why = errno == 0 ? INPUT_CHANGED : INPUT_FAILED;
    }
    return block;
}
