/* sqlite.c - a store in an SQLite file.
 *
 * WAL: readers do not wait for the writer, and committed rows survive a killed process
 * (synchronous=NORMAL: a power cut may lose the last rows). Ids grow with each insertion: the rows
 * with the smallest ids are the oldest, and are evicted first. */
#include "sqlite_db.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    /* Longest wait for the lock of another process. */
    BUSY_MS = 1000
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

static const char *const statements[NUM_STATEMENTS] = {
    [GET] = select_row,   [NEWEST] = select_newest, [PUT] = insert_row,   [USED] = used_bytes,
    [DROP] = drop_oldest, [STALE] = select_stale,   [PAGE] = last_of_page
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
        code = sqlite_lib.sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    }
    return code == SQLITE_OK;
}

static bool run_sql(struct sqlite *s, const char *sql)
{
    return sqlite_lib.sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static bool prepare_db(struct sqlite *s)
{
    bool ok = set_wal(s) && sqlite_lib.sqlite3_busy_timeout(s->db, BUSY_MS) == SQLITE_OK
              && run_sql(s, settings) && run_sql(s, schema);

    for (int i = 0; ok && i < NUM_STATEMENTS; i++) {
        ok = sqlite_lib.sqlite3_prepare_v2(s->db, statements[i], -1, &s->st[i], NULL) == SQLITE_OK;
    }
    return ok;
}

static void close_db(void *db)
{
    struct sqlite *s = db;

    for (int i = 0; i < NUM_STATEMENTS; i++) {
        (void)sqlite_lib.sqlite3_finalize(
            s->st[i]); /* the statement's last error, reported before */
    }
    (void)sqlite_lib.sqlite3_close(s->db);
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
    if (sqlite_lib.sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK || !prepare_db(s)) {
        *why = s->db != NULL ? sqlite_error(s->db) : STORE_OUT_OF_MEMORY;
        close_db(s);
        return NULL;
    }

    return s;
}

const struct store_driver sqlite_driver = { .get = sqlite_get,
                                            .get_newest = sqlite_get_newest,
                                            .list_stale = sqlite_list_stale,
                                            .put = sqlite_put,
                                            .close = close_db };
