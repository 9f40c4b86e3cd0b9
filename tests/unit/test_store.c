/* The verdict store in SQLite: what was put is got, and it stays about as large as it was told
 * to. */
#include "../../scanner/store/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { ROWS = 12000, REPORT_SIZE = 600, MAX_BYTES = 2 << 20 };

static char folder[] = "/tmp/modelassay-store-XXXXXX", path[64];

static int make_folder(void **state)
{
    (void)state;
    bool made = mkdtemp(folder) != NULL;
    snprintf(path, sizeof path, "%s/v.db", folder);
    return made ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const ends[] = { "", "-wal", "-shm" };
    for (size_t i = 0; i < 3; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
    return rmdir(folder);
}

/* As digests are: spread over all first bytes, 00 and FF too. */
static struct store_key key_of(uint32_t i)
{
    struct store_key k;
    memset(&k, 7, sizeof k);
    uint32_t x = i * 2654435761u;
    memcpy(k.sha256, &x, sizeof x);
    memcpy(k.sha256 + 4, &i, sizeof i);
    return k;
}

static bool put_one(void *db, uint32_t i, enum store_error *why)
{
    uint8_t report[REPORT_SIZE];
    struct store_key k = key_of(i);
    struct store_row row = { .size = i, .report = report, .report_size = sizeof report };
    memset(report, (int)i, sizeof report);
    memset(row.seal, 9, sizeof row.seal);
    return sqlite_driver.put(db, &k, &row, why);
}

static bool has(void *db, uint32_t i)
{
    enum store_error why = STORE_OK;
    struct store_key k = key_of(i);
    struct store_row row = { 0 };
    int found = sqlite_driver.get(db, &k, &row, &why);
    assert_int_not_equal(found, -1);
    if (found == 1) {
        assert_int_equal(row.size, i);
        assert_int_equal(row.report_size, REPORT_SIZE);
        assert_int_equal(row.report[REPORT_SIZE - 1], (uint8_t)i);
    }
    free(row.report);
    return found == 1;
}

static void bounded(void **state)
{
    enum store_error why = STORE_OK;
    struct stat st;
    size_t kept = 0, late = 0;
    (void)state;
    void *db = sqlite_store_open(path, MAX_BYTES, &why);
    if (db == NULL) {
        print_message("no store here: %s\n", store_error_text(why));
        skip();
    }
    for (uint32_t i = 0; i < ROWS; i++) {
        if (!put_one(db, i, &why)) {
            fail_msg("row %u: %s", i, store_error_text(why));
        }
    }
    for (uint32_t i = 0; i < ROWS; i++) {
        kept += has(db, i);
        late += i >= ROWS - 32 && has(db, i);
    }
    assert_int_equal(stat(path, &st), 0);
    sqlite_driver.close(db);
    assert_in_range(kept, MAX_BYTES / 2 / (REPORT_SIZE + 200), ROWS / 2); /* 200: key, seal, date */
    assert_in_range(late, 28, 32); /* put since room was made last, but for a few */
    assert_in_range(st.st_size, MAX_BYTES / 2, MAX_BYTES + MAX_BYTES / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(bounded) };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
