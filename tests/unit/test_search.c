/* test_search.c - the prefilter: both engines, all block edges, too many hits; and the regions of a
 * file by offset. */
#include "../../parsers/search/tables.h"
#include "../../parsers/search/embedded_pickle.h"
#include "../../scanner/object/region_map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define MAX_HITS 4096

struct hit_queue {
    struct hit list[MAX_HITS];
    size_t n;
};

static bool add_hit(void *ctx, struct hit h)
{
    struct hit_queue *all = ctx;
    assert_true(all->n < MAX_HITS);
    all->list[all->n++] = h;
    return true;
}

static uint64_t seed = 7;
static uint64_t next(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return seed >> 24;
}

/* Searches n bytes in blocks of `step` bytes; p is unchanged. */
static void search(const uint8_t *p, size_t n, size_t step, bool portable, struct search *s,
                   struct hit_queue *out)
{
    uint8_t *cap = malloc(SEARCH_CARRY + step);
    struct hit_sink sink = { add_hit, out };
    search_init(s, MAX_HITS, portable);
    out->n = 0;
    for (size_t at = 0; at < n; at += step) {
        size_t k = n - at < step ? n - at : step;
        memcpy(cap + SEARCH_CARRY, p + at, k);
        assert_true(search_block(s, cap + SEARCH_CARRY, k, false, sink));
    }

    assert_true(search_block(s, cap + SEARCH_CARRY, 0, true, sink));
    assert_true(s->at == n);
    free(cap);
}

static bool same(const struct hit_queue *a, const struct hit_queue *b)
{
    if (a->n != b->n) {
        return false;
    }

    for (size_t i = 0; i < a->n; i++) {
        if (a->list[i].at != b->list[i].at || a->list[i].magic != b->list[i].magic) {
            return false;
        }
    }

    return true;
}

static const uint8_t elf[64] = { 0x7f, 'E', 'L', 'F', 2, 1, 1, 0,  0, 0, 0,
                                 0,    0,   0,   0,   0, 2, 0, 62, 0, 1 };
static const uint8_t pickle[] = { 0x80, 2,   'c', 'o', 's',  '\n', 's', 'y',
                                  's',  't', 'e', 'm', '\n', ')',  'R', '.' };

/* Fills p with all patterns and with bytes that occur in patterns. */
static void fill(uint8_t *p, size_t n)
{
    const struct tables *t = tables_get();
    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)next();
    }

    for (size_t at = 0; at + 128 < n; at += 20 + next() % 60) {
        const struct pattern *x = &t->patterns[next() % t->num_patterns];
        memcpy(p + at, x->text.p, x->text.n);
        if (next() % 4 == 0) {
            memcpy(p + at, elf, sizeof elf);
        }
        if (next() % 4 == 0) {
            memcpy(p + at, pickle, sizeof pickle);
        }
    }
}

static void engines_agree_at_any_edge(void **state)
{
    enum { N = 20000 };
    static const size_t steps[] = { 1, 2, 3, 31, 63, 64, 65, 127, 128, 1000, 4096, N };
    uint8_t *p = malloc(N);
    struct hit_queue *a = malloc(sizeof *a);
    struct hit_queue *b = malloc(sizeof *b);
    struct search *s = malloc(sizeof *s);
    (void)state;
    for (int round = 0; round < 20; round++) {
        fill(p, N);
        search(p, N, N, true, s, a);
        assert_true(a->n > 50);
        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
            search(p, N, steps[i], false, s, b);
            assert_true(same(a, b));
            search(p, N, steps[i], true, s, b);
            assert_true(same(a, b));
        }
    }

    free(s);
    free(a);
    free(b);
    free(p);
}

/* The nibbles of each pattern have its bucket. */
static void every_pattern_is_seen(void **state)
{
    const struct tables *t = tables_get();
    (void)state;
    assert_true(t->num_patterns >= 40);
    for (size_t i = 0; i < t->num_patterns; i++) {
        const struct pattern *x = &t->patterns[i];
        unsigned buckets = 255;
        for (size_t k = 0; k < TEDDY_BYTES && k < x->text.n; k++) {
            buckets &= t->low[k][x->text.p[k] & 15] & t->high[k][x->text.p[k] >> 4];
        }
        assert_true((buckets & x->bucket) != 0);
        assert_true(x->text.n >= 2 && x->text.n <= SEARCH_LOOK);
    }
}

/* A file that repeats one kind: no more hits than the limit, and `capped` is set. */
static void floods_are_capped(void **state)
{
    enum { N = 1 << 20 };
    uint8_t *p = malloc(N);
    struct hit_queue *a = malloc(sizeof *a);
    struct search *s = malloc(sizeof *s);
    (void)state;
    for (size_t i = 0; i < N; i++) {
        p[i] = elf[i % 64];
    }

    search(p, N, 65536, false, s, a);
    assert_true(a->n == MAX_HITS && s->capped[MAGIC_ELF] && !s->capped[MAGIC_MZ]);
    for (size_t i = 0; i + 4 <= N; i += 4) {
        memcpy(p + i, "\x80\2K", 3);
        p[i + 3] = (uint8_t)next(); /* different candidates */
    }

    search(p, N, 65536, false, s, a);
    assert_true(s->capped[MAGIC_PICKLE]);
    free(s);
    free(a);
    free(p);
}

static bool walks(struct bytes b, uint64_t *len)
{
    struct source src;
    uint64_t steps;
    static struct embedded_protos protos;
    source_mem(&src, b);
    return embedded_pickle(&src, 0, 1000, len, &steps, &protos) && protos.n > 0
           && protos.at[0] == 0;
}

static void pickles_are_walked_to_their_end(void **state)
{
    uint64_t len;
    (void)state;
    assert_true(walks((struct bytes){ pickle, sizeof pickle }, &len) && len == sizeof pickle);
    assert_true(walks(BYTES("\x80\2cos\nsystem\n)R.rest"), &len) && len == 16);
    /* a pickle without STOP calls, too */
    assert_true(walks(BYTES("\x80\2cos\nsystem\n)R\xff"), &len) && len == 15);
    assert_false(walks(BYTES("\x80\2]q\0(K\1K\2e."), &len));
    assert_false(walks(BYTES("\x80\2)R."), &len)); /* names no global */
    /* an argument reaches past the end */
    assert_false(walks(BYTES("\x80\4X\xff\xff\xff\xff"
                             "cos\nsystem\n)R."),
                       &len));
    assert_false(walks(BYTES("\x80\2c\1s\nsystem\n)R."), &len));
}

static void long_arguments_are_stepped_over(void **state)
{
    enum { N = 100000 };
    uint8_t *p = calloc(1, N + 64);
    uint64_t len;
    (void)state;
    memcpy(p, "\x80\4X\xa0\x86\1\0", 7); /* 100,000 bytes of text */
    memcpy(p + 7 + N, "0cos\nsystem\n)R.", 15);
    assert_true(walks((struct bytes){ p, N + 64 }, &len) && len == 7 + N + 15);
    free(p);
}

static void innermost_place_is_found(void **state)
{
    struct region_map w = { 0 };
    (void)state;
    assert_null(region_map_find(&w, 0));
    region_map_add(&w, (struct range){ 100, 50 }, BYTES("tensor"), BYTES("b"), 0);
    region_map_add(&w, (struct range){ 0, 1000 }, BYTES("member"), BYTES("all"), 3);
    region_map_add(&w, (struct range){ 40, 60 }, BYTES("padding"), (struct bytes){ 0 }, 0);
    assert_true(bytes_eq(region_name(&w, region_map_find(&w, 149)), BYTES("b")));
    assert_true(bytes_eq(region_role(&w, region_map_find(&w, 99)), BYTES("padding")));
    assert_true(region_map_find(&w, 150)->tag == 3 && region_map_find(&w, 999)->tag == 3);
    assert_null(region_map_find(&w, 1000));
    region_map_clear(&w);
}

static void places_beyond_the_capacity_are_merged(void **state)
{
    struct region_map w = { 0 };
    (void)state;
    for (uint64_t i = 0; i < BOUND_regions + 10; i++) {
        region_map_add(&w, (struct range){ 10 * i, 5 }, BYTES("tensor"), BYTES("t"), 0);
    }

    uint64_t end = 10 * (BOUND_regions + 10);
    region_map_add(&w, (struct range){ end, 100 }, BYTES("trailing"), (struct bytes){ 0 }, 0);
    assert_false(w.lost);
    assert_true(bytes_eq(region_role(&w, region_map_find(&w, end + 99)), BYTES("trailing")));
    assert_true(bytes_eq(region_name(&w, region_map_find(&w, 10)), BYTES("t")));
    const struct region *merged = region_map_find(&w, end - 10);
    assert_non_null(merged);
    assert_true(bytes_eq(region_role(&w, merged), BYTES("tensor"))
                && region_name(&w, merged).n == 0);
    for (uint64_t i = 0; i < BOUND_regions; i++) {
        region_map_add(&w, (struct range){ end + 200 + 2 * i, 1 }, BYTES("padding"),
                       (struct bytes){ 0 }, 0);
    }

    assert_true(w.lost);
    region_map_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(engines_agree_at_any_edge),
        cmocka_unit_test(every_pattern_is_seen),
        cmocka_unit_test(floods_are_capped),
        cmocka_unit_test(pickles_are_walked_to_their_end),
        cmocka_unit_test(long_arguments_are_stepped_over),
        cmocka_unit_test(innermost_place_is_found),
        cmocka_unit_test(places_beyond_the_capacity_are_merged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
