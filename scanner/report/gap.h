/* gap.h - why something was not scanned: a code of gaps.def, and what the code is about. */
#ifndef MA_REPORT_GAP_H
#define MA_REPORT_GAP_H
#include "../../parsers/base/budget.h"

enum gap_code {
    GAP_NONE, /* nothing is missing */
#define GAP(code, slug, class, argument, text, next) GAP_##code,
#include "gaps.def"
#undef GAP
    NUM_GAP_CODES
};
enum gap_class {
    GAP_FILE, /* the file's own: another scan of the same bytes ends alike */
    GAP_OURS, /* of this machine at that moment: another try may help */
    GAP_CHOSEN /* asked for by the user: without influence on the verdict */
};

/* Fields that the code has no use for are zero. */
struct gap {
    enum gap_code code;
    enum limit limit; /* that was reached */
    int number; /* a signal, an exit code, an errno */
    const char *detail; /* borrowed, NUL-ended, printable; NULL: none */
};

/* Values for the calls that record a gap. */
static inline struct gap gap_of(enum gap_code code) { return (struct gap){ .code = code }; }
static inline struct gap gap_limit(enum limit l)
{
    return (struct gap){ .code = GAP_LIMIT, .limit = l };
}
static inline struct gap gap_number(enum gap_code code, int n)
{
    return (struct gap){ .code = code, .number = n };
}
static inline struct gap gap_errno(int err) { return gap_number(GAP_CANNOT_OPEN, err); }
static inline struct gap gap_detail(enum gap_code code, const char *detail)
{
    return (struct gap){ .code = code, .detail = detail };
}

enum gap_class gap_class(enum gap_code code);
/* The public name of a code, "out-of-memory"; it never changes. */
const char *gap_slug(enum gap_code code);
/* Is the limit a part of what this code says? */
bool gap_has_limit(enum gap_code code);
/* Does g have what its code is about, and nothing else?  For gaps of another process. */
MUST_CHECK bool gap_is_valid(const struct gap *g);
bool gap_equal(const struct gap *a, const struct gap *b);
/* The text of a code that takes no argument; static. */
const char *gap_constant_text(enum gap_code code);
/* The text that a report shows.  Heap; NULL when out of memory. */
char *gap_text(const struct gap *g);
#endif
