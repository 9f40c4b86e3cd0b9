#include "hit_triage.h"

#include "../../parsers/search/executable.h"
#include "search_results.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    MAX_DESCRIBED = 64, /* executables whose strings and code are read, a file */
    MAX_MEMBERS_TOLD = 16
}; /* local headers of a zip archive without a directory */
#define MAX_TEXT_RUN 67108864u /* bytes of base64 or hex decoded as one object */
#define MAX_OPCODES 1000000u /* walked for one pickle before it is run */
#define MAX_READ 1048576u /* bytes of a pickle that count beside its opcodes */
#define OPCODE_COST 8u /* of LIMIT_guess_bytes, for each */

/* A limit of the search is told as a flood, and leaves the parsers' own untouched. */
static bool spend(struct hit_triage *f, enum limit which, uint64_t n, bool *ok)
{
    struct budget *b = f->c->budget;
    enum limit before = b->exceeded;
    if (budget_spend(b, which, n)) {
        return true;
    }
    b->exceeded = before;
    *ok = hits_overflow(f->c, f->job->where);
    return false;
}

/* --- executables and archives ------------------------------------------------ */

/* Text before it makes "#!" a quotation: a README that shows a script. */
static bool quoted(struct hit_triage *f, uint64_t at)
{
    uint8_t b[16];
    size_t got = 0, num_text = 0, n = at < sizeof b ? (size_t)at : sizeof b;
    if (n == 0 || !source_read_some(&f->job->src, at - n, b, n, &got)) {
        return false;
    }
    for (size_t i = 0; i < got; i++) {
        num_text += (b[i] >= 0x20 && b[i] != 0x7f) || b[i] == '\n' || b[i] == '\r' || b[i] == '\t';
    }
    return num_text + 2 >= got;
}

static bool is_hidden(const struct scan_object *j)
{
    return j->speculative || j->codec == CODEC_BASE64 || j->codec == CODEC_HEX;
}

static bool emit_exec(struct hit_triage *f, const struct hit_location *s, const struct exec *e)
{
    struct fact fact = { .kind = FACT_EXEC, .at = { s->off, e->size.set ? e->size.v : 0 } };
    fact.exec.kind = bytes_of(e->kind);
    fact.exec.machine = e->machine[0] != 0 ? bytes_of(e->machine) : (struct bytes){ 0 };
    fact.exec.within = s->role;
    fact.exec.within_name = s->name.n > 0 ? s->name : (struct bytes){ 0 };
    if (s->role.p == NULL && s->off == 0) {
        fact.exec.within = is_hidden(f->job) ? BYTES("decoded") : BYTES("file");
    }
    fact.exec.strings = e->strings[0] != 0 ? bytes_of(e->strings) : (struct bytes){ 0 };
    fact.exec.size = e->size;
    fact.exec.entry = e->entry;
    fact.exec.instructions = e->instructions;
    f->c->job = f->job;
    f->c->where = s->where;
    return collect_found(f->c, &fact);
}

static bool is_zip(enum magic m) { return m == MAGIC_ZIP_END || m == MAGIC_ZIP_LOCAL; }

static bool is_stream(enum magic m)
{
    return m == MAGIC_GZIP || m == MAGIC_BZIP2 || m == MAGIC_XZ || m == MAGIC_ZSTD;
}

static bool is_archive(enum magic m)
{
    return is_zip(m) || is_stream(m) || m == MAGIC_SEVENZIP || m == MAGIC_RAR || m == MAGIC_CAB;
}

/* What a parser has claimed and read is no news.  In the bytes of a pickle, other
 * pickles are what its parser made of them. */
static bool known(const struct hit_triage *f, const struct hit_location *s)
{
    enum magic m = s->hit.magic;
    if (s->unplaced) {
        return false; /* perhaps in a gap that nobody reads */
    }
    if (m == MAGIC_PICKLE) {
        return s->role.p == NULL && (s->claimed_by & CLAIM_PICKLE) != 0;
    }
    if (is_zip(m) && (s->claimed_by & CLAIM_ZIP) != 0 && s->role.p == NULL) {
        return true;
    }
    if (m == MAGIC_ZIP_LOCAL && f->num_members >= MAX_MEMBERS_TOLD) {
        return true;
    }
    return is_archive(m) && s->off == 0 && (s->claimed_by & CLAIM_ANY) != 0;
}

static bool offer(struct hit_triage *f, const struct hit_location *s, struct inner *in,
                  const char *what)
{
    char label[WHERE_NAME + 96];
    const char *role = s->role.n > 0 ? (const char *)s->role.p : "",
               *name = s->name.n > 0 ? (const char *)s->name.p : "";
    int n = snprintf(label, sizeof label, "%s at 0x%" PRIx64 "%s%.*s%s%.*s", what, s->hit.at,
                     s->role.n > 0 ? " in " : "", (int)s->role.n, role, s->name.n > 0 ? " " : "",
                     (int)s->name.n, name);
    struct collector *c = f->c;
    enum limit before = c->budget->exceeded;
    c->job = f->job;
    in->label = (struct bytes){ (const uint8_t *)label, n > 0 ? strlen(label) : 0 };
    c->budget->exceeded = NUM_LIMITS;
    bool ok = emit_inner(&c->sink, in);
    enum limit hit = c->budget->exceeded;
    c->budget->exceeded = before;
    if (ok || c->failed || c->too_deep) {
        return !c->failed;
    }
    c->too_deep = true;
    char reason[96];
    snprintf(reason, sizeof reason, "limit %s reached",
             hit < NUM_LIMITS ? limit_rows[hit].name : "of objects");
    return collect_gap(c, f->job->where, reason);
}

static bool look_exec(struct hit_triage *f, const struct hit_location *s)
{
    struct collector *c = f->c;
    struct exec e;
    bool ok = true;
    bool opens = is_stream(s->hit.magic) || s->hit.magic == MAGIC_ZIP_END;
    if (s->hit.magic == MAGIC_SCRIPT && s->hit.at < f->script_end) {
        return true; /* more of the same text */
    }
    if (opens && c->budget->used[LIMIT_guess_bytes] == c->budget->max[LIMIT_guess_bytes]) {
        return hits_overflow(c, f->job->where);
    }
    if (opens && !spend(f, LIMIT_guesses, 1, &ok)) {
        return ok;
    }
    if (!exec_confirm(&f->job->src, s->hit, c->budget, &e)) {
        return true;
    }
    if (s->hit.magic == MAGIC_SCRIPT && s->role.p == NULL && s->off != 0 && quoted(f, s->hit.at)) {
        return true;
    }
    if (c->num_decoded < MAX_DESCRIBED) {
        c->num_decoded++;
        exec_describe(&f->job->src, s->hit, &e);
    }
    f->script_end = s->hit.magic == MAGIC_SCRIPT ? s->hit.at + e.size.v : f->script_end;
    f->num_members += s->hit.magic == MAGIC_ZIP_LOCAL;
    if (!emit_exec(f, s, &e)) {
        return !c->failed && hits_overflow(c, f->job->where);
    }
    struct inner in = {
        .at = e.inner, .codec = e.codec, .speculative = e.inner_guess, .code = true
    };
    return e.inner.len == 0 || offer(f, s, &in, e.kind);
}

/* --- pickles and texts -------------------------------------------------------- */

/* Hits come in order, and so do the places of a walk. */
static bool walked(struct hit_triage *f, uint64_t at)
{
    while (f->next_proto < f->protos.n && f->protos.at[f->next_proto] < at) {
        f->next_proto++;
    }
    return f->next_proto < f->protos.n && f->protos.at[f->next_proto] == at;
}

static bool look_pickle(struct hit_triage *f, const struct hit_location *s)
{
    const struct budget *b = f->c->budget;
    uint64_t len, steps,
        left = (b->max[LIMIT_guess_bytes] - b->used[LIMIT_guess_bytes]) / OPCODE_COST;
    bool ok = true;
    if (left == 0) {
        return hits_overflow(f->c, f->job->where);
    }
    if (walked(f, s->hit.at)) {
        return true;
    }
    uint64_t max = left < MAX_OPCODES ? left : MAX_OPCODES;
    bool calls = embedded_pickle(&f->job->src, s->hit.at, max, &len, &steps, &f->protos);
    /* only a walk to its end speaks for its tail */
    f->protos.n = calls || steps >= max ? 0 : f->protos.n;
    f->next_proto = 0;
    if (!spend(f, LIMIT_guess_bytes, steps * OPCODE_COST, &ok) || !calls) {
        return ok;
    }
    /* A text of 300 MB in it is stepped over, not read: one candidate in a GB of q4 weights has
     * such a length. */
    if (!spend(f, LIMIT_guesses, 1, &ok)
        || !spend(f, LIMIT_guess_bytes, len < MAX_READ ? len : MAX_READ, &ok)) {
        return ok;
    }
    struct inner in = { .at = { s->hit.at, len }, .speculative = true, .code = true };
    return offer(f, s, &in, "pickle");
}

/* Each run of text is decoded from its first candidate on, once for each alignment. */
static bool look_text(struct hit_triage *f, const struct hit_location *s)
{
    bool hex = s->hit.magic == MAGIC_HEX, ok = true;
    unsigned shift = 1u << (s->hit.at & 3);
    if (s->hit.at < f->text_end && (f->text_shifts & shift) != 0) {
        return true;
    }
    uint64_t len = embedded_text(&f->job->src, s->hit.at, hex, MAX_TEXT_RUN);
    f->text_shifts = s->hit.at < f->text_end ? f->text_shifts | shift : shift;
    f->text_end = s->hit.at + len;
    if (!spend(f, LIMIT_guesses, 1, &ok) || !spend(f, LIMIT_guess_bytes, len, &ok)) {
        return ok;
    }
    struct inner in = { .at = { s->hit.at, len },
                        .codec = hex ? CODEC_HEX : CODEC_BASE64,
                        .speculative = true,
                        .code = true };
    return offer(f, s, &in, hex ? "hex" : "base64");
}

bool triage_hit(struct hit_triage *f, const struct hit_location *s)
{
    bool ok = true;
    if (known(f, s) || !spend(f, LIMIT_candidates, 1, &ok)) {
        return ok;
    }
    switch (s->hit.magic) {
    case MAGIC_PICKLE: return look_pickle(f, s);
    case MAGIC_BASE64:
    case MAGIC_HEX: return look_text(f, s);
    default: return look_exec(f, s);
    }
}
