#include "found.h"

#include "../../parsers/search/executable.h"
#include "../../parsers/search/hidden.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DESCRIBED = 64,            /* executables whose strings and code are read, a file */
       MAX_MEMBERS_TOLD = 16,         /* local headers of a zip archive without a directory */
       HITS_AT_ONCE = 256 };
#define SEARCH_BUFFER 65536u          /* bytes of an unpacked object read at a time */
#define MAX_TEXT_RUN 67108864u        /* bytes of base64 or hex decoded as one object */
#define MAX_OPCODES 1000000u          /* walked for one pickle before it is run */
#define OPCODE_COST 8u                /* of LIMIT_guess_bytes, for each */

struct finder {
    struct collector *c;
    struct job *job;                  /* whose bytes are searched: the file, or an unpacked object */
    unsigned claims;
    bool file;
    unsigned num_members;
    uint64_t script_end;
    struct hidden_protos protos; size_t next_proto;    /* of the last walk that found nothing */
    uint64_t text_end; unsigned text_shifts;   /* the last run of base64 or hex, and the alignments of it that were tried */
};

/* A hit's surroundings. */
struct spot {
    struct hit hit;
    char *where;                      /* label of the member or object it is in; heap when own */
    uint64_t off;                     /* in that */
    unsigned claims;                  /* who claimed that */
    struct bytes role, name;          /* of the tensor or region; p NULL: none */
};

bool found_flood(struct collector *c, const char *where)
{
    if (c->flooded) {
        return true;
    }
    c->flooded = true;
    c->where = where;
    c->job = NULL;                    /* said of the file, not of the object read last */
    struct num none = { 0 };
    return collect_gap(c, where, "more candidates for hidden code than are looked at")
        && (collect_anomaly(c, (struct range){ 0, 0 }, "search-flood",
                            "more candidates for hidden code than are looked at", none, none, none) || !c->failed);
}

/* Headers of members prove nothing by their number: archives have as many. */
bool found_capped(struct collector *c, enum magic m, const char *where)
{
    return m == MAGIC_ZIP_LOCAL || found_flood(c, where);
}

/* A limit of the search is told as a flood, and leaves the parsers' own untouched. */
static bool spend(struct finder *f, enum limit which, uint64_t n, bool *ok)
{
    struct budget *b = f->c->budget;
    enum limit before = b->hit;
    if (budget_spend(b, which, n)) {
        return true;
    }
    b->hit = before;
    *ok = found_flood(f->c, f->job->where);
    return false;
}

static bool spot_of(struct finder *f, struct hit h, struct spot *s)
{
    struct collector *c = f->c;
    struct where *places = f->file ? &c->places : &c->local;
    const struct place *member = f->file ? where_find(&c->members, h.at) : NULL;
    const struct place *place = where_find(places, h.at);
    *s = (struct spot){ .hit = h, .where = f->job->where, .off = h.at, .claims = f->claims };
    if (member != NULL) {
        struct bytes label = place_name(&c->members, member);
        s->where = strndup((const char *)label.p, label.n);
        s->off = h.at - member->at.off;
        s->claims = member->tag;
    }
    if (place != NULL && (member == NULL || place->at.off >= member->at.off)) {
        s->role = place_role(places, place);
        s->name = place_name(places, place);
    }
    if (s->role.p == NULL && s->where != NULL) {
        s->name = storages_name(&c->storages, s->where, s->off);
        s->role = s->name.p != NULL ? BYTES("tensor") : s->role;
    }
    return s->where != NULL;
}

static void spot_done(const struct finder *f, struct spot *s)
{
    if (s->where != f->job->where) {
        free(s->where);
    }
}

/* --- executables and archives ------------------------------------------------ */

/* Text before it makes "#!" a quotation: a README that shows a script. */
static bool quoted(struct finder *f, uint64_t at)
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

static bool is_hidden(const struct job *j)
{
    return j->speculative || j->codec == CODEC_BASE64 || j->codec == CODEC_HEX;
}

static bool emit_exec(struct finder *f, const struct spot *s, const struct exec *e)
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

static bool is_zip(enum magic m)
{
    return m == MAGIC_ZIP_END || m == MAGIC_ZIP_LOCAL;
}

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
static bool known(const struct finder *f, const struct spot *s)
{
    enum magic m = s->hit.magic;
    if (m == MAGIC_PICKLE) {
        return s->role.p == NULL && (s->claims & CLAIM_PICKLE) != 0;
    }
    if (is_zip(m) && (s->claims & CLAIM_ZIP) != 0 && s->role.p == NULL) {
        return true;
    }
    if (m == MAGIC_ZIP_LOCAL && f->num_members >= MAX_MEMBERS_TOLD) {
        return true;
    }
    return is_archive(m) && s->off == 0 && (s->claims & CLAIM_ANY) != 0;
}

static bool offer(struct finder *f, const struct spot *s, struct inner *in, const char *what)
{
    char label[WHERE_NAME + 96];
    const char *role = s->role.n > 0 ? (const char *)s->role.p : "", *name = s->name.n > 0 ? (const char *)s->name.p : "";
    int n = snprintf(label, sizeof label, "%s at 0x%" PRIx64 "%s%.*s%s%.*s", what, s->hit.at, s->role.n > 0 ? " in " : "",
                     (int)s->role.n, role, s->name.n > 0 ? " " : "", (int)s->name.n, name);
    struct collector *c = f->c;
    enum limit before = c->budget->hit;
    c->job = f->job;
    in->label = (struct bytes){ (const uint8_t *)label, n > 0 ? strlen(label) : 0 };
    c->budget->hit = NUM_LIMITS;
    bool ok = emit_inner(&c->sink, in);
    enum limit hit = c->budget->hit;
    c->budget->hit = before;
    if (ok || c->failed || c->limited) {
        return !c->failed;
    }
    c->limited = true;
    char reason[96];
    snprintf(reason, sizeof reason, "limit %s reached", hit < NUM_LIMITS ? limit_rows[hit].name : "of objects");
    return collect_gap(c, f->job->where, reason);
}

static bool look_exec(struct finder *f, const struct spot *s)
{
    struct collector *c = f->c;
    struct exec e;
    bool ok = true;
    bool opens = is_stream(s->hit.magic) || s->hit.magic == MAGIC_ZIP_END;
    if (s->hit.magic == MAGIC_SCRIPT && s->hit.at < f->script_end) {
        return true;                  /* more of the same text */
    }
    if (opens && c->budget->used[LIMIT_guess_bytes] == c->budget->max[LIMIT_guess_bytes]) {
        return found_flood(c, f->job->where);
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
        return !c->failed && found_flood(c, f->job->where);
    }
    struct inner in = { .at = e.inner, .codec = e.codec, .speculative = e.inner_guess, .code = true };
    return e.inner.len == 0 || offer(f, s, &in, e.kind);
}

/* --- pickles and texts -------------------------------------------------------- */

/* Hits come in order, and so do the places of a walk. */
static bool walked(struct finder *f, uint64_t at)
{
    while (f->next_proto < f->protos.n && f->protos.at[f->next_proto] < at) {
        f->next_proto++;
    }
    return f->next_proto < f->protos.n && f->protos.at[f->next_proto] == at;
}

static bool look_pickle(struct finder *f, const struct spot *s)
{
    const struct budget *b = f->c->budget;
    uint64_t len, steps, left = (b->max[LIMIT_guess_bytes] - b->used[LIMIT_guess_bytes]) / OPCODE_COST;
    bool ok = true;
    if (left == 0) {
        return found_flood(f->c, f->job->where);
    }
    if (walked(f, s->hit.at)) {
        return true;
    }
    uint64_t max = left < MAX_OPCODES ? left : MAX_OPCODES;
    bool calls = hidden_pickle(&f->job->src, s->hit.at, max, &len, &steps, &f->protos);
    f->protos.n = calls || steps >= max ? 0 : f->protos.n;          /* only a walk to its end speaks for its tail */
    f->next_proto = 0;
    if (!spend(f, LIMIT_guess_bytes, steps * OPCODE_COST, &ok) || !calls) {
        return ok;
    }
    if (!spend(f, LIMIT_guesses, 1, &ok) || !spend(f, LIMIT_guess_bytes, len, &ok)) {
        return ok;
    }
    struct inner in = { .at = { s->hit.at, len }, .speculative = true, .code = true };
    return offer(f, s, &in, "pickle");
}

/* Each run of text is decoded from its first candidate on, once for each alignment. */
static bool look_text(struct finder *f, const struct spot *s)
{
    bool hex = s->hit.magic == MAGIC_HEX, ok = true;
    unsigned shift = 1u << (s->hit.at & 3);
    if (s->hit.at < f->text_end && (f->text_shifts & shift) != 0) {
        return true;
    }
    uint64_t len = hidden_text(&f->job->src, s->hit.at, hex, MAX_TEXT_RUN);
    f->text_shifts = s->hit.at < f->text_end ? f->text_shifts | shift : shift;
    f->text_end = s->hit.at + len;
    if (!spend(f, LIMIT_guesses, 1, &ok) || !spend(f, LIMIT_guess_bytes, len, &ok)) {
        return ok;
    }
    struct inner in = { .at = { s->hit.at, len }, .codec = hex ? CODEC_HEX : CODEC_BASE64, .speculative = true, .code = true };
    return offer(f, s, &in, hex ? "hex" : "base64");
}

static bool look_closely(struct finder *f, const struct spot *s)
{
    bool ok = true;
    if (known(f, s) || !spend(f, LIMIT_candidates, 1, &ok)) {
        return ok;
    }
    switch (s->hit.magic) {
    case MAGIC_PICKLE:               return look_pickle(f, s);
    case MAGIC_BASE64: case MAGIC_HEX: return look_text(f, s);
    default:                         return look_exec(f, s);
    }
}

static bool cancelled(const struct collector *c)
{
    return c->options->cancelled != NULL && *c->options->cancelled != 0;
}

static bool look(struct finder *f, struct hit h)
{
    struct spot s;
    if (cancelled(f->c)) {
        bool told = f->c->limited;
        f->c->limited = true;
        return told || collect_gap(f->c, f->job->where, "cancelled");
    }
    if (!spot_of(f, h, &s)) {
        return false;
    }
    f->c->forget = false;
    bool ok = look_closely(f, &s);
    spot_done(f, &s);
    f->c->where = f->job->where;      /* the spot's own label is gone */
    return ok && !f->c->failed;
}

/* --- whose bytes are searched ---------------------------------------------------- */

bool found_in_file(struct collector *c, struct job *root, unsigned claims, struct pass *p)
{
    struct finder f = { .c = c, .job = root, .claims = claims, .file = true };
    struct hit hits[HITS_AT_ONCE];
    bool ok = true;
    for (size_t n; ok && (n = pass_hits(p, hits, HITS_AT_ONCE)) > 0; ) {
        for (size_t i = 0; ok && i < n; i++) {
            ok = look(&f, hits[i]);
        }
    }
    return ok;
}

static bool on_hit(void *ctx, struct hit h)
{
    return look(ctx, h);
}

/* search_block calls back while it works: what is looked at is read anew. */
static bool search_source(struct finder *f, struct search *s, uint8_t *room)
{
    struct source *src = &f->job->src;
    struct hit_sink out = { on_hit, f };
    uint64_t at = 0;
    size_t got = 1;
    while (got > 0) {
        if (!source_read_some(src, at, room + SEARCH_CARRY, SEARCH_BUFFER, &got)) {
            return collect_gap(f->c, f->job->where, "a read failed");
        }
        if (!search_block(s, room + SEARCH_CARRY, got, got == 0, out)) {
            return false;
        }
        at += got;
    }
    return true;
}

bool found_in_object(struct collector *c, struct job *j)
{
    struct finder f = { .c = c, .job = j, .claims = c->claims };
    struct search *s = malloc(sizeof *s);
    uint8_t *room = malloc(SEARCH_CARRY + SEARCH_BUFFER);
    bool ok = s != NULL && room != NULL;
    if (ok) {
        search_init(s, c->budget->max[LIMIT_candidates], false);
        ok = search_source(&f, s, room);
    }
    for (size_t i = 0; ok && i < NUM_MAGICS; i++) {
        ok = !s->capped[i] || found_capped(c, (enum magic)i, j->where);
    }
    free(room);
    free(s);
    return ok;
}

void found_member(struct collector *c, const struct job *j)
{
    uint64_t off;
    if (j->codec == CODEC_STORED && j->data == NULL && !j->speculative
        && collect_base(&j->src, &off) == c->root) {
        where_add(&c->members, (struct range){ off, j->src.size }, (struct bytes){ 0 }, bytes_of(j->where), c->claims);
    }
}

bool found_in_string(struct collector *c, const struct fact *string)
{
    struct bytes text = string->string.text;
    struct exec e = { .kind = "script" };
    size_t line;
    if (!bytes_start(text, BYTES("#!")) || !script_line(text, &line, e.machine) || text.n - line < 4) {
        return true;
    }
    struct fact fact = { .kind = FACT_EXEC, .at = string->at };
    fact.exec.kind = BYTES("script");
    fact.exec.machine = bytes_of(e.machine);
    fact.exec.within = BYTES("string");
    fact.exec.within_name = string->string.key;
    fact.exec.size = string->string.length;
    return collect_found(c, &fact);
}
