/* parser.h - one format, one file, one line in parsers.def. */
#ifndef MA_BASE_PARSER_H
#define MA_BASE_PARSER_H
#include "budget.h"
#include "sink.h"
#include "source.h"

enum parse_end {
    PARSE_WHOLE, /* every byte accounted for                     */
    PARSE_MALFORMED, /* stopped at an anomaly already emitted        */
    PARSE_UNSUPPORTED, /* ours, but a version or feature that we lack; an anomaly says which */
    PARSE_STOPPED
}; /* the sink or the budget said stop, or a read failed */

#define GLIMPSE_HEAD 4096u /* bytes */
#define GLIMPSE_TAIL 67584u /* 66 KiB: a zip end record may hide behind a 64 KiB comment */

/* What a bid may look at. */
struct glimpse {
    /* the first 4 KiB and the last 66 KiB; they overlap in small objects */
    struct bytes head, tail;
    uint64_t size; /* bytes, of the whole object */
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
    /* 0: not mine; 1-49: try me; 50-100: mine.  Pure: no allocation, no emit. */
    int (*bid)(const struct glimpse *g);
    /* Read o->src, emit facts in file order.  No global state, no I/O but src, no
     * recursion on input, heap only through the budget. */
    enum parse_end (*parse)(struct object *o);
    const char *reads; /* for people: "GGUF 1 to 3, both byte orders" */
    const char *covers; /* what "clean" says of such an object */
};
extern const struct parser *const parsers[]; /* built from parsers.def, NULL-ended */
#endif
