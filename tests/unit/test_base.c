/* test_base.c - cursor, checked arithmetic, stream, source, budget and names: a failed read changes
 * nothing. */
#include "../../parsers/base/budget.h"
#include "../../parsers/base/hash_index.h"
#include "../../parsers/base/keyed_hash.h"
#include "../../parsers/base/stream.h"
#include "../../parsers/codec/dtype.h"
#include "../../parsers/codec/name_set.h"
#include "../../parsers/codec/path_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void limits(struct budget *b)
{
    uint64_t max[NUM_LIMITS];
    for (int i = 0; i < NUM_LIMITS; i++) {
        max[i] = limit_rows[i].value;
    }
    budget_init(b, max, 0);
}

static void a_failed_read_changes_nothing(void **state)
{
    struct cursor c = cur_of(BYTES("\x01\x02\x03\x04\x05\x06\x07\x08\xff"), 100);
    struct cursor before;
    uint16_t n16;
    uint32_t n32;
    uint64_t n64 = 7;
    uint8_t n8;
    (void)state;
    assert_true(cur_u16le(&c, &n16) && n16 == 0x0201);
    assert_true(cur_u16be(&c, &n16) && n16 == 0x0304);
    assert_true(cur_u32le(&c, &n32) && n32 == 0x08070605);
    before = c;
    assert_false(cur_u64le(&c, &n64));
    assert_int_equal(n64, 7);
    assert_memory_equal(&c, &before, sizeof c);
    assert_true(cur_u8(&c, &n8) && n8 == 0xff);
    assert_false(cur_u8(&c, &n8));
    assert_int_equal(c.at, 109);
}

static void a_cursor_refuses_more_than_is_left(void **state)
{
    struct cursor c = cur_of(BYTES("abcdef\nrest"), 0);
    struct cursor child;
    struct bytes b;
    (void)state;
    assert_false(cur_take(&c, UINT64_MAX, &b));
    assert_false(cur_skip(&c, 12));
    assert_false(cur_until(&c, '\n', 5, &b)); /* one byte too far */
    assert_true(cur_until(&c, '\n', 6, &b) && bytes_eq(b, BYTES("abcdef")));
    assert_true(cur_sub(&c, 2, &child) && cur_left(&child) == 2 && cur_left(&c) == 2);
    assert_false(cur_sub(&c, 3, &child));
}

static void a_varint_beyond_64_bits_is_refused(void **state)
{
    static const struct {
        const char *bytes;
        size_t n;
        bool ok;
        uint64_t v;
    } cases[] = { { "\x00", 1, true, 0 },
                  { "\x7f", 1, true, 127 },
                  { "\x80\x01", 2, true, 128 },
                  { "\x80", 1, false, 0 },
                  { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, true, UINT64_MAX },
                  { "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, false, 0 },
                  { "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, false, 0 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct cursor c = cur_of((struct bytes){ (const uint8_t *)cases[i].bytes, cases[i].n }, 0);
        uint64_t v = 0;
        assert_int_equal(cur_varint(&c, &v), cases[i].ok);
        assert_int_equal(v, cases[i].v);
    }
}

static void an_overflow_is_refused(void **state)
{
    uint64_t v = 0;
    (void)state;
    assert_true(add_u64(UINT64_MAX, 0, &v) && v == UINT64_MAX);
    assert_false(add_u64(UINT64_MAX, 1, &v));
    assert_true(mul_u64(UINT64_C(1) << 32, (UINT64_C(1) << 32) - 1, &v));
    assert_false(mul_u64(UINT64_C(1) << 32, UINT64_C(1) << 32, &v));
    assert_true(mul_u64(0, UINT64_MAX, &v) && v == 0);
}

static void a_stream_reads_across_its_buffer(void **state)
{
    size_t n = 3 * STREAM_BUFFER + 17;
    uint8_t *data = malloc(n);
    struct stream *st = malloc(sizeof *st);
    struct source src, window;
    uint64_t len;
    (void)state;
    for (size_t i = 0; i < n; i++) {
        data[i] = (uint8_t)(i * 7 % 251);
    }

    data[2 * STREAM_BUFFER + 5] = 255;
    source_mem(&src, (struct bytes){ data, n });
    assert_false(source_window(&window, &src, (struct range){ n, 1 }));
    assert_true(source_window(&window, &src, (struct range){ 1, n - 1 }));
    stream_init(st, &window, (struct range){ 0, n - 1 });
    assert_true(stream_find(st, 255, UINT64_MAX - 1, &len) && len == 2 * STREAM_BUFFER + 4);
    assert_false(stream_find(st, 255, 2 * STREAM_BUFFER + 3, &len));
    for (size_t i = 1; i < n;) {
        struct bytes b;
        size_t take = i % 5000 + 1 < n - i ? i % 5000 + 1 : n - i;
        assert_true(stream_take(st, take, &b));
        assert_memory_equal(b.p, data + i, take);
        i += take;
    }

    uint8_t byte;
    assert_false(stream_u8(st, &byte));
    assert_true(stream_seek(st, 0) && stream_u8(st, &byte) && byte == data[1]);
    assert_false(stream_seek(st, n));
    assert_false(stream_skip(st, n));
    free(st);
    free(data);
}

static void a_budget_refuses_what_exceeds_its_limit(void **state)
{
    struct budget b;
    uint32_t *list = NULL;
    size_t cap = 0;
    (void)state;
    limits(&b);
    assert_true(budget_spend(&b, LIMIT_objects, b.max[LIMIT_objects]));
    assert_false(budget_spend(&b, LIMIT_objects, 1));
    assert_int_equal(b.exceeded, LIMIT_objects);
    assert_false(budget_spend(&b, LIMIT_objects, UINT64_MAX));
    assert_true(budget_grow(&b, &list, &cap, 1000, sizeof *list));
    assert_int_equal(list[999], 0);
    list[999] = 5;
    assert_false(budget_grow(&b, &list, &cap, SIZE_MAX / 2, sizeof *list));
    assert_int_equal(list[999], 5);
    budget_free(&b, list, cap * sizeof *list);
    assert_int_equal(b.used[LIMIT_heap_bytes], 0);
    budget_free(&b, NULL, cap);
    assert_int_equal(b.used[LIMIT_heap_bytes], 0);
}

/* What CPython 3.11 returns for hash(b) with PYTHONHASHSEED=0: SipHash-1-3, key 0. */
static void siphash_agrees_with_other_implementations(void **state)
{
    static const uint64_t key[2] = { 0, 0 };
    uint8_t all[63];
    (void)state;
    for (uint8_t i = 0; i < sizeof all; i++) {
        all[i] = i;
    }

    assert_int_equal(siphash13(key, BYTES("a")), 0x407448d2b89b1813u);
    assert_int_equal(siphash13(key, BYTES("abc")), 0xc03bc3a0042630f2u);
    assert_int_equal(siphash13(key, BYTES("01234567")), 0xda3dcedf84ea6cc6u);
    assert_int_equal(siphash13(key, BYTES("0123456789abcdef!")), 0x9463628f6c8882cau);
    assert_int_equal(siphash13(key, (struct bytes){ all, sizeof all }), 0x385d3e39e5f37359u);
}

static void keyed_hashes_depend_on_key_and_parts(void **state)
{
    (void)state;
    uint64_t without_key = keyed_hash(0, BYTES("abc"));
    keyed_hash_init();
    uint64_t h = keyed_hash(0, BYTES("abc"));
    assert_int_not_equal(h, without_key);
    keyed_hash_init(); /* the key stays */
    assert_int_equal(keyed_hash(0, BYTES("abc")), h);
    assert_int_not_equal(keyed_hash(keyed_hash(0, BYTES("ab")), BYTES("c")), h);
    assert_int_not_equal(keyed_hash(keyed_hash(0, BYTES("ab")), BYTES("c")),
                         keyed_hash(keyed_hash(0, BYTES("a")), BYTES("bc")));
    assert_int_not_equal(keyed_hash_u64(1), keyed_hash_u64(2));
}

static uint64_t hash_of_key(const void *ctx, uint32_t item)
{
    return keyed_hash_u64(((const uint64_t *)ctx)[item]);
}

static bool is_indexed(const struct hash_index *x, const uint64_t *keys, uint64_t key,
                       size_t *num_steps)
{
    uint32_t item;
    for (size_t slot = hash_index_start(x, keyed_hash_u64(key));
         hash_index_next(x, &slot, &item);) {
        (*num_steps)++;
        if (keys[item] == key) {
            return true;
        }
    }

    return false;
}

/* The keys differ in their upper bits only, as a file that wants collisions would have them. */
static void indexed_items_are_found_in_few_steps(void **state)
{
    enum { NUM_KEYS = 20000 };
    static uint64_t keys[NUM_KEYS];
    struct budget b;
    struct hash_index x = { 0 };
    size_t steps = 0;
    (void)state;
    limits(&b);
    assert_false(is_indexed(&x, keys, 1, &steps));
    for (uint32_t i = 0; i < NUM_KEYS; i++) {
        keys[i] = (uint64_t)i << 44;
        assert_true(hash_index_grow(&x, &b, i, hash_of_key, keys));
        hash_index_put(&x, keyed_hash_u64(keys[i]), i);
    }

    for (size_t i = 0; i < NUM_KEYS; i++) {
        assert_true(is_indexed(&x, keys, keys[i], &steps));
    }

    assert_true(steps < 4 * NUM_KEYS);
    assert_false(is_indexed(&x, keys, 1, &steps));
    hash_index_done(&x, &b);
    assert_int_equal(b.used[LIMIT_heap_bytes], 0);
}

static void an_index_that_cannot_grow_is_unchanged(void **state)
{
    static const uint64_t keys[32] = { 0 };
    struct budget b;
    struct hash_index x = { 0 };
    (void)state;
    limits(&b);
    assert_true(hash_index_grow(&x, &b, 0, hash_of_key, keys));
    uint32_t *before = x.slots;
    b.max[LIMIT_heap_bytes] = b.used[LIMIT_heap_bytes];
    assert_true(hash_index_grow(&x, &b, 31, hash_of_key, keys)); /* half full: no more needed */
    assert_false(hash_index_grow(&x, &b, 32, hash_of_key, keys));
    assert_ptr_equal(x.slots, before);
    assert_int_equal(b.exceeded, LIMIT_heap_bytes);
    hash_index_done(&x, &b);
}

static void a_name_set_is_sorted_by_hash_then_index(void **state)
{
    struct budget b;
    struct name_set s = { 0 };
    (void)state;
    limits(&b);
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t v = i * i % 4001;
        assert_true(name_set_add(
            &s, &b, name_set_hash(0, (struct bytes){ (const uint8_t *)&v, sizeof v }), i));
    }

    assert_true(name_set_sort(&s, &b));
    for (size_t i = 1; i < s.n; i++) {
        assert_true(
            s.list[i - 1].hash < s.list[i].hash
            || (s.list[i - 1].hash == s.list[i].hash && s.list[i - 1].index < s.list[i].index));
    }

    name_set_done(&s, &b);
    assert_int_equal(b.used[LIMIT_heap_bytes], 0);
}

static void reads_type_strings_of_numpy(void **state)
{
    static const struct {
        const char *text;
        bool ok;
        bool object;
        uint64_t bytes;
    } cases[] = { { "<f8", true, false, 8 },
                  { "f8", true, false, 8 },
                  { "|O", true, true, 8 },
                  { "O8", true, true, 8 },
                  { "<U5", true, false, 20 },
                  { "|S10", true, false, 10 },
                  { "|V16", true, false, 16 },
                  { "<M8[ns]", true, false, 8 },
                  { "|T16", true, true, 16 },
                  { "|b1", true, false, 1 },
                  { "float64", false, false, 0 },
                  { "f8,i4", false, false, 0 },
                  { "(2,)f8", false, false, 0 },
                  { "", false, false, 0 },
                  { "<", false, false, 0 },
                  { "f", false, false, 0 },
                  { "<M8[ns", false, false, 0 },
                  { "<M8[a]b]", false, false, 0 },
                  { "U9999999999999999999", false, false, 0 } };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct dtype d = { 0 };
        bool ok = dtype_parse(bytes_of(cases[i].text), &d);
        if (ok != cases[i].ok
            || (ok && (d.object != cases[i].object || d.item_bytes != cases[i].bytes))) {
            fail_msg("%s", cases[i].text);
        }
    }
}

static void a_path_that_leaves_its_folder_is_recognised(void **state)
{
    static const char *const leave[] = { "", "/x", "../x", "a/../x", "a/..", "..", "C:x", "a\\b" };
    static const char *const stay[] = { "x", "a/b", "a..b", "..a", "a../b", "...", "." };
    (void)state;
    for (size_t i = 0; i < sizeof leave / sizeof leave[0]; i++) {
        assert_non_null(path_leaves(bytes_of(leave[i])));
    }

    for (size_t i = 0; i < sizeof stay / sizeof stay[0]; i++) {
        assert_null(path_leaves(bytes_of(stay[i])));
    }

    assert_non_null(path_leaves(BYTES("a\0b")));
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(a_failed_read_changes_nothing),
                                        cmocka_unit_test(a_cursor_refuses_more_than_is_left),
                                        cmocka_unit_test(a_varint_beyond_64_bits_is_refused),
                                        cmocka_unit_test(an_overflow_is_refused),
                                        cmocka_unit_test(a_stream_reads_across_its_buffer),
                                        cmocka_unit_test(a_budget_refuses_what_exceeds_its_limit),
                                        cmocka_unit_test(siphash_agrees_with_other_implementations),
                                        cmocka_unit_test(keyed_hashes_depend_on_key_and_parts),
                                        cmocka_unit_test(indexed_items_are_found_in_few_steps),
                                        cmocka_unit_test(an_index_that_cannot_grow_is_unchanged),
                                        cmocka_unit_test(a_name_set_is_sorted_by_hash_then_index),
                                        cmocka_unit_test(reads_type_strings_of_numpy),
                                        cmocka_unit_test(
                                            a_path_that_leaves_its_folder_is_recognised) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
