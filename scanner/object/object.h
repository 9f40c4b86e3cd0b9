/* object.h - one object to read: a file, a member of an archive, a pickle within a pickle.
 *
 * A window borrows its parent's source, so an object keeps its parent alive. */
#ifndef MA_OBJECT_OBJECT_H
#define MA_OBJECT_OBJECT_H
#include "../../parsers/base/parser.h"

struct scan_object {
    struct scan_object *parent; /* NULL: the file itself */
    unsigned holders; /* children, and the queue or the caller; freed at 0 */
    unsigned depth; /* 0: the file */
    char *label; /* a.pt!/archive/data.pkl, printable */

    /* As the parser of its parent declares it: see struct inner. */
    struct range at;
    enum codec codec;
    struct num declared_bytes;
    struct num declared_crc32;
    uint64_t suppress_before;
    bool speculative;
    bool pickle;
    bool no_joblib;
    bool sole_content;
    bool member; /* a file in an archive, with a name of its own */
    bool opaque_data;
    enum inner_as as;

    bool crc_later; /* its CRC comes from the pass (block_crc.h), not from a reading of its own */
    uint8_t *data; /* its bytes, decoded by a parser or unpacked; NULL: elsewhere */
    size_t num_data;
    struct source src; /* set by scan_object_open */
    int spool; /* descriptor of a large unpacked object, or -1 */
    struct scan_object *next; /* in the queue */
};
/* scan_object_new returns an inner object, of which *in is copied, or NULL when out of memory. */
struct scan_object *scan_object_new(struct scan_object *parent, const struct inner *in);
/* scan_object_root returns the file itself, with a copy of src, or NULL when out of memory. */
struct scan_object *scan_object_root(const struct source *src, const char *label);
/* scan_object_release gives up one hold. Accepts NULL. */
void scan_object_release(struct scan_object *obj);

enum scan_object_open {
    OBJECT_READY,
    OBJECT_BAD_RANGE, /* outside its parent */
    OBJECT_CORRUPT, /* cannot be decompressed */
    OBJECT_TRUNCATED,
    OBJECT_UNSUPPORTED, /* compression that is not supported */
    OBJECT_STOPPED, /* by a limit, or out of memory */
    OBJECT_NO_SPOOL /* no memory or disk space for what is unpacked */
};
struct unpacked {
    uint64_t bytes; /* unpacked */
    uint64_t trailing; /* bytes behind the end of the compressed stream */
    uint32_t crc32; /* of the unpacked bytes */
    bool measured; /* `bytes` is the whole size */
    bool summed; /* crc32 is of all bytes */
};
/* scan_object_open makes obj->src. What was unpacked before an error can still be read there: a
 * damaged member is scanned as far as it goes. */
enum scan_object_open scan_object_open(struct scan_object *obj, struct budget *b,
                                       struct unpacked *out);
#endif
