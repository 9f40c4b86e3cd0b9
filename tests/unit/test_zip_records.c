/* test_zip_records.c - the records of a zip archive: whole, truncated, and widened by zip64. */
#include "../../parsers/zip/records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define LOCAL "PK\3\4\24\0\10\10\10\0\0\0\41\0\1\2\3\4\5\0\0\0\6\0\0\0\1\0\2\0"
#define CENTRAL                                                                                    \
    "PK\1\2\24\0\24\0\1\0\14\0\0\0\41\0\1\2\3\4\5\0\0\0\6\0\0\0"                                   \
    "\1\0\2\0\3\0\4\0\0\0\0\0\0\0\7\0\0\0"
#define END "PK\5\6\0\0\0\0\2\0\3\0\56\0\0\0\100\0\0\0\5\0"
#define END64                                                                                      \
    "PK\6\6\54\0\0\0\0\0\0\0\55\0\55\0\0\0\0\0\0\0\0\0"                                            \
    "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\1\0\0\0\4\0\0\0\0\0\0\0"
#define LOCATOR "PK\6\7\0\0\0\0\11\0\0\0\1\0\0\0\1\0\0\0"

static void reads_a_local_header(void **state)
{
    struct cursor c = cur_of(BYTES(LOCAL "n"), 0);
    struct zip_fixed f;
    (void)state;
    assert_true(zip_read_local(&c, &f));
    assert_int_equal(f.flags, 0x0808);
    assert_int_equal(f.method, 8);
    assert_int_equal(f.crc32, 0x04030201);
    assert_int_equal(f.packed, 5);
    assert_int_equal(f.size, 6);
    assert_int_equal(f.name_bytes, 1);
    assert_int_equal(f.extra_bytes, 2);
    assert_int_equal(cur_left(&c), 1);
}

static void reads_a_central_header(void **state)
{
    struct cursor c = cur_of(BYTES(CENTRAL), 0);
    struct zip_fixed f;
    (void)state;
    assert_true(zip_read_central(&c, &f));
    assert_int_equal(f.flags, ZIP_FLAG_ENCRYPTED);
    assert_int_equal(f.method, 12);
    assert_int_equal(f.comment_bytes, 3);
    assert_int_equal(f.disk, 4);
    assert_int_equal(f.header_at, 7);
    assert_int_equal(cur_left(&c), 0);
}

static void reads_end_records(void **state)
{
    struct cursor c = cur_of(BYTES(END END64 LOCATOR), 0);
    struct zip_end e;
    uint64_t at;
    (void)state;
    assert_true(zip_read_end(&c, &e));
    assert_int_equal(e.num_entries, 3);
    assert_int_equal(e.dir_bytes, 46);
    assert_int_equal(e.dir_at, 64);
    assert_int_equal(e.comment_bytes, 5);
    assert_true(zip_read_end64(&c, &e));
    assert_int_equal(e.num_entries, 2);
    assert_true(e.dir_bytes == UINT64_C(0x100000003));
    assert_int_equal(e.dir_at, 4);
    assert_int_equal(e.record_bytes, 56);
    assert_true(zip_read_locator(&c, &at));
    assert_true(at == UINT64_C(0x100000009));
    assert_int_equal(cur_left(&c), 0);
}

/* A truncated record is refused, and cursor and out are unchanged. */
static void refuses_cut_records(void **state)
{
    struct bytes local = BYTES(LOCAL), central = BYTES(CENTRAL), end = BYTES(END);
    (void)state;
    for (size_t n = 0; n < central.n; n++) {
        struct zip_fixed f = { .size = 77 };
        struct zip_end e = { .dir_at = 77 };
        struct cursor c = cur_of(bytes_sub(central, 0, n), 0);
        struct cursor l = cur_of(bytes_sub(local, 0, n < local.n ? n : local.n - 1), 0);
        struct cursor d = cur_of(bytes_sub(end, 0, n < end.n ? n : end.n - 1), 0);
        size_t left = cur_left(&c);
        assert_false(zip_read_central(&c, &f));
        assert_false(zip_read_local(&l, &f));
        assert_false(zip_read_end(&d, &e));
        assert_int_equal(cur_left(&c), left);
        assert_int_equal(f.size, 77);
        assert_int_equal(e.dir_at, 77);
    }
}

static void refuses_other_signatures(void **state)
{
    struct cursor c = cur_of(BYTES(LOCAL LOCAL), 0);
    struct zip_fixed f;
    struct zip_end e;
    uint64_t at;
    (void)state;
    assert_false(zip_read_central(&c, &f));
    assert_false(zip_read_end(&c, &e));
    assert_false(zip_read_end64(&c, &e));
    assert_false(zip_read_locator(&c, &at));
}

static void refuses_endless_end64(void **state)
{
    struct cursor c = cur_of(BYTES("PK\6\6\377\377\377\377\377\377\377\377"
                                   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
                                   "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
                             0);
    struct zip_end e;
    (void)state;
    assert_false(zip_read_end64(&c, &e));
}

static void reads_data_descriptors(void **state)
{
    struct cursor narrow = cur_of(BYTES("PK\7\10\1\0\0\0\2\0\0\0\3\0\0\0"), 0);
    struct cursor wide = cur_of(BYTES("\1\0\0\0\2\0\0\0\0\0\0\0\3\0\0\0\0\0\0\0"), 0);
    struct zip_descriptor d;
    (void)state;
    assert_false(zip_read_descriptor(&narrow, true, true, &d));
    assert_true(zip_read_descriptor(&narrow, true, false, &d));
    assert_int_equal(d.packed, 2);
    assert_true(zip_read_descriptor(&wide, false, true, &d));
    assert_int_equal(d.crc32, 1);
    assert_int_equal(d.size, 3);
    assert_int_equal(cur_left(&wide), 0);
}

static void widens_what_is_all_ones(void **state)
{
    struct bytes extra = BYTES("FB\2\0ZZ"
                               "\1\0\20\0\1\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0");
    struct zip_fixed f = { .size = UINT32_MAX, .packed = 9, .header_at = UINT32_MAX };
    (void)state;
    zip_widen(&f, true, extra);
    assert_true(f.size == UINT64_C(0x100000001));
    assert_int_equal(f.packed, 9);
    assert_int_equal(f.header_at, 2);
}

static void widens_nothing_from_cut_extra(void **state)
{
    struct zip_fixed f = { .size = UINT32_MAX };
    (void)state;
    zip_widen(&f, false, BYTES("\1\0\20\0\1\0\0\0"));
    zip_widen(&f, false, BYTES("\1"));
    assert_true(f.size == UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_local_header),
        cmocka_unit_test(reads_a_central_header),
        cmocka_unit_test(reads_end_records),
        cmocka_unit_test(refuses_cut_records),
        cmocka_unit_test(refuses_other_signatures),
        cmocka_unit_test(refuses_endless_end64),
        cmocka_unit_test(reads_data_descriptors),
        cmocka_unit_test(widens_what_is_all_ones),
        cmocka_unit_test(widens_nothing_from_cut_extra),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
