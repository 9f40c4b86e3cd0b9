/* sqlite.c - a store in an SQLite file.
 *
 * WAL: readers do not wait for the writer, and committed rows survive a killed process
 * (synchronous=NORMAL: a power cut may lose the last rows). Ids grow with each insertion: the rows
 * with the smallest ids are the oldest, and are evicted first. */
#include "driver.h"
#include "sqlite_lib.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    /* Longest wait for the lock of another process. */
    BUSY_MS = 1000,
    /* The size of the file is checked after this many inserted rows. */
    CHECK_EVERY = 64,
    /* Most evictions of one check. EVICTED * MAX_EVICTIONS small rows are as large as CHECK_EVERY
     * of the largest. */
    MAX_EVICTIONS = 32
};

static const char settings[] =
    "PRAGMA synchronous=NORMAL; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON";
/* Releases before the seal had a key wrote to "verdicts". */
static const char schema[] =
    "DROP TABLE IF EXISTS verdicts;"
    "CREATE TABLE IF NOT EXISTS sealed_verdicts (id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL,"
    " ruleset BLOB NOT NULL, engine BLOB NOT NULL, conditions BLOB NOT NULL,"
    " size INTEGER NOT NULL, seal BLOB NOT NULL, report BLOB NOT NULL,"
    " UNIQUE (sha256, ruleset, engine, conditions))";

#define KEY_COLUMNS "sha256, ruleset, engine, conditions"
#define ROW_COLUMNS "size, seal, report"
#define IS_KEY "sha256=?1 AND ruleset=?2 AND engine=?3 AND conditions=?4"
static const char select_row[] =
    "SELECT " KEY_COLUMNS ", " ROW_COLUMNS " FROM sealed_verdicts WHERE " IS_KEY;
static const char select_newest[] =
    "SELECT " KEY_COLUMNS ", " ROW_COLUMNS
    " FROM sealed_verdicts WHERE sha256=?1 ORDER BY id DESC LIMIT 1";
static const char insert_row[] = "INSERT OR REPLACE INTO sealed_verdicts (" KEY_COLUMNS
                                 ", " ROW_COLUMNS ") VALUES (?1,?2,?3,?4,?5,?6,?7)";
static const char used_bytes[] = "SELECT (p.page_count - f.freelist_count) * s.page_size FROM "
                                 "pragma_page_count p, pragma_freelist_count f, pragma_page_size s";
static const char drop_oldest[] = "DELETE FROM sealed_verdicts WHERE id IN "
                                  "(SELECT id FROM sealed_verdicts ORDER BY id LIMIT 256)";
/* Of the rows past id ?5: those that are the newest of their bytes, where no row of these bytes has
 * the rules, engine and conditions of the key. */
static const char select_stale[] =
    "SELECT " KEY_COLUMNS ", " ROW_COLUMNS ", id FROM "
    "(SELECT * FROM sealed_verdicts WHERE id>?5 ORDER BY id LIMIT ?6) s WHERE NOT EXISTS "
    "(SELECT 1 FROM sealed_verdicts c WHERE c.sha256=s.sha256 AND (c.id>s.id OR"
    " (c.ruleset=?2 AND c.engine=?3 AND c.conditions=?4)))";
static const char last_of_page[] =
    "SELECT max(id), count(*) FROM "
    "(SELECT id FROM sealed_verdicts WHERE id>?1 ORDER BY id LIMIT ?2)";

enum statement { GET, NEWEST, PUT, USED, DROP, STALE, PAGE, NUM_STATEMENTS };
static const char *const statements[NUM_STATEMENTS] = {
    [GET] = select_row,   [NEWEST] = select_newest, [PUT] = insert_row,   [USED] = used_bytes,
    [DROP] = drop_oldest, [STALE] = select_stale,   [PAGE] = last_of_page
};

struct sqlite {
    sqlite3 *db;
    sqlite3_stmt *st[NUM_STATEMENTS];
    uint64_t max_bytes;
    unsigned num_puts;
};

/* --- open and close ------------------------------------------------------------------------- */

/* The first process that opens a new store switches it to WAL. In the others SQLite then fails at
 * once, whatever the timeout is: they try again for about BUSY_MS. */
static bool set_wal(struct sqlite *s)
{
    struct timespec tick = { .tv_nsec = BUSY_MS * 1000000 / 50 };
    int code = SQLITE_BUSY;

    for (int i = 0; code == SQLITE_BUSY && i < 50; i++) {
        if (i > 0) {
            (void)nanosleep(&tick, NULL); /* an early wake-up is an early attempt */
        }
        code = lib.sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    }
    return code == SQLITE_OK;
}

static bool run_sql(struct sqlite *s, const char *sql)
{
    return lib.sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool prepare_db(struct sqlite *s)
{
    bool ok = set_wal(s) && lib.sqlite3_busy_timeout(s->db, BUSY_MS) == SQLITE_OK
              && run_sql(s, settings) && run_sql(s, schema);

    for (int i = 0; ok && i < NUM_STATEMENTS; i++) {
        ok = lib.sqlite3_prepare_v2(s->db, statements[i], -1, &s->st[i], NULL) == SQLITE_OK;
    }
    return ok;
}

static void close_db(void *db)
{
    struct sqlite *s = db;

    for (int i = 0; i < NUM_STATEMENTS; i++) {
        (void)lib.sqlite3_finalize(s->st[i]); /* the statement's last error, reported before */
    }
    (void)lib.sqlite3_close(s->db);
    free(s);
}

void *sqlite_store_open(const char *path, uint64_t max_bytes, enum store_error *why)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;

    if (!sqlite_load(why)) {
        return NULL;
    }

    struct sqlite *s = calloc(1, sizeof *s);
    *why = STORE_OUT_OF_MEMORY;
    if (s == NULL) {
        return NULL;
    }

    s->max_bytes = max_bytes;
    if (lib.sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK || !prepare_db(s)) {
        *why = s->db != NULL ? sqlite_error(s->db) : STORE_OUT_OF_MEMORY;
        close_db(s);
        return NULL;
    }

    return s;
}

/* --- rows ------------------------------------------------------------------------------------ */

static bool bind_digest(sqlite3_stmt *st, int at, const uint8_t digest[32])
{
    return lib.sqlite3_bind_blob(st, at, digest, 32, SQLITE_STATIC) == SQLITE_OK;
}

/* The statement borrows the key until it is reset. */
static bool bind_key(sqlite3_stmt *st, const struct store_key *k)
{
    return bind_digest(st, 1, k->sha256) && bind_digest(st, 2, k->ruleset)
           && bind_digest(st, 3, k->engine) && bind_digest(st, 4, k->conditions);
}

static bool bind_number(sqlite3_stmt *st, int at, uint64_t value)
{
    return value <= INT64_MAX && lib.sqlite3_bind_int64(st, at, (sqlite3_int64)value) == SQLITE_OK;
}

static bool read_digest(sqlite3_stmt *st, int column, uint8_t out[32])
{
    const void *p = lib.sqlite3_column_blob(st, column);
    bool ok = p != NULL && lib.sqlite3_column_bytes(st, column) == 32;

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
    const void *report = lib.sqlite3_column_blob(st, 6);
    int n = lib.sqlite3_column_bytes(st, 6);

    row->size = (uint64_t)lib.sqlite3_column_int64(st, 4);
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
    int step = lib.sqlite3_step(st);

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
    (void)lib.sqlite3_reset(st);
    return found;
}

static int get_row(void *db, const struct store_key *key, struct store_row *row,
                   enum store_error *why)
{
    struct sqlite *s = db;
    struct store_key same;

    *why = STORE_OUT_OF_MEMORY;
    return bind_key(s->st[GET], key) ? only_row(s, s->st[GET], &same, row, why) : -1;
}

static int get_newest(void *db, const uint8_t sha256[32], struct store_key *key,
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
    bool full = lib.sqlite3_step(st) == SQLITE_ROW
                && (uint64_t)lib.sqlite3_column_int64(st, 0) > s->max_bytes;
    (void)lib.sqlite3_reset(st);
    return full;
}

/* The file keeps its size; new rows reuse the freed pages. */
static bool evict(struct sqlite *s)
{
    bool ok = true;

    for (int i = 0; ok && i < MAX_EVICTIONS && is_full(s); i++) {
        ok = lib.sqlite3_step(s->st[DROP]) == SQLITE_DONE;
        (void)lib.sqlite3_reset(s->st[DROP]);
    }
    return ok;
}

static bool bind_row(sqlite3_stmt *st, const struct store_row *row)
{
    int size = (int)row->report_size;
    return bind_number(st, 5, row->size) && bind_digest(st, 6, row->seal)
           && lib.sqlite3_bind_blob(st, 7, row->report, size, SQLITE_STATIC) == SQLITE_OK;
}

static bool put_row(void *db, const struct store_key *key, const struct store_row *row,
                    enum store_error *why)
{
    struct sqlite *s = db;
    sqlite3_stmt *st = s->st[PUT];

    *why = STORE_TOO_LARGE;
    if (row->report_size > STORE_MAX_REPORT) {
        return false;
    }

    bool ok = bind_key(st, key) && bind_row(st, row) && lib.sqlite3_step(st) == SQLITE_DONE;
    *why = ok ? STORE_OK : sqlite_error(s->db);
    (void)lib.sqlite3_reset(st);

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
              && lib.sqlite3_step(st) == SQLITE_ROW;

    *last = 0;
    if (ok && lib.sqlite3_column_int64(st, 1) == STORE_PAGE) {
        *last = (uint64_t)lib.sqlite3_column_int64(st, 0);
    }
    (void)lib.sqlite3_reset(st);
    return ok;
}

static bool list_stale(void *db, const struct store_key *key, uint64_t *after, store_row_fn *on_row,
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

    (void)lib.sqlite3_reset(st);
    *after = got == 0 ? last : *after;
    return got == 0;
}

const struct store_driver sqlite_driver = { .get = get_row,
                                            .get_newest = get_newest,
                                            .list_stale = list_stale,
                                            .put = put_row,
                                            .close = close_db };
