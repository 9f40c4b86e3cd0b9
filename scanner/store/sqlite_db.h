/* sqlite_db.h - an open SQLite database and the statements on it. */
#ifndef MA_STORE_SQLITE_DB_H
#define MA_STORE_SQLITE_DB_H
#include "driver.h"
#include "sqlite_lib.h"

/* Numbers of the statements' parameters and columns: see their text in sqlite.c. */
enum statement { GET, NEWEST, PUT, USED, DROP, STALE, PAGE, NUM_STATEMENTS };

struct sqlite {
    sqlite3 *db;
    sqlite3_stmt *st[NUM_STATEMENTS];
    uint64_t max_bytes;
    unsigned num_puts;
};

/* The operations of sqlite_driver on rows (sqlite_rows.c). */
int sqlite_get(void *db, const struct store_key *key, struct store_row *row, enum store_error *why);
int sqlite_get_newest(void *db, const uint8_t sha256[32], struct store_key *key,
                      struct store_row *row, enum store_error *why);
bool sqlite_put(void *db, const struct store_key *key, const struct store_row *row,
                enum store_error *why);
bool sqlite_list_stale(void *db, const struct store_key *key, uint64_t *after, store_row_fn *on_row,
                       void *ctx, enum store_error *why);
#endif
