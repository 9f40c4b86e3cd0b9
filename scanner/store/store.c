#include "store.h"

#include "../report/codec.h"
#include "../report/escape.h"
#include "driver.h"
#include "seal.h"
#include "store_files.h"
#include "stored_report.h"
#include "../util/sha256.h"
#include "../util/text.h"
#include "../util/version.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WARNINGS = 3 };
#define MAX_BYTES (UINT64_C(4) << 30) /* about four million verdicts */

struct store {
    const struct store_driver *driver;
    /* NULL after a corruption: the database is not used any more. */
    void *db;
    /* NULL for a store of this run: its rows are not sealed. */
    struct seal *seal;
    /* Printable, for warnings. */
    char *path;
    struct verdict_cache cache;
    store_warn *warn;
    void *warn_ctx;
    unsigned num_warnings;
};

const char *store_error_text(enum store_error e)
{
    static const char *const texts[NUM_STORE_ERRORS] = {
        [STORE_OK] = "",
#define STORE_ERROR(code, text) [STORE_##code] = text,
#include "store_errors.def"
#undef STORE_ERROR
    };
    return texts[e];
}

static void warn(struct store *s, const char *why)
{
    char line[512];
    if (s->warn != NULL && s->num_warnings++ < MAX_WARNINGS) {
        snprintf(line, sizeof line, "%.300s: the store is %s: files are scanned without it",
                 s->path, why);
        s->warn(s->warn_ctx, line);
    }
}

/* A corrupted database is closed, any other failure may pass. */
static void db_failed(struct store *s, enum store_error why)
{
    warn(s, store_error_text(why));
    if (s->db != NULL && why == STORE_CORRUPTED) {
        s->driver->close(s->db);
        s->db = NULL;
    }
}

/* --- keys ----------------------------------------------------------------------- */

/* The conditions that a scan's result depends on beside bytes, rules and engine: each limit, and
 * the kind of sandbox. */
static bool hash_conditions(const struct scan_options *o, uint8_t out[32])
{
    bool sandboxed = o->scan_in_sandbox != NULL && o->sandbox != NULL;
    struct text t;

    if (!text_begin(&t)) {
        return false;
    }

    for (int i = 0; i < NUM_LIMITS; i++) {
        fprintf(t.out, "%s=%" PRIu64 "\n", limit_rows[i].name, o->max[i]);
    }

    fprintf(t.out, "sandbox=%s\n", sandboxed ? o->sandbox : "none");

    char *text = text_end(&t);
    if (text == NULL) {
        return false;
    }
    sha256_of((struct bytes){ (const uint8_t *)text, t.n }, out);
    free(text);
    return true;
}

static bool make_key(const struct scan_options *o, const uint8_t sha256[32], struct store_key *k)
{
    memcpy(k->sha256, sha256, 32);
    memcpy(k->ruleset, rules_digest(o->rules), 32);
    sha256_of(bytes_of(scanner_engine()), k->engine);
    return hash_conditions(o, k->conditions);
}

/* A worker's reply is bound to its file by the number of the job; a row is bound by the digest. */
static uint64_t job_number(const struct store_key *k)
{
    uint64_t job = 0;
    for (unsigned i = 0; i < 8; i++) {
        job = job << 8 | k->sha256[i];
    }
    return job;
}

/* --- the two calls of a scan ---------------------------------------------------------- */

/* Does the report depend on the bytes alone, with a verdict that is final? */
static bool is_cacheable(const struct file_report *f)
{
    bool final = f->verdict == VERDICT_CLEAN || f->verdict == VERDICT_MALICIOUS;
    return final && f->state.known && !f->state.unclaimed;
}

static bool is_worth_storing(const struct file_report *f)
{
    bool ok = is_cacheable(f) && f->hashed;
    for (size_t i = 0; ok && i < f->num_gaps; i++) {
        ok = !gap_is_transient(&f->gaps[i]);
    }
    return ok;
}

/* Returns false for a row that is not stored: its report is too large, or memory is exhausted. */
static bool seal_row(const struct store *s, const struct store_key *key, struct store_row *row)
{
    if (s->seal == NULL) {
        return true;
    }
    return row->report_size <= STORE_MAX_REPORT && seal_make(s->seal, key, row, row->seal);
}

static bool is_sealed(const struct store *s, const struct store_key *key,
                      const struct store_row *row)
{
    return s->seal == NULL || seal_matches(s->seal, key, row);
}

static void store_report(void *ctx, const struct scan_options *o, const struct file_report *f)
{
    struct store *s = ctx;
    struct store_key key;
    struct store_row row = { .size = f->size };
    enum store_error why = STORE_OK;

    if (s->db == NULL || !is_worth_storing(f) || !make_key(o, f->sha256, &key)) {
        return;
    }

    row.report = stored_report_encode(o, f, job_number(&key), &row.report_size);
    if (row.report != NULL && seal_row(s, &key, &row) && !s->driver->put(s->db, &key, &row, &why)) {
        db_failed(s, why);
    }

    free(row.report);
}

/* Decodes a row into g; false for a row that is damaged, or sealed under another key. */
static bool read_row(const struct store *s, const struct scan_options *o,
                     const struct store_key *key, const struct store_row *row,
                     struct file_report *g)
{
    struct bytes report = { row->report, row->report_size };

    if (!is_sealed(s, key, row)) {
        return false;
    }
    g->size = row->size;
    return report_decode(g, o->rules, job_number(key), report) && is_cacheable(g);
}

/* Moves the content of g to f, which keeps its path. */
static void move_report(struct file_report *f, struct file_report *g)
{
    g->path = f->path;
    g->path_hex = f->path_hex;
    g->rel = f->rel;
    *f = *g;
}

/* Reads the report under a key into g, whose locations are without the path of the file. After a
 * damaged row the scan that follows writes a new one. */
static bool find_report(struct store *s, const struct scan_options *o, const struct store_key *key,
                        const uint64_t *size, struct file_report *g)
{
    struct store_row row = { 0 };
    enum store_error why = STORE_OK;
    int found = s->driver->get(s->db, key, &row, &why);
    bool ok = found == 1 && read_row(s, o, key, &row, g) && (size == NULL || *size == g->size);

    if (found < 0) {
        db_failed(s, why);
    } else if (found == 1 && !ok) {
        warn(s, "damaged in one row, or the row is sealed under another key");
    }

    free(row.report);
    return ok;
}

static bool lookup_report(void *ctx, const struct scan_options *o, const uint8_t sha256[32],
                          const uint64_t *size, struct file_report *f)
{
    struct store *s = ctx;
    struct store_key key;
    struct file_report g = { .weights_only = -1 };

    if (s->db == NULL || !make_key(o, sha256, &key)) {
        return false;
    }

    bool ok = find_report(s, o, &key, size, &g) && stored_report_place(o, f, &g);
    if (ok) {
        move_report(f, &g);
    } else {
        file_report_done(&g);
    }
    return ok;
}

/* --- verdicts of other rules ------------------------------------------------------------- */

bool store_lookup_stale(struct store *s, const struct scan_options *o, const uint8_t sha256[32],
                        uint8_t ruleset[32])
{
    struct store_key key;
    struct store_key old;
    struct store_row row = { 0 };
    enum store_error why = STORE_OK;

    if (s->db == NULL || !make_key(o, sha256, &key)) {
        return false;
    }

    int found = s->driver->get_newest(s->db, sha256, &old, &row, &why);
    bool stale = found == 1 && memcmp(&old, &key, sizeof key) != 0 && is_sealed(s, &old, &row);
    if (found < 0) {
        db_failed(s, why);
    } else if (stale) {
        memcpy(ruleset, old.ruleset, 32);
    }

    free(row.report);
    return stale;
}

struct stale_list {
    const struct store *store;
    store_stale_fn *on_stale;
    void *ctx;
};

static void add_stale(void *ctx, const struct store_key *key, const struct store_row *row)
{
    struct stale_list *l = ctx;
    if (is_sealed(l->store, key, row)) {
        l->on_stale(l->ctx, key->sha256, key->ruleset);
    }
}

bool store_list_stale(struct store *s, const struct scan_options *o, uint64_t *after,
                      store_stale_fn *on_stale, void *ctx)
{
    static const uint8_t any[32];
    struct stale_list list = { s, on_stale, ctx };
    struct store_key key;
    enum store_error why = STORE_OK;

    if (s->db == NULL || !make_key(o, any, &key)) {
        return false;
    }

    bool ok = s->driver->list_stale(s->db, &key, after, add_stale, &list, &why);
    if (!ok) {
        db_failed(s, why);
    }
    return ok;
}

/* --- open and close -------------------------------------------------------------------- */

static struct store *new_store(const struct store_driver *driver)
{
    struct store *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->driver = driver;
        s->cache = (struct verdict_cache){ lookup_report, store_report, s };
    }
    return s;
}

/* Opens database and key. Returns false with *why. */
static bool open_files(struct store *s, const char *path, enum store_error *why)
{
    uint8_t key[SEAL_KEY_BYTES];
    char *real = store_files_prepare(path, key, why);

    if (real == NULL) {
        return false;
    }

    *why = STORE_OUT_OF_MEMORY;
    s->seal = seal_new(key);
    if (s->seal != NULL) {
        s->db = sqlite_store_open(real, MAX_BYTES, why);
    }

    free(real);
    return s->db != NULL;
}

struct store *store_open(const char *path, store_warn *warn_with, void *ctx)
{
    struct store *s = new_store(&sqlite_driver);
    enum store_error why = STORE_OK;

    if (s == NULL || (s->path = escape_printable(bytes_of(path), 4096)) == NULL) {
        free(s);
        return NULL;
    }
    s->warn = warn_with;
    s->warn_ctx = ctx;

    if (!open_files(s, path, &why)) {
        char line[512];
        snprintf(line, sizeof line, "%.300s: the store is not used: %s", s->path,
                 store_error_text(why));
        warn_with(ctx, line);
        store_close(s);
        return NULL;
    }
    return s;
}

struct store *store_open_ram(void)
{
    struct store *s = new_store(&ram_driver);
    if (s != NULL) {
        s->db = ram_store_new();
    }
    return s;
}

void store_close(struct store *s)
{
    if (s != NULL) {
        if (s->db != NULL) {
            s->driver->close(s->db);
        }
        seal_free(s->seal);
        free(s->path);
        free(s);
    }
}

const struct verdict_cache *store_cache(struct store *s) { return &s->cache; }
