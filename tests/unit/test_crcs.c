/* test_crcs.c - CRCs that are combined from blocks, compared with zlib's CRC of all bytes. */
#include "../../scanner/input/block_crc.h"
#include "../../scanner/input/file_input.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <cmocka.h>

enum { BYTES_OF_FILE = 5 * INPUT_BLOCK + 777 };

static uint8_t *noise(void)
{
    uint8_t *p = malloc(BYTES_OF_FILE);
    uint32_t x = 1;
    assert_non_null(p);
    for (size_t i = 0; i < BYTES_OF_FILE; i++) {
        x = x * 1664525u + 1013904223u;
        p[i] = (uint8_t)(x >> 24);
    }
    return p;
}

/* The CRCs of n bytes that were read in pieces of `step` bytes. */
static struct block_crcs *seen(const uint8_t *p, size_t n, size_t step)
{
    struct block_crcs *c = block_crcs_new(BYTES_OF_FILE);
    assert_non_null(c);
    for (size_t at = 0; at < n; at += step) {
        block_crcs_update(c, (struct bytes){ p + at, n - at < step ? n - at : step });
    }
    return c;
}

static void the_crc_of_any_range_is_that_of_zlib(void **state)
{
    static const size_t steps[] = { INPUT_BLOCK, 4096, 100003, BYTES_OF_FILE };
    static const struct range ranges[] = { { 0, BYTES_OF_FILE },
                                           { 0, INPUT_BLOCK },
                                           { INPUT_BLOCK, 2 * INPUT_BLOCK },
                                           { 1, 2 * INPUT_BLOCK },
                                           { 77, 3 * INPUT_BLOCK + 5 },
                                           { INPUT_BLOCK - 1, INPUT_BLOCK + 1 },
                                           { 2 * INPUT_BLOCK, 3 * INPUT_BLOCK + 777 },
                                           { 5, BYTES_OF_FILE - 5 } };
    uint8_t *p = noise();
    struct source src;
    (void)state;
    source_mem(&src, (struct bytes){ p, BYTES_OF_FILE });
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        struct block_crcs *c = seen(p, BYTES_OF_FILE, steps[s]);
        for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
            uint32_t got = 0;
            assert_true(block_crcs_of_range(c, &src, ranges[i], &got));
            assert_int_equal(got, crc32_z(0, p + ranges[i].off, ranges[i].len));
        }
        block_crcs_free(c);
    }

    free(p);
}

static void a_range_that_was_not_read_has_no_crc(void **state)
{
    uint8_t *p = noise();
    struct source src;
    struct block_crcs *c = seen(p, 2 * INPUT_BLOCK + 10, 4096);
    uint32_t got = 0;
    (void)state;
    source_mem(&src, (struct bytes){ p, BYTES_OF_FILE });
    assert_true(block_crcs_of_range(c, &src, (struct range){ 0, 2 * INPUT_BLOCK + 10 }, &got));
    assert_false(block_crcs_of_range(c, &src, (struct range){ 0, 2 * INPUT_BLOCK + 11 }, &got));
    assert_false(block_crcs_of_range(c, &src, (struct range){ INPUT_BLOCK, UINT64_MAX }, &got));
    block_crcs_free(c);
    free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_crc_of_any_range_is_that_of_zlib),
                                        cmocka_unit_test(a_range_that_was_not_read_has_no_crc) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
