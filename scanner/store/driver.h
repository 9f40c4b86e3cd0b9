/* driver.h - what a database has to do for the store: two statements. */
#ifndef MA_STORE_DRIVER_H
#define MA_STORE_DRIVER_H
#include "../../parsers/base/cursor.h"

struct store_key {
    uint8_t sha256[32], ruleset[32], engine[32], conditions[32];
};
/* seal: SHA-256 over key, size and answer, so that a damaged row is no answer. */
struct store_row {
    uint64_t size;
    uint8_t seal[32];
    uint8_t *answer;
    size_t n;
};

struct store_driver {
    /* 1: found, row->answer is heap; 0: not there; -1: *why says what is wrong (static text). */
    int (*get)(void *db, const struct store_key *key, struct store_row *row, const char **why);
    /* Takes the place of what is there under the key. */
    bool (*put)(void *db, const struct store_key *key, const struct store_row *row,
                const char **why);
    void (*close)(void *db);
};
/* One that holds about max_bytes; what comes then takes the place of others, whichever they are.
 * NULL: *why says so (static text). */
void *sqlite_store_open(const char *path, uint64_t max_bytes, const char **why);
extern const struct store_driver sqlite_driver;
void *ram_store_new(void); /* NULL: out of memory */
extern const struct store_driver ram_driver;
#endif
