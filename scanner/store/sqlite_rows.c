#include "sqlite_db.h"

#include <stdlib.h>
#include <string.h>

enum {
    /* The size of the file is checked after this many inserted rows. */
    CHECK_EVERY = 64,
    /* Most evictions of one check, each of 256 rows: so many small rows are as large as CHECK_EVERY
     * of the largest. */
    MAX_EVICTIONS = 32
};

/* --- rows ------------------------------------------------------------------------------------ */

static bool bind_digest(sqlite3_stmt *st, int at, const uint8_t digest[32])
{
    return sqlite_lib.sqlite3_bind_blob(st, at, digest, 32, SQLITE_STATIC) == SQLITE_OK;
}

/* The statement borrows the key until it is reset. */
static bool bind_key(sqlite3_stmt *st, const struct store_key *k)
{
    return bind_digest(st, 1, k->sha256) && bind_digest(st, 2, k->ruleset)
           && bind_digest(st, 3, k->engine) && bind_digest(st, 4, k->conditions);
}

static bool bind_number(sqlite3_stmt *st, int at, uint64_t value)
{
    return value <= INT64_MAX
           && sqlite_lib.sqlite3_bind_int64(st, at, (sqlite3_int64)value) == SQLITE_OK;
}

static bool read_digest(sqlite3_stmt *st, int column, uint8_t out[32])
{
    const void *p = sqlite_lib.sqlite3_column_blob(st, column);
    bool ok = p != NULL && sqlite_lib.sqlite3_column_bytes(st, column) == 32;

    if (ok) {
        memcpy(out, p, 32);
    }
    return ok;
}

/* Reads KEY_COLUMNS and ROW_COLUMNS but for the report. Returns the report, which is valid until
 * the next step; NULL for a row that no store wrote. */
static const void *read_columns(sqlite3_stmt *st, struct store_key *key, struct store_row *row)
{
    bool ok = read_digest(st, 0, key->sha256) && read_digest(st, 1, key->ruleset)
              && read_digest(st, 2, key->engine) && read_digest(st, 3, key->conditions)
              && read_digest(st, 5, row->seal);
    const void *report = sqlite_lib.sqlite3_column_blob(st, 6);
    int n = sqlite_lib.sqlite3_column_bytes(st, 6);

    row->size = (uint64_t)sqlite_lib.sqlite3_column_int64(st, 4);
    row->report_size = n > 0 ? (size_t)n : 0;
    return ok && n > 0 && n <= STORE_MAX_REPORT ? report : NULL;
}

/* A row that no store wrote becomes an empty one, whose seal never matches. */
static int copy_row(sqlite3_stmt *st, struct store_key *key, struct store_row *row,
                    enum store_error *why)
{
    struct store_row read = { 0 };
    const void *report = read_columns(st, key, &read);

    *row = (struct store_row){ 0 };
    if (report == NULL) {
        return 1;
    }

    *why = STORE_OUT_OF_MEMORY;
    *row = read;
    row->report = malloc(read.report_size);
    if (row->report == NULL) {
        return -1;
    }

    memcpy(row->report, report, read.report_size);
    return 1;
}

/* Copies the next row of a statement. Returns 1, 0 at the end, -1 with *why. */
static int step_to_row(struct sqlite *s, sqlite3_stmt *st, struct store_key *key,
                       struct store_row *row, enum store_error *why)
{
    int step = sqlite_lib.sqlite3_step(st);

    if (step == SQLITE_ROW) {
        return copy_row(st, key, row, why);
    }

    if (step != SQLITE_DONE) {
        *why = sqlite_error(s->db);
        return -1;
    }
    return 0;
}

/* The results of sqlite3_reset() are not used: it repeats the result of the last step. */
static int only_row(struct sqlite *s, sqlite3_stmt *st, struct store_key *key,
                    struct store_row *row, enum store_error *why)
{
    int found = step_to_row(s, st, key, row, why);
    (void)sqlite_lib.sqlite3_reset(st);
    return found;
}

int sqlite_get(void *db, const struct store_key *key, struct store_row *row, enum store_error *why)
{
    struct sqlite *s = db;
    struct store_key same;

    *why = STORE_OUT_OF_MEMORY;
    return bind_key(s->st[GET], key) ? only_row(s, s->st[GET], &same, row, why) : -1;
}

int sqlite_get_newest(void *db, const uint8_t sha256[32], struct store_key *key,
                      struct store_row *row, enum store_error *why)
{
    struct sqlite *s = db;

    *why = STORE_OUT_OF_MEMORY;
    return bind_digest(s->st[NEWEST], 1, sha256) ? only_row(s, s->st[NEWEST], key, row, why) : -1;
}

/* --- eviction -------------------------------------------------------------------------------- */

/* A size that cannot be read does not count as too large. */
static bool is_full(struct sqlite *s)
{
    sqlite3_stmt *st = s->st[USED];
    bool full = sqlite_lib.sqlite3_step(st) == SQLITE_ROW
                && (uint64_t)sqlite_lib.sqlite3_column_int64(st, 0) > s->max_bytes;
    (void)sqlite_lib.sqlite3_reset(st);
    return full;
}

/* The file keeps its size; new rows reuse the freed pages. */
static bool evict(struct sqlite *s)
{
    bool ok = true;

    for (int i = 0; ok && i < MAX_EVICTIONS && is_full(s); i++) {
        ok = sqlite_lib.sqlite3_step(s->st[DROP]) == SQLITE_DONE;
        (void)sqlite_lib.sqlite3_reset(s->st[DROP]);
    }
    return ok;
}

static bool bind_row(sqlite3_stmt *st, const struct store_row *row)
{
    int size = (int)row->report_size;
    return bind_number(st, 5, row->size) && bind_digest(st, 6, row->seal)
           && sqlite_lib.sqlite3_bind_blob(st, 7, row->report, size, SQLITE_STATIC) == SQLITE_OK;
}

bool sqlite_put(void *db, const struct store_key *key, const struct store_row *row,
                enum store_error *why)
{
    struct sqlite *s = db;
    sqlite3_stmt *st = s->st[PUT];

    *why = STORE_TOO_LARGE;
    if (row->report_size > STORE_MAX_REPORT) {
        return false;
    }

    bool ok = bind_key(st, key) && bind_row(st, row) && sqlite_lib.sqlite3_step(st) == SQLITE_DONE;
    *why = ok ? STORE_OK : sqlite_error(s->db);
    (void)sqlite_lib.sqlite3_reset(st);

    if (ok && s->num_puts++ % CHECK_EVERY == 0 && !evict(s)) {
        *why = sqlite_error(s->db);
        ok = false;
    }
    return ok;
}

/* --- rows of other rules, engines and conditions --------------------------------------------- */

/* Sets *last to the id of the last row of a page, 0 when no row follows that page. */
static bool find_page(struct sqlite *s, uint64_t after, uint64_t *last)
{
    sqlite3_stmt *st = s->st[PAGE];
    bool ok = bind_number(st, 1, after) && bind_number(st, 2, STORE_PAGE)
              && sqlite_lib.sqlite3_step(st) == SQLITE_ROW;

    *last = 0;
    if (ok && sqlite_lib.sqlite3_column_int64(st, 1) == STORE_PAGE) {
        *last = (uint64_t)sqlite_lib.sqlite3_column_int64(st, 0);
    }
    (void)sqlite_lib.sqlite3_reset(st);
    return ok;
}

bool sqlite_list_stale(void *db, const struct store_key *key, uint64_t *after, store_row_fn *on_row,
                       void *ctx, enum store_error *why)
{
    struct sqlite *s = db;
    sqlite3_stmt *st = s->st[STALE];
    struct store_key found;
    struct store_row row;
    uint64_t last;
    int got = -1;

    *why = STORE_CANNOT_ACCESS;
    if (find_page(s, *after, &last) && bind_key(st, key) && bind_number(st, 5, *after)
        && bind_number(st, 6, STORE_PAGE)) {
        while ((got = step_to_row(s, st, &found, &row, why)) == 1) {
            on_row(ctx, &found, &row);
            free(row.report);
        }
    }

    (void)sqlite_lib.sqlite3_reset(st);
    *after = got == 0 ? last : *after;
    return got == 0;
}
