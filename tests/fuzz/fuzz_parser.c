/* fuzz_parser.c - the parsers that TARGETS names, on one object.
 *
 * Oracles: two runs emit the same; a parser can be run whatever it bids; a file of a strict format
 * that is whole and without anomalies is not so without its last byte. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#ifndef TARGETS
#    error "TARGETS: names of parsers, with a blank before and after each"
#endif

enum { MAX_EMITTED = 10000 /* facts, or inner objects, of one run */ };

/* What a parser has emitted. */
struct emitted {
    struct sink sink; /* first, for the callbacks */
    uint64_t hash;
    uint64_t facts;
    uint64_t inner;
    uint64_t anomalies;
};

static uint64_t hash_bytes(uint64_t h, struct bytes b)
{
    h = fuzz_hash(h, &b.n, sizeof b.n);
    /* reads every byte, so that a sanitizer checks what a parser emits */
    return b.n > 0 ? fuzz_hash(h, b.p, b.n) : h;
}

static bool on_fact(struct sink *s, const struct fact *f)
{
    struct emitted *e = (struct emitted *)s;
    e->anomalies += f->kind == FACT_ANOMALY;
    e->hash = fuzz_hash(e->hash, &f->kind, sizeof f->kind);
    e->hash = fuzz_hash(e->hash, &f->at, sizeof f->at);
    for (size_t i = 0; i < num_fact_fields; i++) {
        if (fact_fields[i].kind == f->kind && fact_fields[i].type == FIELD_TEXT) {
            e->hash = hash_bytes(e->hash, fact_text(f, &fact_fields[i]));
        } else if (fact_fields[i].kind == f->kind) {
            struct num n = fact_num(f, &fact_fields[i]);
            e->hash = fuzz_hash(e->hash, &n.v, sizeof n.v);
        }
    }

    return ++e->facts < MAX_EMITTED;
}

static bool on_inner(struct sink *s, const struct inner *in)
{
    struct emitted *e = (struct emitted *)s;
    MUST(in->codec < NUM_CODECS);
    e->hash = fuzz_hash(e->hash, &in->at, sizeof in->at);
    e->hash = hash_bytes(e->hash, in->label);
    if (in->data.p != NULL) {
        e->hash = hash_bytes(e->hash, in->data);
    }
    return ++e->inner < MAX_EMITTED;
}

static int bid(const struct parser *p, struct bytes b)
{
    size_t head = b.n < GLIMPSE_HEAD ? b.n : GLIMPSE_HEAD;
    size_t tail = b.n < GLIMPSE_TAIL ? b.n : GLIMPSE_TAIL;
    struct glimpse g = { bytes_sub(b, 0, head), bytes_sub(b, b.n - tail, tail), b.n };
    return p->bid(&g);
}

static enum parse_end run(const struct parser *p, struct bytes b, bool pickle, struct emitted *e)
{
    struct source src;
    struct budget budget;
    *e = (struct emitted){ .sink = { on_fact, on_inner } };
    fuzz_budget(&budget);
    source_mem(&src, b);
    struct object o = { .src = &src, .budget = &budget, .sink = &e->sink, .pickle = pickle };
    enum parse_end end = p->parse(&o);
    if (bid(p, b) == 0) {
        return end;
    }

    /* A parser stops for a reason only, and does not reject a file without a fact. */
    bool out_of_budget = budget.exceeded != NUM_LIMITS || budget.out_of_memory;
    bool sink_stopped = e->facts >= MAX_EMITTED || e->inner >= MAX_EMITTED;
    MUST(end != PARSE_STOPPED || out_of_budget || sink_stopped);
    MUST(end == PARSE_WHOLE || end == PARSE_STOPPED || e->facts > 0);
    return end;
}

/* Formats that say where they end.  In compressed streams the decoder finds the end. */
static bool is_strict(const char *name)
{
    static const char *const names[] = { "safetensors", "gguf", "zip", "pickle" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Without its last byte the file is not whole, or has an anomaly. */
static void check_truncated(const struct parser *p, struct bytes b)
{
    struct emitted e;
    uint8_t *copy = fuzz_malloc(b.n - 1); /* a copy, so that a sanitizer sees reads past its end */
    memcpy(copy, b.p, b.n - 1);
    MUST(run(p, (struct bytes){ copy, b.n - 1 }, false, &e) != PARSE_WHOLE || e.anomalies > 0);
    free(copy);
}

static void check(const struct parser *p, struct bytes b)
{
    struct emitted first, again;
    int bids = bid(p, b);
    MUST(bids >= 0 && bids <= 100);
    enum parse_end end = run(p, b, false, &first);
    enum parse_end second = run(p, b, false, &again);
    bool is_same = second == end && first.hash == again.hash;
    bool is_stopped = end == PARSE_STOPPED || second == PARSE_STOPPED;
    MUST(is_same || (fuzz_failed() && is_stopped));
    (void)run(p, b, true, &again); /* an object that goes to an unpickler; any end is valid */

    bool is_sound = end == PARSE_WHOLE && first.anomalies == 0 && bids >= 50;
    if (is_sound && b.n > 0 && is_strict(p->name)) {
        check_truncated(p, b);
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    for (const struct parser *const *p = parsers; *p != NULL; p++) {
        char name[32] = " ";
        strncat(name, (*p)->name, sizeof name - 3);
        strcat(name, " ");
        if (strstr(TARGETS, name) != NULL) {
            check(*p, (struct bytes){ data, size });
        }
    }
}
