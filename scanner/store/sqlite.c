/* sqlite.c - the embedded driver.
 *
 * SQLite is opened when a store is: a scan without one neither links nor loads it, and a binary
 * that was built with the header runs where the library is missing. WAL: readers do not wait for
 * the writer, and what was committed outlives a killed process (synchronous=NORMAL; a power cut
 * may cost the last rows). */
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

#define LIBRARY "libsqlite3.so.0"
/* how long a lock is waited for; bytes */
enum { BUSY_MS = 1000, MAX_ANSWER = 1 << 28 };
/* rows; parts of the store that go at a time */
enum { LOOK_EVERY = 64, MAX_SLICES = 8 };

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
    unsigned puts;
    uint8_t slice; /* the next one that makes room */
};

/* POSIX lets dlsym's result be read as a pointer to a function; C11 does not know that. */
static bool load(const char **why)
{
    static bool loaded;
    void *so = loaded ? NULL : dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!loaded && so == NULL) {
        *why = "SQLite (" LIBRARY ") is not installed";
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
    *why = ok ? NULL : "this SQLite is too old";
    loaded = ok;
    return ok;
}

static const char *trouble(struct sqlite *s)
{
    switch (lib.sqlite3_extended_errcode(s->db) & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return "locked by another process";
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return "corrupted";
    case SQLITE_FULL: return "no room on its disk";
    case SQLITE_READONLY:
    case SQLITE_PERM: return "cannot be written";
    case SQLITE_CANTOPEN: return "cannot be opened";
    case SQLITE_NOMEM: return "out of memory";
    default: return "cannot be read or written";
    }
}

/* Whoever may write to it decides what is clean, so only its owner may. */
static bool ours_alone(const char *path, const char **why)
{
    struct stat st;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    bool ok = fd >= 0 && fstat(fd, &st) == 0;
    *why = "cannot be opened";
    if (ok && (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022) != 0)) {
        *why = "others may write to it";
        ok = false;
    }
    if (fd >= 0) {
        close(fd);
    }
    return ok;
}

/* The first who opens a new store makes it a WAL one; SQLite lets the others fail at once,
 * whatever the timeout is. */
static bool set_wal(struct sqlite *s)
{
    struct timespec tick = { .tv_nsec = BUSY_MS * 1000000 / 50 };
    int code = SQLITE_BUSY;
    for (int i = 0; code == SQLITE_BUSY && i < 50; i++) {
        if (i > 0) {
            (void)nanosleep(&tick, NULL); /* woken early: asks early */
        }
        code = lib.sqlite3_exec(s->db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
    }
    return code == SQLITE_OK;
}

static bool set_up(struct sqlite *s)
{
    return set_wal(s) && lib.sqlite3_busy_timeout(s->db, BUSY_MS) == SQLITE_OK
           && lib.sqlite3_exec(
                  s->db,
                  "PRAGMA synchronous=NORMAL; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON",
                  NULL, NULL, NULL)
                  == SQLITE_OK
           && lib.sqlite3_exec(s->db, schema, NULL, NULL, NULL) == SQLITE_OK
           && lib.sqlite3_prepare_v2(s->db, select_row, -1, &s->get, NULL) == SQLITE_OK
           && lib.sqlite3_prepare_v2(s->db, insert_row, -1, &s->put, NULL) == SQLITE_OK
           && lib.sqlite3_prepare_v2(s->db, used_bytes, -1, &s->used, NULL) == SQLITE_OK
           && lib.sqlite3_prepare_v2(s->db, drop_slice, -1, &s->drop, NULL) == SQLITE_OK;
}

static void close_db(void *db)
{
    struct sqlite *s = db;
    (void)lib.sqlite3_finalize(s->get); /* its last error has been told */
    (void)lib.sqlite3_finalize(s->put);
    (void)lib.sqlite3_finalize(s->used);
    (void)lib.sqlite3_finalize(s->drop);
    (void)lib.sqlite3_close(s->db);
    free(s);
}

void *sqlite_store_open(const char *path, uint64_t max_bytes, const char **why)
{
    if (!load(why) || !ours_alone(path, why)) {
        return NULL;
    }
    struct sqlite *s = calloc(1, sizeof *s);
    *why = "out of memory";
    if (s == NULL || getrandom(&s->slice, 1, 0) != 1) {
        free(s);
        return NULL;
    }
    s->max_bytes = max_bytes;
    if (lib.sqlite3_open_v2(
            path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL)
            != SQLITE_OK
        || !set_up(s)) {
        *why = s->db != NULL ? trouble(s) : "out of memory";
        close_db(s);
        return NULL;
    }
    return s;
}

/* The key stays where it is until the statement is reset. */
static bool bind_key(sqlite3_stmt *st, const struct store_key *k)
{
    return lib.sqlite3_bind_blob(st, 1, k->sha256, 32, SQLITE_STATIC) == SQLITE_OK
           && lib.sqlite3_bind_blob(st, 2, k->ruleset, 32, SQLITE_STATIC) == SQLITE_OK
           && lib.sqlite3_bind_blob(st, 3, k->engine, 32, SQLITE_STATIC) == SQLITE_OK
           && lib.sqlite3_bind_blob(st, 4, k->conditions, 32, SQLITE_STATIC) == SQLITE_OK;
}

static int take_row(sqlite3_stmt *st, struct store_row *row, const char **why)
{
    const void *seal = lib.sqlite3_column_blob(st, 1), *answer = lib.sqlite3_column_blob(st, 2);
    int num_seal = lib.sqlite3_column_bytes(st, 1), n = lib.sqlite3_column_bytes(st, 2);
    *why = "corrupted";
    if (seal == NULL || answer == NULL || num_seal != 32 || n <= 0 || n > MAX_ANSWER) {
        return -1;
    }
    row->size = (uint64_t)lib.sqlite3_column_int64(st, 0);
    memcpy(row->seal, seal, 32);
    row->n = (size_t)n;
    row->answer = malloc(row->n);
    *why = "out of memory";
    if (row->answer == NULL) {
        return -1;
    }
    memcpy(row->answer, answer, row->n);
    return 1;
}

static int get(void *db, const struct store_key *key, struct store_row *row, const char **why)
{
    struct sqlite *s = db;
    int step = bind_key(s->get, key) ? lib.sqlite3_step(s->get) : SQLITE_ERROR;
    int found = step == SQLITE_ROW ? take_row(s->get, row, why) : step == SQLITE_DONE ? 0 : -1;
    if (step != SQLITE_ROW && step != SQLITE_DONE) {
        *why = trouble(s);
    }
    (void)lib.sqlite3_reset(s->get); /* says again what step said */
    return found;
}

static bool too_large(struct sqlite *s)
{
    bool over = lib.sqlite3_step(s->used) == SQLITE_ROW
                && (uint64_t)lib.sqlite3_column_int64(s->used, 0) > s->max_bytes;
    (void)lib.sqlite3_reset(s->used); /* a size that cannot be read is not too large */
    return over;
}

/* Digests are spread evenly, so those of one first byte are a 256th of all rows, and no index by
 * age is needed. The file keeps its size; what comes next takes the pages. */
static bool reserve(struct sqlite *s)
{
    bool ok = true;
    for (int i = 0; ok && i < MAX_SLICES && too_large(s); i++) {
        uint8_t from = s->slice++, to = s->slice, last[33];
        memset(last, 255, sizeof last); /* above every digest */
        ok = lib.sqlite3_bind_blob(s->drop, 1, &from, 1, SQLITE_STATIC) == SQLITE_OK
             && lib.sqlite3_bind_blob(s->drop, 2, to != 0 ? &to : last, to != 0 ? 1 : sizeof last,
                                      SQLITE_STATIC)
                    == SQLITE_OK
             && lib.sqlite3_step(s->drop) == SQLITE_DONE;
        (void)lib.sqlite3_reset(s->drop); /* says again what step said */
    }
    return ok;
}

static bool put(void *db, const struct store_key *key, const struct store_row *row,
                const char **why)
{
    struct sqlite *s = db;
    bool ok =
        row->n <= MAX_ANSWER && row->size <= INT64_MAX && bind_key(s->put, key)
        && lib.sqlite3_bind_int64(s->put, 5, (sqlite3_int64)row->size) == SQLITE_OK
        && lib.sqlite3_bind_blob(s->put, 6, row->seal, 32, SQLITE_STATIC) == SQLITE_OK
        && lib.sqlite3_bind_blob(s->put, 7, row->answer, (int)row->n, SQLITE_STATIC) == SQLITE_OK
        && lib.sqlite3_step(s->put) == SQLITE_DONE;
    *why = ok ? NULL : trouble(s);
    (void)lib.sqlite3_reset(s->put);
    if (ok && s->puts++ % LOOK_EVERY == 0 && !reserve(s)) {
        *why = trouble(s);
        ok = false;
    }
    return ok;
}

const struct store_driver sqlite_driver = { get, put, close_db };
