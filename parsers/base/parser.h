/* parser.h - one format, one file, one line in parsers.def. */
#ifndef MA_BASE_PARSER_H
#define MA_BASE_PARSER_H
#include "budget.h"
#include "sink.h"
#include "source.h"

enum parse_end {
    PARSE_WHOLE, /* every byte was accounted for */
    PARSE_MALFORMED, /* an anomaly, already emitted, ends the object */
    PARSE_UNSUPPORTED, /* a version or feature that is not implemented; an anomaly says which */
    PARSE_STOPPED /* by the sink, a limit, or a read that failed */
};

#define GLIMPSE_HEAD 4096u /* bytes */
#define GLIMPSE_TAIL 67584u /* 66 KiB: a zip end record may hide behind a 64 KiB comment */

/* What a bid may look at. Head and tail overlap in small objects. */
struct glimpse {
    struct bytes head; /* the first 4 KiB */
    struct bytes tail; /* the last 66 KiB */
    uint64_t size; /* bytes of the whole object */
};

/* One object to read: a file, an archive member, a blob. */
struct object {
    struct source *src;
    struct budget *budget;
    struct sink *sink;
    bool pickle; /* the file itself hands these bytes to an unpickler */
    bool no_joblib; /* read as pickle.load does, also where joblib would not */
    enum inner_as as; /* what the archive's loader takes it for */
};

struct parser {
    const char *name; /* "gguf"; appears in reports, never changes */
    /* 0: another format; 1-49: worth a try; 50-100: this format.  Pure: no allocation, no emit. */
    int (*bid)(const struct glimpse *g);
    /* Reads o->src and emits facts in file order.  No global state, no I/O but src, no recursion on
     * input, heap only through the budget. */
    enum parse_end (*parse)(struct object *o);
    const char *reads; /* for people: "GGUF 1 to 3, both byte orders" */
    const char *covers; /* what "clean" means for such an object */
};
extern const struct parser *const parsers[]; /* built from parsers.def, NULL-ended */
#endif
