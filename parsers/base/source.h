/* source.h - random access to the bytes of one object.
 *
 * Reads are exact: all n bytes or false.  Nothing is mapped (a truncated map is
 * a SIGBUS) and nothing assumes that the object fits in memory. */
#ifndef MA_BASE_SOURCE_H
#define MA_BASE_SOURCE_H
#include "cursor.h"

/* Blocks of a file that the scanner reads itself, so that it can compare them with the bytes that
 * are hashed (scanner/input/verified_blocks.h). */
struct source_blocks {
    /* get() sets *out to bytes from off (inside the file) on, at least one, which live until the
     * next call. Returns false when they cannot be read, or differ from what was read before. */
    bool (*get)(void *ctx, uint64_t off, struct bytes *out);
    void *ctx;
};

struct source {
    enum { SOURCE_FD, SOURCE_MEM, SOURCE_WINDOW } kind;
    uint64_t size; /* bytes */
    int fd; /* SOURCE_FD: borrowed, read with pread */
    struct bytes mem; /* SOURCE_MEM: borrowed */
    struct source *base; /* SOURCE_WINDOW: borrowed */
    uint64_t base_off; /* SOURCE_WINDOW: offset of its first byte in base */
    const struct source_blocks *blocks; /* SOURCE_FD: read through these; may be NULL */
    bool failed; /* a read inside the size failed: I/O error, file shrank */
};
/* pread_all() reads exactly n bytes of fd from off on.  On failure it returns false: errno says
 * why, and is 0 where the file ends before off + n.  A signal does not end it. */
MUST_CHECK bool pread_all(int fd, uint64_t off, void *buf, size_t n);

void source_fd(struct source *s, int fd, uint64_t size, const struct source_blocks *blocks);
void source_mem(struct source *s, struct bytes b);
/* source_window makes s the range `at` of base. Returns false when that is not inside it. */
MUST_CHECK bool source_window(struct source *s, struct source *base, struct range at);
/* source_read reads exactly n bytes. Returns false when they are not all inside s, or cannot be
 * read. */
MUST_CHECK bool source_read(struct source *s, uint64_t off, void *buf, size_t n);
/* source_read_some reads as many of n bytes as there are, and sets *got to their number. Returns
 * false only on I/O errors. */
MUST_CHECK bool source_read_some(struct source *s, uint64_t off, void *buf, size_t n, size_t *got);
/* source_read_plain is source_read_some without the blocks, for sums over bytes that are read
 * elsewhere, too. */
MUST_CHECK bool source_read_plain(struct source *s, uint64_t off, void *buf, size_t n, size_t *got);
/* source_failed says whether s, or a source it is a window on, had a failed read. */
bool source_failed(const struct source *s);
#endif
