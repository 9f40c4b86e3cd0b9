/* sqlite.c - a store in an SQLite file.
 *
 * The library is loaded when a store is opened: a scan without a store neither links nor loads it,
 * and the program runs where it is not installed. WAL: readers do not wait for the writer, and
 * committed rows survive a killed process (synchronous=NORMAL: a power cut may lose the last
 * rows). */
#include "driver.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    /* Longest wait for the lock of another process. */
    BUSY_MS = 1000,
    /* Longest encoded report, in bytes. */
    MAX_REPORT = 1 << 28,
    /* The size of the file is checked after this many inserted rows. */
    CHECK_EVERY = 64,
    /* Most slices, each a 256th of all rows, that one check evicts. */
    MAX_SLICES = 8
};

static const char settings[] =
    "PRAGMA synchronous=NORMAL; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON";
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS verdicts (sha256 BLOB, ruleset BLOB, engine BLOB, conditions BLOB,"
    " size INTEGER NOT NULL, seal BLOB NOT NULL, answer BLOB NOT NULL, kept TEXT DEFAULT "
    "CURRENT_TIMESTAMP,"
    " PRIMARY KEY (sha256, ruleset, engine, conditions)) WITHOUT ROWID";
static const char select_row[] = "SELECT size, seal, answer FROM verdicts WHERE sha256=?1 AND "
                                 "ruleset=?2 AND engine=?3 AND conditions=?4";
static const char insert_row[] = "INSERT OR REPLACE INTO verdicts (sha256, ruleset, engine, "
                                 "conditions, size, seal, answer) VALUES (?1,?2,?3,?4,?5,?6,?7)";
static const char used_bytes[] = "SELECT (p.page_count - f.freelist_count) * s.page_size FROM "
                                 "pragma_page_count p, pragma_freelist_count f, pragma_page_size s";
static const char drop_slice[] = "DELETE FROM verdicts WHERE sha256 >= ?1 AND sha256 < ?2";

static struct {
#define FUNCTION(name) __typeof__(&name) name;
#include "sqlite.def"
#undef FUNCTION
} lib;

struct sqlite {
    sqlite3 *db;
    sqlite3_stmt *get, *put, *used, *drop;
    uint64_t max_bytes;
    unsigned num_puts;
    /* First byte of the digests that are evicted next. */
    uint8_t slice;
};

/* The pointers are copied as bytes: C11 has no conversion from dlsym's result to a function
 * pointer, POSIX guarantees the representation. */
static bool load_library(enum store_error *why)
{
    static bool loaded;
    void *so = loaded ? NULL : dlopen(STORE_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!loaded && so == NULL) {
        *why = STORE_NOT_INSTALLED;
        return false;
    }

    bool ok = true;
#define FUNCTION(name)                                                                             \
    if (!loaded) {                                                                                 \
        void *p = dlsym(so, #name);                                                                \
        memcpy(&lib.name, &p, sizeof p);                                                           \
        ok = ok && p != NULL;                                                                      \
    }
#include "sqlite.def"
#undef FUNCTION
    *why = ok ? STORE_OK : STORE_TOO_OLD;
    loaded = ok;
    return ok;
}

static enum store_error error_of(struct sqlite *s)
{
    switch (lib.sqlite3_extended_errcode(s->db) & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return STORE_LOCKED;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return STORE_CORRUPTED;
    case SQLITE_FULL: return STORE_DISK_FULL;
    case SQLITE_READONLY:
    case SQLITE_PERM: return STORE_CANNOT_WRITE;
    case SQLITE_CANTOPEN: return STORE_CANNOT_OPEN;
    case SQLITE_NOMEM: return STORE_OUT_OF_MEMORY;
    default: return STORE_CANNOT_ACCESS;
    }
}

/* Writers control verdicts, so the file must be writable by its owner only. Creates the file when
 * there is none. */
static bool only_owner_writes(const char *path, enum store_error *why)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    bool ok = fd >= 0 && fstat(fd, &st) == 0;

    *why = STORE_CANNOT_OPEN;
    if (ok && (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0)) {
        *why = STORE_WRITABLE_BY_OTHERS;
        ok = false;
    }

    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

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

static bool prepare(struct sqlite *s, const char *sql, sqlite3_stmt **out)
{
    return lib.sqlite3_prepare_v2(s->db, sql, -1, out, NULL) == SQLITE_OK;
}

static bool prepare_db(struct sqlite *s)
{
    if (!set_wal(s) || lib.sqlite3_busy_timeout(s->db, BUSY_MS) != SQLITE_OK
        || !run_sql(s, settings) || !run_sql(s, schema)) {
        return false;
    }

    bool rows = prepare(s, select_row, &s->get) && prepare(s, insert_row, &s->put);
    return rows && prepare(s, used_bytes, &s->used) && prepare(s, drop_slice, &s->drop);
}

static void close_db(void *db)
{
    struct sqlite *s = db;
    /* Each returns the statement's last error, which has been reported. */
    (void)lib.sqlite3_finalize(s->get);
    (void)lib.sqlite3_finalize(s->put);
    (void)lib.sqlite3_finalize(s->used);
    (void)lib.sqlite3_finalize(s->drop);
    (void)lib.sqlite3_close(s->db);
    free(s);
}

void *sqlite_store_open(const char *path, uint64_t max_bytes, enum store_error *why)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;

    if (!load_library(why) || !only_owner_writes(path, why)) {
        return NULL;
    }

    struct sqlite *s = calloc(1, sizeof *s);
    *why = STORE_OUT_OF_MEMORY;
    if (s == NULL || getrandom(&s->slice, 1, 0) != 1) {
        free(s);
        return NULL;
    }

    s->max_bytes = max_bytes;
    if (lib.sqlite3_open_v2(path, &s->db, flags, NULL) != SQLITE_OK || !prepare_db(s)) {
        *why = s->db != NULL ? error_of(s) : STORE_OUT_OF_MEMORY;
        close_db(s);
        return NULL;
    }
    return s;
}

/* The statement borrows the key until it is reset. */
static bool bind_key(sqlite3_stmt *st, const struct store_key *k)
{
    return lib.sqlite3_bind_blob(st, 1, k->sha256, 32, SQLITE_STATIC) == SQLITE_OK
           && lib.sqlite3_bind_blob(st, 2, k->ruleset, 32, SQLITE_STATIC) == SQLITE_OK
           && lib.sqlite3_bind_blob(st, 3, k->engine, 32, SQLITE_STATIC) == SQLITE_OK
           && lib.sqlite3_bind_blob(st, 4, k->conditions, 32, SQLITE_STATIC) == SQLITE_OK;
}

static int copy_row(sqlite3_stmt *st, struct store_row *row, enum store_error *why)
{
    const void *seal = lib.sqlite3_column_blob(st, 1);
    const void *report = lib.sqlite3_column_blob(st, 2);
    int seal_size = lib.sqlite3_column_bytes(st, 1);
    int report_size = lib.sqlite3_column_bytes(st, 2);

    *why = STORE_CORRUPTED;
    if (seal == NULL || seal_size != 32) {
        return -1;
    }
    if (report == NULL || report_size <= 0 || report_size > MAX_REPORT) {
        return -1;
    }

    row->size = (uint64_t)lib.sqlite3_column_int64(st, 0);
    memcpy(row->seal, seal, 32);
    row->report_size = (size_t)report_size;
    row->report = malloc(row->report_size);
    *why = STORE_OUT_OF_MEMORY;
    if (row->report == NULL) {
        return -1;
    }

    memcpy(row->report, report, row->report_size);
    return 1;
}

/* The results of sqlite3_reset() are not used: it repeats the result of the last step. */
static int get_row(void *db, const struct store_key *key, struct store_row *row,
                   enum store_error *why)
{
    struct sqlite *s = db;
    int step = bind_key(s->get, key) ? lib.sqlite3_step(s->get) : SQLITE_ERROR;
    int found = 0;

    if (step == SQLITE_ROW) {
        found = copy_row(s->get, row, why);
    } else if (step != SQLITE_DONE) {
        *why = error_of(s);
        found = -1;
    }

    (void)lib.sqlite3_reset(s->get);
    return found;
}

/* A size that cannot be read does not count as too large. */
static bool is_full(struct sqlite *s)
{
    bool full = lib.sqlite3_step(s->used) == SQLITE_ROW
                && (uint64_t)lib.sqlite3_column_int64(s->used, 0) > s->max_bytes;
    (void)lib.sqlite3_reset(s->used);
    return full;
}

static bool drop_rows(struct sqlite *s, struct bytes from, struct bytes to)
{
    bool ok = lib.sqlite3_bind_blob(s->drop, 1, from.p, (int)from.n, SQLITE_STATIC) == SQLITE_OK
              && lib.sqlite3_bind_blob(s->drop, 2, to.p, (int)to.n, SQLITE_STATIC) == SQLITE_OK
              && lib.sqlite3_step(s->drop) == SQLITE_DONE;
    (void)lib.sqlite3_reset(s->drop);
    return ok;
}

/* Digests are spread evenly, so those of one first byte are a 256th of all rows, and no index by
 * age is needed. The file keeps its size; new rows reuse the freed pages. */
static bool evict(struct sqlite *s)
{
    uint8_t above_all[33];
    bool ok = true;

    memset(above_all, 255, sizeof above_all);
    for (int i = 0; ok && i < MAX_SLICES && is_full(s); i++) {
        uint8_t from = s->slice++;
        uint8_t to = s->slice;
        struct bytes end = { above_all, sizeof above_all };
        if (to != 0) {
            end = (struct bytes){ &to, 1 };
        }
        ok = drop_rows(s, (struct bytes){ &from, 1 }, end);
    }
    return ok;
}

static bool bind_row(sqlite3_stmt *st, const struct store_row *row)
{
    if (row->report_size > MAX_REPORT || row->size > INT64_MAX) {
        return false;
    }

    int size = (int)row->report_size;
    return lib.sqlite3_bind_int64(st, 5, (sqlite3_int64)row->size) == SQLITE_OK
           && lib.sqlite3_bind_blob(st, 6, row->seal, 32, SQLITE_STATIC) == SQLITE_OK
           && lib.sqlite3_bind_blob(st, 7, row->report, size, SQLITE_STATIC) == SQLITE_OK;
}

static bool put_row(void *db, const struct store_key *key, const struct store_row *row,
                    enum store_error *why)
{
    struct sqlite *s = db;
    bool ok =
        bind_key(s->put, key) && bind_row(s->put, row) && lib.sqlite3_step(s->put) == SQLITE_DONE;

    *why = ok ? STORE_OK : error_of(s);
    (void)lib.sqlite3_reset(s->put);

    if (ok && s->num_puts++ % CHECK_EVERY == 0 && !evict(s)) {
        *why = error_of(s);
        ok = false;
    }
    return ok;
}

const struct store_driver sqlite_driver = { .get = get_row, .put = put_row, .close = close_db };
