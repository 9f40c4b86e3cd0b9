/* test_store.c - the verdict store in SQLite: rows are read back as they were written, the oldest
 * are evicted when it is full, rows of other rules are listed, and a row is sealed with the key
 * only. */
#include "../../scanner/store/driver.h"
#include "../../scanner/store/seal.h"
#include "../../scanner/store/store_files.h"

#include <fcntl.h>
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

static void remove_files(void)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal", "-key" };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[80];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        (void)unlink(name);
    }
}

static int remove_folder(void **state)
{
    (void)state;
    remove_files();
    return rmdir(folder);
}

static void *open_store(uint64_t max_bytes)
{
    enum store_error why = STORE_OK;
    uint8_t key[SEAL_KEY_BYTES];
    char *real = store_files_prepare(path, key, &why);
    if (real == NULL) {
        fail_msg("%s", store_error_text(why));
    }

    void *db = sqlite_store_open(real, max_bytes, &why);
    free(real);
    if (db == NULL) {
        print_message("no store here: %s\n", store_error_text(why));
        skip();
    }

    return db;
}

/* A key like a digest: all values of the first byte occur, 00 and FF among them. */
static struct store_key key_of(uint32_t i)
{
    struct store_key k;
    memset(&k, 7, sizeof k);
    uint32_t x = i * 2654435761u;
    memcpy(k.sha256, &x, sizeof x);
    memcpy(k.sha256 + 4, &i, sizeof i);
    return k;
}

static bool put_size(void *db, const struct store_key *k, uint32_t i, size_t size)
{
    enum store_error why = STORE_OK;
    uint8_t *report = malloc(size);
    struct store_row row = { .size = i, .report = report, .report_size = size };
    assert_non_null(report);
    memset(report, (int)i, size);
    memset(row.seal, 9, sizeof row.seal);
    bool ok = sqlite_driver.put(db, k, &row, &why);
    free(report);
    return ok;
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

/* The rows that are left are the newest ones, without a gap. */
static void evicts_the_oldest(void **state)
{
    struct stat st;
    uint32_t first = 0;
    (void)state;
    void *db = open_store(MAX_BYTES);
    for (uint32_t i = 0; i < ROWS; i++) {
        struct store_key k = key_of(i);
        assert_true(put_size(db, &k, i, REPORT_SIZE));
    }

    while (first < ROWS && !has(db, first)) {
        first++;
    }

    for (uint32_t i = first; i < ROWS; i++) {
        assert_true(has(db, i));
    }

    assert_int_equal(stat(path, &st), 0);
    sqlite_driver.close(db);
    /* 400: key, seal, and the index of the keys */
    assert_in_range(ROWS - first, MAX_BYTES / 2 / (REPORT_SIZE + 400), ROWS / 2);
    assert_in_range(st.st_size, MAX_BYTES / 2, MAX_BYTES + MAX_BYTES / 4);
    remove_files();
}

/* Few bytes are enough to write a report that is a thousand times as large. */
static void refuses_large_rows(void **state)
{
    struct store_key large = key_of(1);
    struct store_key whole = key_of(2);
    (void)state;
    void *db = open_store(MAX_BYTES);
    assert_false(put_size(db, &large, 1, STORE_MAX_REPORT + 1));
    assert_true(put_size(db, &whole, 2, STORE_MAX_REPORT));
    for (uint32_t i = 3; i < 400; i++) {
        struct store_key k = key_of(i);
        assert_true(put_size(db, &k, i, i % 3 == 0 ? STORE_MAX_REPORT : REPORT_SIZE));
    }

    sqlite_driver.close(db);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_in_range(st.st_size, 0, MAX_BYTES + 80 * STORE_MAX_REPORT);
    remove_files();
}

/* --- other rules ----------------------------------------------------------------------------- */

struct listed {
    uint32_t sizes[2 * STORE_PAGE];
    size_t n;
};

static void on_row(void *ctx, const struct store_key *key, const struct store_row *row)
{
    struct listed *l = ctx;
    assert_int_equal(key->ruleset[0], (uint8_t)(row->size % 1000 == 0 ? 2 : 1));
    assert_in_range(l->n, 0, 2 * STORE_PAGE - 1);
    l->sizes[l->n++] = (uint32_t)row->size;
}

static struct store_key key_under(uint32_t i, uint8_t rules)
{
    struct store_key k = key_of(i);
    memset(k.ruleset, rules, sizeof k.ruleset);
    return k;
}

/* Rows of three rule sets: a digest is listed once, by its newest row, and only where the third
 * does not have it. */
static void lists_rows_of_other_rules(void **state)
{
    struct listed l = { .n = 0 };
    struct store_key now = key_under(0, 3);
    struct store_key old;
    struct store_row row = { 0 };
    enum store_error why = STORE_OK;
    uint64_t after = 0;
    size_t calls = 0;
    (void)state;
    void *db = open_store(MAX_BYTES);
    for (uint32_t i = 1; i <= STORE_PAGE + 100; i++) {
        struct store_key k = key_under(i, 1);
        assert_true(put_size(db, &k, i, 10));
    }

    struct store_key known = key_under(7, 3);
    struct store_key twice = key_under(9, 2);
    assert_true(put_size(db, &known, 7, 10));
    assert_true(put_size(db, &twice, 9000, 10));
    do {
        assert_true(sqlite_driver.list_stale(db, &now, &after, on_row, &l, &why));
        calls++;
    } while (after != 0);
    assert_int_equal(calls, 2);
    assert_int_equal(l.n, STORE_PAGE + 100 - 1);
    assert_int_equal(l.sizes[0], 1);
    assert_int_equal(l.sizes[l.n - 1], 9000);
    for (size_t i = 0; i < l.n; i++) {
        assert_int_not_equal(l.sizes[i], 7);
        assert_int_not_equal(l.sizes[i], 9);
    }

    assert_int_equal(sqlite_driver.get_newest(db, twice.sha256, &old, &row, &why), 1);
    assert_int_equal(old.ruleset[0], 2);
    free(row.report);
    assert_int_equal(sqlite_driver.get_newest(db, key_of(5000).sha256, &old, &row, &why), 0);
    sqlite_driver.close(db);
    remove_files();
}

/* --- seals and files ------------------------------------------------------------------------- */

static void seals_cover_the_row(void **state)
{
    uint8_t key[SEAL_KEY_BYTES] = { 1 }, other_key[SEAL_KEY_BYTES] = { 2 }, report[] = "report";
    struct store_key k = key_of(1);
    struct store_row row = { .size = 6, .report = report, .report_size = 6 };
    (void)state;
    struct seal *s = seal_new(key);
    struct seal *other = seal_new(other_key);
    assert_non_null(s);
    assert_non_null(other);
    assert_int_equal(key[0], 0); /* wiped */
    assert_false(seal_matches(s, &k, &row)); /* zeros */
    assert_true(seal_make(s, &k, &row, row.seal));
    assert_true(seal_matches(s, &k, &row));
    assert_false(seal_matches(other, &k, &row));
    for (size_t i = 0; i < sizeof k; i++) {
        ((uint8_t *)&k)[i] ^= 1;
        assert_false(seal_matches(s, &k, &row));
        ((uint8_t *)&k)[i] ^= 1;
    }

    row.size++;
    assert_false(seal_matches(s, &k, &row));
    row.size--;
    row.report_size--;
    assert_false(seal_matches(s, &k, &row));
    row.report_size++;
    report[5] ^= 1;
    assert_false(seal_matches(s, &k, &row));
    report[5] ^= 1;
    assert_true(seal_matches(s, &k, &row));
    seal_free(s);
    seal_free(other);
    seal_free(NULL);
}

static const char *prepare(uint8_t key[SEAL_KEY_BYTES])
{
    enum store_error why = STORE_OK;
    char *real = store_files_prepare(path, key, &why);
    bool ok = real != NULL;
    free(real);
    return ok ? "" : store_error_text(why);
}

static void keeps_its_key(void **state)
{
    uint8_t first[SEAL_KEY_BYTES], again[SEAL_KEY_BYTES], fresh[SEAL_KEY_BYTES];
    char name[80];
    struct stat st;
    (void)state;
    snprintf(name, sizeof name, "%s-key", path);
    assert_string_equal(prepare(first), "");
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, SEAL_KEY_BYTES);
    assert_int_equal(st.st_nlink, 1);
    assert_string_equal(prepare(again), "");
    assert_memory_equal(first, again, sizeof first);
    assert_int_equal(unlink(name), 0);
    assert_string_equal(prepare(fresh), "");
    assert_memory_not_equal(first, fresh, sizeof first);
    assert_int_equal(chmod(name, 0640), 0);
    assert_string_not_equal(prepare(again), "");
    assert_int_equal(chmod(name, 0600), 0);
    assert_int_equal(truncate(name, 31), 0);
    assert_string_not_equal(prepare(again), "");
    remove_files();
    assert_int_equal(symlink("/dev/zero", name), 0);
    assert_string_not_equal(prepare(again), "");
    remove_files();
}

/* The files beside the database, and the folder, are what its owner alone can write. */
static void checks_each_file(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    uint8_t key[SEAL_KEY_BYTES];
    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        char name[80], second[96];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        snprintf(second, sizeof second, "%s.link", name);
        assert_string_equal(prepare(key), "");
        close(open(name, O_WRONLY | O_CREAT, 0600));
        assert_string_equal(prepare(key), "");
        assert_int_equal(chmod(name, 0620), 0);
        assert_string_not_equal(prepare(key), "");
        assert_int_equal(chmod(name, 0644), 0);
        assert_string_equal(prepare(key), "");
        assert_int_equal(link(name, second), 0);
        assert_string_not_equal(prepare(key), "");
        assert_int_equal(unlink(name), 0);
        assert_int_equal(symlink(second, name), 0);
        assert_string_not_equal(prepare(key), "");
        assert_int_equal(unlink(second), 0);
        assert_int_equal(unlink(name), 0);
        assert_int_equal(mkfifo(name, 0600), 0);
        assert_string_not_equal(prepare(key), "");
        remove_files();
    }

    assert_int_equal(chmod(folder, 01777), 0);
    assert_string_not_equal(prepare(key), "");
    assert_int_equal(chmod(folder, 0720), 0);
    assert_string_not_equal(prepare(key), "");
    assert_int_equal(chmod(folder, 0755), 0);
    assert_string_equal(prepare(key), "");
    remove_files();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evicts_the_oldest),   cmocka_unit_test(refuses_large_rows),
        cmocka_unit_test(seals_cover_the_row), cmocka_unit_test(lists_rows_of_other_rules),
        cmocka_unit_test(keeps_its_key),       cmocka_unit_test(checks_each_file)
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
