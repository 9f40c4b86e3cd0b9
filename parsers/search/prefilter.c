/* prefilter.c - blocks and their edges, and which candidates are handed out as hits. */
#include "tables.h"

#include <string.h>

void search_init(struct search *s, uint64_t max_hits, bool portable)
{
    *s = (struct search){ .portable = portable || !have_avx2() };
    for (size_t i = 0; i < NUM_MAGICS; i++) {
        s->left[i] = max_hits;
    }
}

struct round {
    struct search *s;
    const struct tables *t;
    struct bytes all; /* what was carried, and the block */
    uint64_t at; /* offset of all.p[0] in the object */
    struct hit_sink out;
    uint64_t hits; /* handed out */
};

/* memcmp() for the one length that counts, without the call. */
static bool equal_look(const uint8_t *a, const uint8_t *b)
{
    uint64_t x[SEARCH_LOOK / 8], y[SEARCH_LOOK / 8], differs = 0;
    memcpy(x, a, sizeof x);
    memcpy(y, b, sizeof y);
    for (size_t i = 0; i < SEARCH_LOOK / 8; i++) {
        differs |= x[i] ^ y[i];
    }
    return differs == 0;
}

/* Files full of one thing repeat it: what was judged once is not judged again. */
static bool judge(struct search *s, enum magic m, struct bytes look)
{
    bool same = s->last[m].n == look.n && look.n > 0
                && (look.n == SEARCH_LOOK ? equal_look(s->last[m].look, look.p)
                                          : memcmp(s->last[m].look, look.p, look.n) == 0);
    if (same) {
        return s->last[m].hit;
    }
    s->dense[m]++;
    memcpy(s->last[m].look, look.p, look.n);
    s->last[m].n = look.n;
    s->last[m].hit = quick_check(m, look);
    return s->last[m].hit;
}

static bool hand_out(struct round *r, enum magic m, size_t at)
{
    struct search *s = r->s;
    if (s->left[m] == 0 || s->dense[m] >= (s->capped[m] ? SEARCH_SPARSE : SEARCH_DENSE)) {
        s->capped[m] = true;
        return true;
    }
    if (!judge(s, m, bytes_sub(r->all, at, SEARCH_LOOK))) {
        return true;
    }
    s->left[m]--;
    r->hits++;
    return r->out.take(r->out.ctx, (struct hit){ m, r->at + at });
}

/* A file full of one magic comes here at every fourth byte: no call for the usual pattern of
 * four. */
static bool is_at(struct bytes all, size_t at, const struct pattern *p)
{
    uint32_t here;
    if (all.n - at < sizeof here) {
        return all.n - at >= p->is.n && memcmp(all.p + at, p->is.p, p->is.n) == 0;
    }
    memcpy(&here, all.p + at, sizeof here);
    return ((here ^ p->head) & p->mask) == 0
           && (p->is.n <= sizeof here
               || (all.n - at >= p->is.n && memcmp(all.p + at, p->is.p, p->is.n) == 0));
}

static bool on_place(void *ctx, size_t at)
{
    struct round *r = ctx;
    struct search *s = r->s;
    uint8_t byte = r->all.p[at];
    bool whole = r->all.n - at >= SEARCH_LOOK;
    uint64_t before = r->hits;
    if (whole && s->quiet.set && equal_look(s->quiet.look, r->all.p + at)) {
        return true; /* it would be judged as before */
    }
    for (size_t i = r->t->first[byte]; i < r->t->first[byte + 1]; i++) {
        const struct pattern *p = &r->t->patterns[r->t->order[i]];
        if (is_at(r->all, at, p) && !hand_out(r, p->magic, at)) {
            return false;
        }
    }
    if (whole && r->hits == before) {
        memcpy(s->quiet.look, r->all.p + at, SEARCH_LOOK);
        s->quiet.set = true;
    }
    return true;
}

/* Buckets of kinds that may still be handed out in this block.  What a file is full
 * of is not even seen any more once there was enough of it. */
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

static bool scan(struct round *r, size_t to)
{
    /* bytes between two looks at what is still open */
    enum { PIECE = 16384 };
    struct places out = { on_place, r };
    for (size_t from = 0; from < to; from += PIECE) {
        size_t stop = to - from < PIECE ? to : from + PIECE;
        bool ok = r->s->portable
                      ? scan_portable(r->t, r->all, from, stop, out)
                      : scan_avx2(r->t, r->all, from, stop, open_buckets(r->s, r->t), out);
        if (!ok) {
            return false;
        }
    }
    return true;
}

bool search_block(struct search *s, uint8_t *block, size_t n, bool last, struct hit_sink out)
{
    uint8_t *start = block - s->num_carry;
    size_t total = s->num_carry + n;
    memcpy(start, s->carry, s->num_carry);
    struct round r = { s, tables_get(), { start, total }, s->at - s->num_carry, out, 0 };
    size_t to = last ? total : total > SEARCH_CARRY ? total - SEARCH_CARRY : 0;
    memset(s->dense, 0, sizeof s->dense);
    if (!scan(&r, to)) {
        return false;
    }
    s->at += n;
    s->num_carry = total - to;
    memcpy(s->carry, start + to, s->num_carry);
    return true;
}
