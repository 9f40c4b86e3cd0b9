/* object.h - one object to read: where its bytes are, and what is known of it.
 *
 * Windows borrow their parent's source, so a job keeps its parent alive. */
#ifndef MA_OBJECT_OBJECT_H
#define MA_OBJECT_OBJECT_H
#include "../../parsers/base/parser.h"

struct job {
    struct job *parent; /* NULL: the file itself */
    unsigned holders; /* children and the queue; freed at 0 */
    unsigned depth; /* the file: 0 */
    char *where; /* a.pt!/archive/data.pkl, printable */
    /* What the parser said of it (sink.h); data is ours. */
    struct range at;
    enum codec codec;
    struct num declared_bytes, declared_crc32;
    uint64_t quiet_until;
    bool speculative, pickle, plain, whole, raw;
    /* its CRC comes from the one pass (block_crc.h), not from a reading of its own */
    bool crc_later;
    enum inner_as as;
    uint8_t *data;
    size_t num_data;
    /* Set by job_open. */
    struct source src;
    int spool; /* descriptor of a large inflated object, or -1 */
    struct job *next; /* queue.c */
};
struct job *job_new(struct job *parent, const struct inner *in); /* NULL: out of memory */
/* The file itself: its source is src, a copy of which is made. */
struct job *job_root(const struct source *src, const char *where);
void job_drop(struct job *j); /* accepts NULL */

enum job_open {
    JOB_READY,
    JOB_BAD_RANGE,
    JOB_CORRUPT,
    JOB_TRUNCATED,
    JOB_UNSUPPORTED,
    JOB_STOPPED,
    JOB_NO_SPOOL
};
struct unpacked {
    uint64_t bytes, trailing;
    uint32_t crc32;
    bool measured, summed;
};
/* Makes j->src.  What was unpacked before an error is still readable through
 * j->src: a damaged member is scanned as far as it goes.  `measured` says that
 * their size is known, `summed` that their CRC is. */
enum job_open job_open(struct job *j, struct budget *b, struct unpacked *out);
#endif
