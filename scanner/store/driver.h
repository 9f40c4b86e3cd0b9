/* driver.h - the operations that a database provides for the store. */
#ifndef MA_STORE_DRIVER_H
#define MA_STORE_DRIVER_H
#include "../../parsers/base/cursor.h"

#define STORE_LIBRARY "libsqlite3.so.0"

enum store_error {
    STORE_OK,
#define STORE_ERROR(code, text) STORE_##code,
#include "store_errors.def"
#undef STORE_ERROR
    NUM_STORE_ERRORS
};

/* store_error_text returns a static text for a message. */
const char *store_error_text(enum store_error e);

enum {
    /* Most bytes of an encoded report that is stored. */
    STORE_MAX_REPORT = 65536,
    /* Rows that one call of list_stale examines. */
    STORE_PAGE = 200
};

struct store_key {
    /* Digest of the file's bytes. */
    uint8_t sha256[32];
    /* Digest of the rule set. */
    uint8_t ruleset[32];
    /* Digest of the version and the sources of modelassay. */
    uint8_t engine[32];
    /* Digest of the limits and of the kind of sandbox. */
    uint8_t conditions[32];
};

struct store_row {
    /* Size of the file in bytes. */
    uint64_t size;
    /* HMAC over key, size and report (seal.h); zeros in memory. */
    uint8_t seal[32];
    /* The encoded report (report/codec.h); heap. */
    uint8_t *report;
    size_t report_size;
};

/* Receives one row; key and row are borrowed for the length of the call. */
typedef void store_row_fn(void *ctx, const struct store_key *key, const struct store_row *row);

struct store_driver {
    /* Reads the row of a key. Returns 1 when it was found (the caller frees row->report), 0 when
     * there is none, -1 on failure with *why. */
    int (*get)(void *db, const struct store_key *key, struct store_row *row, enum store_error *why);
    /* Reads the newest row of these bytes, whatever its rules, engine and conditions, and its key.
     * Returns as get does. NULL for a database of one run. */
    int (*get_newest)(void *db, const uint8_t sha256[32], struct store_key *key,
                      struct store_row *row, enum store_error *why);
    /* Examines STORE_PAGE rows from the oldest one past *after, and calls on_row for the newest row
     * of bytes that have none under the rules, engine and conditions of key. Sets *after to the
     * last row examined, 0 at the end. Returns false with *why. NULL for a
     * database of one run. */
    bool (*list_stale)(void *db, const struct store_key *key, uint64_t *after, store_row_fn *on_row,
                       void *ctx, enum store_error *why);
    /* Writes a row of at most STORE_MAX_REPORT bytes; one of the same key is replaced. Returns
     * false with *why. */
    bool (*put)(void *db, const struct store_key *key, const struct store_row *row,
                enum store_error *why);
    /* Frees db. */
    void (*close)(void *db);
};

/* sqlite_store_open opens a database file (store_files.h) of about max_bytes; when it is full, the
 * oldest rows are evicted. Returns NULL with *why on failure. */
void *sqlite_store_open(const char *path, uint64_t max_bytes, enum store_error *why);
extern const struct store_driver sqlite_driver;

/* ram_store_new creates an empty store in memory. Returns NULL when out of memory. */
void *ram_store_new(void);
extern const struct store_driver ram_driver;
#endif
