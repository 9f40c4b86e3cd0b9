/* prefilter.c - feeds blocks and their edges to an engine, and emits candidates as hits. */
#include "tables.h"

#include <string.h>

void search_init(struct search *s, uint64_t max_hits, bool portable)
{
    *s = (struct search){ .portable = portable || !have_avx2() };
    for (size_t i = 0; i < NUM_MAGICS; i++) {
        s->left[i] = max_hits;
    }
}

/* The search of one block. */
struct round {
    struct search *s;
    const struct tables *t;
    struct bytes all; /* the bytes kept from the block before, and the block */
    uint64_t at; /* offset of all.p[0] in the object */
    struct hit_sink out;
    uint64_t hits; /* hits that were emitted */
};

/* memcmp() of SEARCH_LOOK bytes, without the call. */
static bool equal_look(const uint8_t *a, const uint8_t *b)
{
    uint64_t x[SEARCH_LOOK / 8], y[SEARCH_LOOK / 8];
    uint64_t differs = 0;
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    for (size_t i = 0; i < SEARCH_LOOK / 8; i++) {
        differs |= x[i] ^ y[i];
    }
    return differs == 0;
}

static bool is_last_look(const struct search *s, enum magic m, struct bytes look)
{
    if (s->last[m].n != look.n || look.n == 0) {
        return false;
    }
    if (look.n == SEARCH_LOOK) {
        return equal_look(s->last[m].look, look.p);
    }
    return memcmp(s->last[m].look, look.p, look.n) == 0;
}

/* Checks a candidate.  Some files repeat one candidate many times: the last result is kept. */
static bool check_candidate(struct search *s, enum magic m, struct bytes look)
{
    if (is_last_look(s, m, look)) {
        return s->last[m].hit;
    }
    s->dense[m]++;
    memcpy(s->last[m].look, look.p, look.n);
    s->last[m].n = look.n;
    s->last[m].hit = prefilter_check(m, look);
    return s->last[m].hit;
}

static bool emit_candidate(struct round *r, enum magic m, size_t at)
{
    struct search *s = r->s;
    unsigned max_dense = s->capped[m] ? SEARCH_SPARSE : SEARCH_DENSE;
    if (s->left[m] == 0 || s->dense[m] >= max_dense) {
        s->capped[m] = true;
        return true;
    }
    if (!check_candidate(s, m, bytes_sub(r->all, at, SEARCH_LOOK))) {
        return true;
    }

    s->left[m]--;
    r->hits++;
    return r->out.take(r->out.ctx, (struct hit){ m, r->at + at });
}

static bool begins_with(struct bytes all, size_t at, struct bytes text)
{
    return all.n - at >= text.n && memcmp(all.p + at, text.p, text.n) == 0;
}

/* A file of repeated magic numbers gets here for every fourth byte: the usual pattern of four bytes
 * is compared without a call. */
static bool is_at(struct bytes all, size_t at, const struct pattern *p)
{
    uint32_t here;
    if (all.n - at < sizeof here) {
        return begins_with(all, at, p->text);
    }

    memcpy(&here, all.p + at, sizeof here);
    if (((here ^ p->head) & p->mask) != 0) {
        return false;
    }

    return p->text.n <= sizeof here || begins_with(all, at, p->text);
}

static bool on_place(void *ctx, size_t at)
{
    struct round *r = ctx;
    struct search *s = r->s;
    uint8_t byte = r->all.p[at];
    bool whole = r->all.n - at >= SEARCH_LOOK;
    uint64_t before = r->hits;
    if (whole && s->quiet.set && equal_look(s->quiet.look, r->all.p + at)) {
        return true; /* the result would be the same */
    }

    for (size_t i = r->t->first[byte]; i < r->t->first[byte + 1]; i++) {
        const struct pattern *p = &r->t->patterns[r->t->order[i]];
        if (is_at(r->all, at, p) && !emit_candidate(r, p->magic, at)) {
            return false;
        }
    }

    if (whole && r->hits == before) {
        memcpy(s->quiet.look, r->all.p + at, SEARCH_LOOK);
        s->quiet.set = true;
    }

    return true;
}

/* The buckets of kinds that may still be emitted in this block.  The engine skips patterns of the
 * others, which a file may repeat many times. */
static uint8_t open_buckets(const struct search *s, const struct tables *t)
{
    uint32_t open = 0;
    uint8_t buckets = 0;
    for (unsigned m = 0; m < NUM_MAGICS; m++) {
        bool closed = s->capped[m] && (s->left[m] == 0 || s->dense[m] >= SEARCH_SPARSE);
        open |= closed ? 0u : 1u << m;
    }

    for (unsigned i = 0; i < 8; i++) {
        buckets = (uint8_t)(buckets | ((t->kinds[i] & open) != 0) << i);
    }

    return buckets;
}

static bool scan_piece(struct round *r, size_t from, size_t to)
{
    struct places out = { on_place, r };
    if (r->s->portable) {
        return scan_portable(r->t, r->all, from, to, out);
    }
    return scan_avx2(r->t, r->all, from, to, open_buckets(r->s, r->t), out);
}

static bool scan(struct round *r, size_t to)
{
    enum { PIECE = 16384 }; /* bytes after which open_buckets() is called again */
    for (size_t from = 0; from < to; from += PIECE) {
        size_t stop = to - from < PIECE ? to : from + PIECE;
        if (!scan_piece(r, from, stop)) {
            return false;
        }
    }
    return true;
}

/* Places of a block that can be checked: the last SEARCH_CARRY bytes need those of the next. */
static size_t places_in(size_t bytes, bool last)
{
    if (last) {
        return bytes;
    }
    return bytes > SEARCH_CARRY ? bytes - SEARCH_CARRY : 0;
}

bool search_block(struct search *s, uint8_t *block, size_t n, bool last, struct hit_sink out)
{
    uint8_t *start = block - s->num_carry;
    size_t total = s->num_carry + n;
    memcpy(start, s->carry, s->num_carry);
    memset(s->dense, 0, sizeof s->dense);

    struct round r = { s, tables_get(), { start, total }, s->at - s->num_carry, out, 0 };
    size_t to = places_in(total, last);
    if (!scan(&r, to)) {
        return false;
    }

    s->at += n;
    s->num_carry = total - to;
    memcpy(s->carry, start + to, s->num_carry);
    return true;
}
