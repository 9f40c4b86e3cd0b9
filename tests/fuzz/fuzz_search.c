/* fuzz_search.c - the search of all bytes by both engines, and the confirmation of its hits.
 *
 * Oracles: the AVX2 engine and the portable one find the same hits; so do blocks of another size,
 * unless hits were capped; confirmed objects lie within the bytes. */
#include "../../parsers/search/executable.h"
#include "../../parsers/search/embedded_pickle.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_HITS = 256 };
struct hit_queue {
    struct hit list[MAX_HITS * NUM_MAGICS];
    size_t n;
    bool capped;
};

static bool add_hit(void *ctx, struct hit h)
{
    struct hit_queue *all = ctx;
    MUST(all->n < MAX_HITS * NUM_MAGICS);
    all->list[all->n++] = h;
    return true;
}

static void search(struct bytes b, size_t step, bool portable, struct hit_queue *out)
{
    static struct search s;
    uint8_t *buf = fuzz_malloc(SEARCH_CARRY + step);
    struct hit_sink sink = { add_hit, out };
    search_init(&s, MAX_HITS, portable);
    out->n = 0;
    for (size_t at = 0; at < b.n; at += step) {
        size_t n = b.n - at < step ? b.n - at : step;
        memcpy(buf + SEARCH_CARRY, b.p + at, n);
        MUST(search_block(&s, buf + SEARCH_CARRY, n, false, sink));
    }

    MUST(search_block(&s, buf + SEARCH_CARRY, 0, true, sink));
    out->capped = false;
    for (int i = 0; i < NUM_MAGICS; i++) {
        out->capped |= s.capped[i];
    }

    free(buf);
}

static void check_same_hits(const struct hit_queue *a, const struct hit_queue *b)
{
    MUST(a->capped || b->capped || a->n == b->n);
    for (size_t i = 0; !a->capped && !b->capped && i < a->n; i++) {
        MUST(a->list[i].at == b->list[i].at && a->list[i].magic == b->list[i].magic);
    }
}

static void confirm(struct bytes b, struct hit h)
{
    struct source src;
    struct budget budget;
    struct exec e = { 0 };
    fuzz_budget(&budget);
    source_mem(&src, b);
    MUST(h.at < b.n);
    if (exec_confirm(&src, h, &budget, &e)) {
        MUST(e.kind != NULL);
        MUST(e.inner.len == 0 || (e.inner.off <= b.n && e.inner.len <= b.n - e.inner.off));
        exec_describe(&src, h, &e);
        MUST(memchr(e.strings, 0, sizeof e.strings) != NULL);
        MUST(memchr(e.machine, 0, sizeof e.machine) != NULL);
    }
}

static void walk(struct bytes b)
{
    static struct embedded_protos protos;
    struct source src;
    uint64_t len = 0, steps = 0;
    source_mem(&src, b);
    protos.n = 0;
    /* any result is valid as long as it is within the bytes */
    (void)embedded_pickle(&src, 0, 10000, &len, &steps, &protos);
    MUST(len <= b.n && protos.n <= EMBEDDED_PROTOS);
    MUST(embedded_text(&src, 0, false, 1 << 16) <= b.n);
    MUST(embedded_text(&src, 0, true, 1 << 16) <= b.n);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static const size_t steps[] = { 1, 7, 63, 64, 65, 127, 512 };
    static struct hit_queue vectors, portable, blocks;
    struct bytes b = { data, size };
    if (size == 0) {
        return;
    }

    search(b, size, false, &vectors);
    search(b, size, true, &portable);
    check_same_hits(&vectors, &portable);
    search(b, steps[size % (sizeof steps / sizeof *steps)], false, &blocks);
    check_same_hits(&vectors, &blocks);
    for (size_t i = 0; i < vectors.n && i < 64; i++) {
        confirm(b, vectors.list[i]);
    }

    walk(b);
}
