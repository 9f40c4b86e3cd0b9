#include "codec.h"

#include "escape.h"
#include "../util/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIRE_MAGIC 0x3257414Du /* "MAW2" */
#define NO_STRING UINT32_MAX
#define MAX_ROWS (1u << 20) /* of each kind */
#define MAX_TEXT 65536u /* bytes of one text */

/* --- writing ------------------------------------------------------------------ */

static void put_number(FILE *out, uint64_t v, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        fputc((int)(v >> 8 * i & 0xFF), out);
    }
}

static void put_text(FILE *out, const char *s)
{
    size_t n = s == NULL ? 0 : strlen(s);
    put_number(out, s == NULL ? NO_STRING : n, 4);
    if (n > 0) {
        fwrite(s, 1, n, out);
    }
}

static void put_gap(FILE *out, const struct unscanned *u)
{
    put_text(out, u->where);
    put_number(out, (uint64_t)u->gap.code, 2);
    put_number(out, (uint64_t)u->gap.limit, 2);
    put_number(out, (uint64_t)u->gap.number, 4);
    put_text(out, u->gap.detail);
}

static void put_rows(FILE *out, const struct file_report *f, const struct ruleset *rules)
{
    put_number(out, f->num_gaps, 4);
    for (size_t i = 0; i < f->num_gaps; i++) {
        put_gap(out, &f->gaps[i]);
    }
    put_number(out, f->num_imports, 4);
    for (size_t i = 0; i < f->num_imports; i++) {
        const struct import_row *row = &f->imports[i];
        put_text(out, row->module);
        put_text(out, row->name);
        put_number(out, row->safety, 1);
        put_text(out, row->where);
        put_number(out, row->offset, 8);
    }
    put_number(out, f->num_findings, 4);
    for (size_t i = 0; i < f->num_findings; i++) {
        const struct finding *row = &f->findings[i];
        put_number(out, rules_index(rules, row->rule), 4);
        put_text(out, row->where);
        put_number(out, row->offset, 8);
        put_number(out, row->length, 8);
        put_text(out, row->evidence);
        put_text(out, row->global);
        put_number(out, row->more, 8);
    }
    put_number(out, f->num_externs, 4);
    for (size_t i = 0; i < f->num_externs; i++) {
        put_text(out, f->externs[i].path);
        put_number(out, f->externs[i].end, 8);
    }
    put_number(out, f->num_map, 4);
    for (size_t i = 0; i < f->num_map; i++) {
        put_number(out, f->map[i].at.off, 8);
        put_number(out, f->map[i].at.len, 8);
        put_text(out, f->map[i].role);
        put_text(out, f->map[i].name);
    }
}

uint8_t *report_encode(const struct file_report *f, const struct ruleset *rules, uint64_t job,
                       size_t *n)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }
    FILE *out = t.out;
    put_number(out, WIRE_MAGIC, 4);
    put_number(out, job, 8);
    put_text(out, f->format);
    put_number(out, f->complete, 1);
    put_number(out, f->state.known, 1);
    put_number(out, f->state.unclaimed, 1);
    put_number(out, f->state.changed, 1);
    put_number(out, (uint64_t)(f->weights_only + 1), 1);
    put_number(out, f->verdict, 1);
    put_number(out, f->worst, 1);
    put_number(out, f->bytes_searched, 8);
    put_rows(out, f, rules);
    uint8_t *buf = (uint8_t *)text_end(&t);
    *n = t.n;
    return buf;
}

/* --- reading -------------------------------------------------------------------- */

/* Printable text, or raw for a name that is opened later; NULL for "no string" only where that
 * may be. */
static bool take_text(struct cursor *c, bool raw, bool optional, char **out)
{
    uint32_t n;
    struct bytes b;
    *out = NULL;
    if (!cur_u32le(c, &n)) {
        return false;
    }
    if (n == NO_STRING) {
        return optional;
    }
    if (n > MAX_TEXT || !cur_take(c, n, &b) || (n > 0 && memchr(b.p, 0, n) != NULL)) {
        return false;
    }
    *out = raw ? strndup((const char *)b.p, n) : escape_printable(b, MAX_TEXT);
    return *out != NULL;
}

static bool take_small(struct cursor *c, uint8_t max, uint8_t *out)
{
    return cur_u8(c, out) && *out <= max;
}

/* Memory for the rows that follow; each takes at least `least` bytes of what is left. */
static bool take_count(struct cursor *c, size_t least, size_t item, void **rows, uint32_t *n)
{
    if (!cur_u32le(c, n) || *n > MAX_ROWS || *n > cur_left(c) / least) {
        return false;
    }
    *rows = calloc(*n + 1u, item);
    return *rows != NULL;
}

/* A code that is none, a limit that does not exist, a signal out of range: refused. */
static bool read_gap(struct cursor *c, struct unscanned *row)
{
    char *where = NULL, *detail = NULL;
    uint16_t code = 0, limit = 0;
    uint32_t number = 0;
    bool ok = take_text(c, false, false, &where) && cur_u16le(c, &code) && cur_u16le(c, &limit)
              && cur_u32le(c, &number);
    ok = ok && number <= INT32_MAX && take_text(c, false, true, &detail);

    struct gap g = { (enum gap_code)code, (enum limit)limit, (int)number, detail };
    ok = ok && gap_is_valid(&g);
    if (ok) {
        ok = unscanned_init(row, where, &g);
    } else {
        free(where);
    }
    free(detail);
    return ok;
}

static bool read_gaps(struct cursor *c, struct file_report *f)
{
    uint32_t n;
    void *rows;
    if (!take_count(c, 16, sizeof *f->gaps, &rows, &n)) {
        return false;
    }
    f->gaps = rows;
    for (; f->num_gaps < n; f->num_gaps++) {
        if (!read_gap(c, &f->gaps[f->num_gaps])) {
            return false;
        }
    }
    return true;
}

static bool read_imports(struct cursor *c, struct file_report *f)
{
    uint32_t n;
    uint8_t safety;
    void *rows;
    if (!take_count(c, 21, sizeof *f->imports, &rows, &n)) {
        return false;
    }
    f->imports = rows;
    while (f->num_imports < n) {
        struct import_row *row = &f->imports[f->num_imports++];
        if (!take_text(c, false, false, &row->module) || !take_text(c, false, false, &row->name)
            || !take_small(c, SAFETY_DANGEROUS, &safety) || !take_text(c, false, false, &row->where)
            || !cur_u64le(c, &row->offset)) {
            return false;
        }
        row->safety = (enum safety)safety;
    }
    return true;
}

static bool read_findings(struct cursor *c, struct file_report *f, const struct ruleset *rules)
{
    uint32_t n, rule;
    void *rows;
    if (!take_count(c, 40, sizeof *f->findings, &rows, &n)) {
        return false;
    }
    f->findings = rows;
    for (; n > 0; n--) {
        struct finding *row = &f->findings[f->num_findings];
        if (!cur_u32le(c, &rule) || rule >= rules_count(rules)) {
            return false;
        }
        row->rule = rules_at(rules, rule);
        f->num_findings++;
        if (!take_text(c, false, false, &row->where) || !cur_u64le(c, &row->offset)
            || !cur_u64le(c, &row->length) || !take_text(c, false, false, &row->evidence)
            || !take_text(c, false, true, &row->global) || !cur_u64le(c, &row->more)) {
            return false;
        }
    }
    return true;
}

static bool read_externs(struct cursor *c, struct file_report *f)
{
    uint32_t n;
    void *rows;
    if (!take_count(c, 12, sizeof *f->externs, &rows, &n)) {
        return false;
    }
    f->externs = rows;
    while (f->num_externs < n) {
        struct extern_row *row = &f->externs[f->num_externs++];
        if (!take_text(c, true, false, &row->path) || !cur_u64le(c, &row->end)) {
            return false;
        }
    }
    return true;
}

/* Rows that leave the file would be drawn outside of it. */
static bool read_map(struct cursor *c, struct file_report *f)
{
    uint32_t n;
    void *rows;
    if (!take_count(c, 24, sizeof *f->map, &rows, &n)) {
        return false;
    }
    f->map = rows;
    while (f->num_map < n) {
        struct map_row *row = &f->map[f->num_map++];
        if (!cur_u64le(c, &row->at.off) || !cur_u64le(c, &row->at.len) || row->at.off > f->size
            || row->at.len > f->size - row->at.off || !take_text(c, false, false, &row->role)
            || !take_text(c, false, false, &row->name)) {
            return false;
        }
    }
    return true;
}

/* The least verdict that findings and completeness allow. */
static enum verdict least_verdict(const struct file_report *f)
{
    if (f->worst >= SEV_HIGH) {
        return VERDICT_MALICIOUS;
    }
    if (!f->complete) {
        return VERDICT_INCOMPLETE;
    }
    return f->worst == SEV_MEDIUM ? VERDICT_SUSPICIOUS : VERDICT_NOT_A_MODEL;
}

/* A reply's verdict is not trusted: it can only be worse than its rows make it. */
static void judge(struct file_report *f, uint8_t verdict, uint8_t worst)
{
    f->worst = (enum severity)worst;
    for (size_t i = 0; i < f->num_findings; i++) {
        enum severity severity = f->findings[i].rule->severity;
        f->worst = severity > f->worst ? severity : f->worst;
    }
    f->verdict = (enum verdict)verdict;
    enum verdict least = least_verdict(f);
    f->verdict = f->verdict < least ? least : f->verdict;
}

bool report_decode(struct file_report *f, const struct ruleset *rules, uint64_t job, struct bytes b)
{
    struct cursor c = cur_of(b, 0);
    uint32_t magic;
    uint64_t answered;
    uint8_t complete, known, unclaimed, changed, weights, verdict, worst;
    if (!cur_u32le(&c, &magic) || magic != WIRE_MAGIC || !cur_u64le(&c, &answered)
        || answered != job || !take_text(&c, false, false, &f->format)
        || !take_small(&c, 1, &complete) || !take_small(&c, 1, &known)
        || !take_small(&c, 1, &unclaimed) || !take_small(&c, 1, &changed)
        || !take_small(&c, 2, &weights) || !take_small(&c, VERDICT_MALICIOUS, &verdict)
        || !take_small(&c, SEV_CRITICAL, &worst) || !cur_u64le(&c, &f->bytes_searched)) {
        return false;
    }
    f->complete = complete != 0;
    f->state.known = known != 0;
    f->state.unclaimed = unclaimed != 0;
    f->state.changed = changed != 0;
    f->weights_only = weights - 1;
    bool ok = read_gaps(&c, f) && read_imports(&c, f) && read_findings(&c, f, rules)
              && read_externs(&c, f) && read_map(&c, f) && cur_left(&c) == 0;
    f->complete =
        f->complete && !f->state.changed && f->num_gaps == 0 && f->bytes_searched == f->size;
    judge(f, verdict, worst);
    return ok;
}
