#include "gap.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum gap_argument {
    TAKES_NOTHING,
    TAKES_LIMIT,
    TAKES_NUMBER,
    TAKES_SIGNAL,
    TAKES_ERRNO,
    TAKES_DETAIL,
    TAKES_EXTERNAL_FILES
};
enum { MAX_SIGNAL = 64, MAX_ERRNO = 4095, MAX_EXIT_CODE = 255, MAX_ARGUMENT = 128 };

static const struct gap_row {
    const char *slug;
    enum gap_class class;
    enum gap_argument argument;
    const char *text; /* %s: the argument */
} gap_rows[NUM_GAP_CODES] = {
    [GAP_NONE] = { "none", GAP_FILE, TAKES_NOTHING, "" },
#define GAP(code, slug, class, argument, text, next)                                               \
    [GAP_##code] = { slug, GAP_##class, TAKES_##argument, text },
#include "gaps.def"
#undef GAP
};

enum gap_class gap_class(enum gap_code code) { return gap_rows[code].class; }

const char *gap_slug(enum gap_code code) { return gap_rows[code].slug; }

const char *gap_constant_text(enum gap_code code) { return gap_rows[code].text; }

bool gap_has_limit(enum gap_code code) { return gap_rows[code].argument == TAKES_LIMIT; }

static bool number_is_valid(enum gap_argument argument, int n)
{
    switch (argument) {
    case TAKES_NUMBER: return n >= 0 && n <= MAX_EXIT_CODE;
    case TAKES_SIGNAL: return n > 0 && n <= MAX_SIGNAL;
    case TAKES_ERRNO: return n > 0 && n <= MAX_ERRNO;
    default: return n == 0;
    }
}

bool gap_is_valid(const struct gap *g)
{
    unsigned code = (unsigned)g->code, limit = (unsigned)g->limit;
    if (code == GAP_NONE || code >= NUM_GAP_CODES || limit >= NUM_LIMITS) {
        return false;
    }
    enum gap_argument takes = gap_rows[code].argument;
    return (takes == TAKES_LIMIT || limit == 0) && number_is_valid(takes, g->number)
           && (takes == TAKES_DETAIL) == (g->detail != NULL);
}

static bool same_detail(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

bool gap_equal(const struct gap *a, const struct gap *b)
{
    return a->code == b->code && a->limit == b->limit && a->number == b->number
           && same_detail(a->detail, b->detail);
}

static const char *signal_name(int n)
{
    return n == SIGSYS ? "a system call that parsers do not need" : strsignal(n);
}

/* What stands for %s, in buf where it has to be made. */
static const char *argument_of(const struct gap *g, char buf[MAX_ARGUMENT])
{
    switch (gap_rows[g->code].argument) {
    case TAKES_NOTHING: break;
    case TAKES_LIMIT: return limit_rows[g->limit].name;
    case TAKES_NUMBER: snprintf(buf, MAX_ARGUMENT, "%d", g->number); return buf;
    case TAKES_SIGNAL:
        snprintf(buf, MAX_ARGUMENT, "%d (%s)", g->number, signal_name(g->number));
        return buf;
    case TAKES_ERRNO: return strerror(g->number);
    case TAKES_DETAIL: return g->detail;
    case TAKES_EXTERNAL_FILES: snprintf(buf, MAX_ARGUMENT, "%d", BOUND_external_files); return buf;
    }
    return "";
}

char *gap_text(const struct gap *g)
{
    char buf[MAX_ARGUMENT], *out = NULL;
    const char *text = gap_rows[g->code].text, *at = strstr(text, "%s");
    if (at == NULL) {
        return strdup(text);
    }
    int n = asprintf(&out, "%.*s%s%s", (int)(at - text), text, argument_of(g, buf), at + 2);
    return n >= 0 ? out : NULL;
}
