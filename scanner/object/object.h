/* object.h - one object to read: where its bytes are, and what is known of it.
 *
 * Windows borrow their parent's source, so a job keeps its parent alive. */
#ifndef MA_OBJECT_OBJECT_H
#define MA_OBJECT_OBJECT_H
#include "../../parsers/base/parser.h"

struct scan_object {
    struct scan_object *parent; /* NULL: the file itself */
    unsigned holders; /* children and the queue; freed at 0 */
    unsigned depth; /* the file: 0 */
    char *where; /* a.pt!/archive/data.pkl, printable */
    /* What the parser said of it (sink.h); data is ours. */
    struct range at;
    enum codec codec;
    struct num declared_bytes, declared_crc32;
    uint64_t suppress_before;
    bool speculative, pickle, no_joblib, sole_content, opaque_data;
    /* its CRC comes from the one pass (block_crc.h), not from a reading of its own */
    bool crc_later;
    enum inner_as as;
    uint8_t *data;
    size_t num_data;
    /* Set by scan_object_open. */
    struct source src;
    int spool; /* descriptor of a large inflated object, or -1 */
    struct scan_object *next; /* queue.c */
};
struct scan_object *scan_object_new(struct scan_object *parent,
                                    const struct inner *in); /* NULL: out of memory */
/* The file itself: its source is src, a copy of which is made. */
struct scan_object *scan_object_root(const struct source *src, const char *where);
void scan_object_release(struct scan_object *j); /* accepts NULL */

enum scan_object_open {
    OBJECT_READY,
    OBJECT_BAD_RANGE,
    OBJECT_CORRUPT,
    OBJECT_TRUNCATED,
    OBJECT_UNSUPPORTED,
    OBJECT_STOPPED,
    OBJECT_NO_SPOOL
};
struct unpacked {
    uint64_t bytes, trailing;
    uint32_t crc32;
    bool measured, summed;
};
/* Makes j->src.  What was unpacked before an error is still readable through
 * j->src: a damaged member is scanned as far as it goes.  `measured` says that
 * their size is known, `summed` that their CRC is. */
enum scan_object_open scan_object_open(struct scan_object *j, struct budget *b,
                                       struct unpacked *out);
#endif
