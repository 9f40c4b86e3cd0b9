/* sqlite_lib.h - SQLite, loaded when a store is opened: a scan without a store neither links nor
 * loads it, and the program runs where it is not installed. */
#ifndef MA_STORE_SQLITE_LIB_H
#define MA_STORE_SQLITE_LIB_H
#include "driver.h"

#include <sqlite3.h>

/* The functions of sqlite.def; valid after sqlite_load(). */
struct sqlite_lib {
#define FUNCTION(name) __typeof__(&name) name;
#include "sqlite.def"
#undef FUNCTION
};
extern struct sqlite_lib sqlite_lib;

/* sqlite_load loads the library once. Returns false with *why when it is not
 * installed or too old. */
MUST_CHECK bool sqlite_load(enum store_error *why);
/* sqlite_error returns what the last failure of a connection means. */
enum store_error sqlite_error(sqlite3 *db);
#endif
