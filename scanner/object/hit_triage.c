#include "hit_triage.h"

#include "../../parsers/search/executable.h"
#include "search_results.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPCODE_COST 8u /* of LIMIT_guess_bytes, for each opcode */

/* A limit of the search is reported as an overflow, and leaves the parsers' own untouched. */
static bool spend(struct hit_triage *f, enum limit which, uint64_t n, bool *ok)
{
    struct budget *b = f->c->budget;
    enum limit before = b->exceeded;
    if (budget_spend(b, which, n)) {
        return true;
    }
    b->exceeded = before;
    *ok = hits_overflow(f->c, f->object->label);
    return false;
}

/* --- executables and archives ------------------------------------------------ */

static bool is_text(uint8_t b)
{
    bool is_space = b == '\n' || b == '\r' || b == '\t';
    return is_space || (b >= 0x20 && b != 0x7f);
}

/* Text before it makes "#!" a quotation: a README that shows a script. */
static bool is_quoted(struct hit_triage *f, uint64_t at)
{
    uint8_t b[16];
    size_t got = 0, num_text = 0, n = at < sizeof b ? (size_t)at : sizeof b;
    if (n == 0 || !source_read_some(&f->object->src, at - n, b, n, &got)) {
        return false;
    }
    for (size_t i = 0; i < got; i++) {
        num_text += is_text(b[i]);
    }
    return num_text + 2 >= got;
}

static bool is_hidden(const struct scan_object *obj)
{
    return obj->speculative || obj->codec == CODEC_BASE64 || obj->codec == CODEC_HEX;
}

static bool emit_exec(struct hit_triage *f, const struct hit_location *s, const struct exec *e)
{
    struct fact fact = { .kind = FACT_EXEC, .at = { s->off, e->size.set ? e->size.v : 0 } };
    fact.exec.kind = bytes_of(e->kind);
    fact.exec.machine = e->machine[0] != 0 ? bytes_of(e->machine) : (struct bytes){ 0 };
    fact.exec.within = s->role;
    fact.exec.within_name = s->name.n > 0 ? s->name : (struct bytes){ 0 };
    if (s->role.p == NULL && s->off == 0) {
        fact.exec.within = is_hidden(f->object) ? BYTES("decoded") : BYTES("file");
    }
    fact.exec.strings = e->strings[0] != 0 ? bytes_of(e->strings) : (struct bytes){ 0 };
    fact.exec.size = e->size;
    fact.exec.entry = e->entry;
    fact.exec.instructions = e->instructions;
    struct current_object before =
        collect_switch(f->c, (struct current_object){ f->object, s->label });
    bool ok = collect_found(f->c, &fact);
    (void)collect_switch(f->c, before);
    return ok;
}

static bool is_zip(enum magic m) { return m == MAGIC_ZIP_END || m == MAGIC_ZIP_LOCAL; }

static bool is_stream(enum magic m)
{
    return m == MAGIC_GZIP || m == MAGIC_BZIP2 || m == MAGIC_XZ || m == MAGIC_ZSTD;
}

static bool is_archive(enum magic m)
{
    bool is_other = m == MAGIC_SEVENZIP || m == MAGIC_RAR || m == MAGIC_CAB;
    return is_other || is_zip(m) || is_stream(m);
}

/* Has a parser that vouched for these bytes read them? In the bytes of a pickle, other pickles are
 * what its parser made of them. */
static bool is_parsed(const struct hit_triage *f, const struct hit_location *s)
{
    enum magic m = s->hit.magic;
    if (s->unplaced) {
        return false; /* perhaps between the regions that parsers read */
    }
    if (m == MAGIC_PICKLE) {
        return s->role.p == NULL && (s->claimed_by & CLAIM_PICKLE) != 0;
    }
    if (is_zip(m) && (s->claimed_by & CLAIM_ZIP) != 0 && s->role.p == NULL) {
        return true;
    }
    if (m == MAGIC_ZIP_LOCAL && f->num_members >= BOUND_member_hits) {
        return true;
    }
    return is_archive(m) && s->off == 0 && (s->claimed_by & CLAIM_ANY) != 0;
}

static void append_text(char *label, size_t cap, const char *between, struct bytes b)
{
    size_t n = strlen(label);
    if (b.n > 0) {
        snprintf(label + n, cap - n, "%s%.*s", between, (int)b.n, (const char *)b.p);
    }
}

/* "pickle at 0x1f in tensor lm_head.weight" */
static void describe_hit(char *label, size_t cap, const struct hit_location *s, const char *what)
{
    snprintf(label, cap, "%s at 0x%" PRIx64, what, s->hit.at);
    append_text(label, cap, " in ", s->role);
    append_text(label, cap, " ", s->name);
}

/* Emits an inner object without letting its limits count as the parsers' own. *exceeded: the limit
 * that it met. */
static bool emit_guess(struct hit_triage *f, const struct inner *in, enum limit *exceeded)
{
    struct collector *c = f->c;
    enum limit before = c->budget->exceeded;
    c->budget->exceeded = NUM_LIMITS;
    bool ok = emit_inner(&c->sink, in);
    *exceeded = c->budget->exceeded;
    c->budget->exceeded = before;
    return ok;
}

static bool offer(struct hit_triage *f, const struct hit_location *s, struct inner *in,
                  const char *what)
{
    char label[BOUND_region_name_bytes + 96];
    struct collector *c = f->c;
    enum limit exceeded;
    describe_hit(label, sizeof label, s, what);
    in->label = bytes_of(label);
    if (emit_guess(f, in, &exceeded) || c->judge.failed || c->too_deep) {
        return !c->judge.failed;
    }
    c->too_deep = true;
    return collect_gap(c, f->object->label,
                       gap_limit(exceeded < NUM_LIMITS ? exceeded : LIMIT_objects));
}

/* A stream or an archive, whose confirmation unpacks or parses. */
static bool opens_archive(enum magic m) { return is_stream(m) || m == MAGIC_ZIP_END; }

static void count_exec(struct hit_triage *f, const struct hit_location *s, struct exec *e)
{
    if (f->c->num_described < BOUND_described_executables) {
        f->c->num_described++;
        exec_describe(&f->object->src, s->hit, e);
    }
    if (s->hit.magic == MAGIC_SCRIPT) {
        f->script_end = s->hit.at + e->size.v;
    }
    f->num_members += s->hit.magic == MAGIC_ZIP_LOCAL;
}

static bool report_exec(struct hit_triage *f, const struct hit_location *s, const struct exec *e)
{
    if (!emit_exec(f, s, e)) {
        return !f->c->judge.failed && hits_overflow(f->c, f->object->label);
    }
    struct inner in = {
        .at = e->inner, .codec = e->codec, .speculative = e->inner_guess, .code = true
    };
    return e->inner.len == 0 || offer(f, s, &in, e->kind);
}

static bool triage_exec(struct hit_triage *f, const struct hit_location *s)
{
    struct budget *b = f->c->budget;
    struct exec e;
    bool ok = true, opens = opens_archive(s->hit.magic), is_script = s->hit.magic == MAGIC_SCRIPT;
    if (is_script && s->hit.at < f->script_end) {
        return true; /* more of the same text */
    }
    if (opens && b->used[LIMIT_guess_bytes] == b->max[LIMIT_guess_bytes]) {
        return hits_overflow(f->c, f->object->label);
    }
    if (opens && !spend(f, LIMIT_guesses, 1, &ok)) {
        return ok;
    }
    if (!exec_confirm(&f->object->src, s->hit, b, &e)) {
        return true;
    }
    bool may_be_quoted = is_script && s->role.p == NULL && s->off != 0;
    if (may_be_quoted && is_quoted(f, s->hit.at)) {
        return true;
    }
    count_exec(f, s, &e);
    return report_exec(f, s, &e);
}

/* --- pickles and texts -------------------------------------------------------- */

/* Did a walk without a call pass this opcode? Hits come in order, as the places of a walk do. */
static bool was_walked(struct hit_triage *f, uint64_t at)
{
    while (f->next_proto < f->protos.n && f->protos.at[f->next_proto] < at) {
        f->next_proto++;
    }
    return f->next_proto < f->protos.n && f->protos.at[f->next_proto] == at;
}

static bool triage_pickle(struct hit_triage *f, const struct hit_location *s)
{
    const struct budget *b = f->c->budget;
    uint64_t len, steps,
        left = (b->max[LIMIT_guess_bytes] - b->used[LIMIT_guess_bytes]) / OPCODE_COST;
    bool ok = true;
    if (left == 0) {
        return hits_overflow(f->c, f->object->label);
    }
    if (was_walked(f, s->hit.at)) {
        return true;
    }
    uint64_t max = left < BOUND_pickle_walk_opcodes ? left : BOUND_pickle_walk_opcodes;
    bool calls = embedded_pickle(&f->object->src, s->hit.at, max, &len, &steps, &f->protos);
    /* only a walk to its end speaks for its tail */
    f->protos.n = calls || steps >= max ? 0 : f->protos.n;
    f->next_proto = 0;
    if (!spend(f, LIMIT_guess_bytes, steps * OPCODE_COST, &ok) || !calls) {
        return ok;
    }
    /* A text of 300 MB in it is stepped over, not read: one candidate in a GB of q4 weights has
     * such a length. */
    if (!spend(f, LIMIT_guesses, 1, &ok)
        || !spend(f, LIMIT_guess_bytes,
                  len < BOUND_pickle_guess_bytes ? len : BOUND_pickle_guess_bytes, &ok)) {
        return ok;
    }
    struct inner in = { .at = { s->hit.at, len }, .speculative = true, .code = true };
    return offer(f, s, &in, "pickle");
}

/* Each run of text is decoded from its first candidate on, once for each alignment. */
static bool triage_text(struct hit_triage *f, const struct hit_location *s)
{
    bool hex = s->hit.magic == MAGIC_HEX, ok = true;
    unsigned shift = 1u << (s->hit.at & 3);
    if (s->hit.at < f->text_end && (f->text_shifts & shift) != 0) {
        return true;
    }
    uint64_t len = embedded_text(&f->object->src, s->hit.at, hex, BOUND_text_run_bytes);
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
    if (is_parsed(f, s) || !spend(f, LIMIT_candidates, 1, &ok)) {
        return ok;
    }
    switch (s->hit.magic) {
    case MAGIC_PICKLE: return triage_pickle(f, s);
    case MAGIC_BASE64:
    case MAGIC_HEX: return triage_text(f, s);
    default: return triage_exec(f, s);
    }
}
