/* fuzz_parser.c - the parsers that TARGETS names, on one object.
 *
 * Oracles: two runs say the same; who bids nothing may be asked all the same; a file
 * that a strict format calls whole, and holds nothing against, is not so without its last byte. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#ifndef TARGETS
#    error "TARGETS: names of parsers, with a blank before and after each"
#endif

struct told {
    struct sink sink;
    uint64_t hash, facts, inner, anomalies;
};

static uint64_t hash_bytes(uint64_t h, struct bytes b)
{
    h = fuzz_hash(h, &b.n, sizeof b.n);
    /* reads all of it: a sanitizer checks what a parser hands out */
    return b.n > 0 ? fuzz_hash(h, b.p, b.n) : h;
}

static bool hear_fact(struct sink *s, const struct fact *f)
{
    struct told *t = (struct told *)s;
    t->anomalies += f->kind == FACT_ANOMALY;
    t->hash = fuzz_hash(t->hash, &f->kind, sizeof f->kind);
    t->hash = fuzz_hash(t->hash, &f->at, sizeof f->at);
    for (size_t i = 0; i < num_fact_fields; i++) {
        if (fact_fields[i].kind == f->kind && fact_fields[i].type == FIELD_TEXT) {
            t->hash = hash_bytes(t->hash, fact_text(f, &fact_fields[i]));
        } else if (fact_fields[i].kind == f->kind) {
            struct num n = fact_num(f, &fact_fields[i]);
            t->hash = fuzz_hash(t->hash, &n.v, sizeof n.v);
        }
    }
    return ++t->facts < 10000;
}

static bool hear_inner(struct sink *s, const struct inner *in)
{
    struct told *t = (struct told *)s;
    MUST(in->codec < NUM_CODECS);
    t->hash = fuzz_hash(t->hash, &in->at, sizeof in->at);
    t->hash = hash_bytes(t->hash, in->label);
    if (in->data.p != NULL) {
        t->hash = hash_bytes(t->hash, in->data);
    }
    return ++t->inner < 10000;
}

static int bid(const struct parser *p, struct bytes b)
{
    size_t head = b.n < GLIMPSE_HEAD ? b.n : GLIMPSE_HEAD,
           tail = b.n < GLIMPSE_TAIL ? b.n : GLIMPSE_TAIL;
    struct glimpse g = { bytes_sub(b, 0, head), bytes_sub(b, b.n - tail, tail), b.n };
    return p->bid(&g);
}

static enum parse_end run(const struct parser *p, struct bytes b, bool pickle, struct told *t)
{
    struct source src;
    struct budget budget;
    *t = (struct told){ .sink = { hear_fact, hear_inner } };
    fuzz_budget(&budget);
    source_mem(&src, b);
    struct object o = { .src = &src, .budget = &budget, .sink = &t->sink, .pickle = pickle };
    enum parse_end end = p->parse(&o);
    if (bid(p, b) > 0) { /* nobody stops without a reason, or breaks off without a word */
        MUST(end != PARSE_STOPPED || budget.exceeded != NUM_LIMITS || budget.out_of_memory
             || t->facts >= 10000 || t->inner >= 10000);
        MUST(end == PARSE_WHOLE || end == PARSE_STOPPED || t->facts > 0);
    }
    return end;
}

/* Formats that end where their last byte is; what is only unpacked is cut for its decoder, not
 * here. */
static bool strict(const char *name)
{
    static const char *const names[] = { "safetensors", "gguf", "zip", "pickle" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void check(const struct parser *p, struct bytes b)
{
    struct told first, again, cut;
    int bids = bid(p, b);
    MUST(bids >= 0 && bids <= 100);
    enum parse_end end = run(p, b, false, &first);
    enum parse_end second = run(p, b, false, &again);
    MUST((second == end && first.hash == again.hash)
         || (fuzz_failed() && (end == PARSE_STOPPED || second == PARSE_STOPPED)));
    (void)run(p, b, true, &again); /* as an unpickler would be handed it */
    if (end == PARSE_WHOLE && first.anomalies == 0 && bids >= 50 && b.n > 0 && strict(p->name)) {
        /* a byte past the cut is a byte past the block */
        uint8_t *short_copy = fuzz_malloc(b.n - 1);
        memcpy(short_copy, b.p, b.n - 1);
        struct bytes less = { short_copy, b.n - 1 };
        MUST(run(p, less, false, &cut) != PARSE_WHOLE || cut.anomalies > 0);
        free(short_copy);
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
