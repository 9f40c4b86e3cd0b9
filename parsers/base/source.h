/* source.h - random access to the bytes of one object.
 *
 * Reads are exact: all n bytes or false.  Nothing is mapped (a truncated map is
 * a SIGBUS) and nothing assumes that the object fits in memory. */
#ifndef MA_BASE_SOURCE_H
#define MA_BASE_SOURCE_H
#include "cursor.h"

/* Where the scanner itself hands out the bytes of a file, to hold them against those that
 * are hashed (scanner/input/verified_blocks.h). */
struct source_blocks {
    /* Bytes from off (inside the file) on, at least one; they live until the next call.
     * False: they cannot be had, or are no longer what they were. */
    bool (*get)(void *ctx, uint64_t off, struct bytes *out);
    void *ctx;
};

struct source {
    enum { SOURCE_FD, SOURCE_MEM, SOURCE_WINDOW } kind;
    uint64_t size; /* bytes */
    int fd; /* SOURCE_FD: borrowed, read with pread */
    struct bytes mem; /* SOURCE_MEM: borrowed */
    struct source *base; /* SOURCE_WINDOW: borrowed */
    uint64_t base_off;
    const struct source_blocks *blocks; /* SOURCE_FD: read through these; may be NULL */
    bool failed; /* a read inside the size failed: I/O error, file shrank */
};
/* pread_all() reads exactly n bytes of fd from off on.  On failure it returns false: errno says
 * why, and is 0 where the file ends before off + n.  A signal does not end it. */
MUST_CHECK bool pread_all(int fd, uint64_t off, void *buf, size_t n);

void source_fd(struct source *s, int fd, uint64_t size, const struct source_blocks *blocks);
void source_mem(struct source *s, struct bytes b);
/* [at.off, at.off+at.len) of base; false when that is not inside it. */
MUST_CHECK bool source_window(struct source *s, struct source *base, struct range at);
MUST_CHECK bool source_read(struct source *s, uint64_t off, void *buf, size_t n);
/* As many of n as there are; *got says how many.  False only on I/O errors. */
MUST_CHECK bool source_read_some(struct source *s, uint64_t off, void *buf, size_t n, size_t *got);
/* The same past the blocks, for sums over bytes that are read for other ends as well. */
MUST_CHECK bool source_read_plain(struct source *s, uint64_t off, void *buf, size_t n, size_t *got);
/* True when s, or a source it is a window on, had a failed read. */
bool source_failed(const struct source *s);
#endif
