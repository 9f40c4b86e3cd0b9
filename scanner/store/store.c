#include "store.h"

#include "../report/codec.h"
#include "../report/escape.h"
#include "driver.h"
#include "engine.h"
#include "../util/sha256.h"
#include "../util/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WARNINGS = 3, MAX_PATH_SHOWN = 65536 };
#define MAX_BYTES (UINT64_C(4) << 30) /* about five million verdicts */

struct store {
    const struct store_driver *driver;
    /* NULL after a corruption: the database is not used any more. */
    void *db;
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
    sha256_of(BYTES(MA_VERSION "+" MA_ENGINE), k->engine);
    return hash_conditions(o, k->conditions);
}

static void make_seal(const struct store_key *k, const struct store_row *row, uint8_t out[32])
{
    struct sha256 sha;
    uint8_t size[8];

    for (unsigned i = 0; i < 8; i++) {
        size[i] = (uint8_t)(row->size >> 8 * i);
    }

    sha256_begin(&sha);
    sha256_add(&sha, k, sizeof *k);
    sha256_add(&sha, size, sizeof size);
    sha256_add(&sha, row->report, row->report_size);
    sha256_end(&sha, out);
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

/* --- paths in a report: "a.pt!/data.pkl" is stored as "!/data.pkl" -------------------- */

/* The path that each location in the report of a file begins with; a worker's reply has it in
 * printable form. Heap. */
static char *path_prefix(const struct scan_options *o, const struct file_report *f)
{
    if (o->scan_in_sandbox != NULL) {
        return escape_printable(bytes_of(f->path), MAX_PATH_SHOWN);
    }
    return strdup(f->path);
}

static bool strip_prefix(char **where, const char *prefix, size_t n)
{
    if (strncmp(*where, prefix, n) != 0) {
        return false;
    }
    *where += n;
    return true;
}

static void *copy_rows(const void *rows, size_t n, size_t item)
{
    void *p = calloc(n + 1, item);
    if (p != NULL && n > 0) {
        memcpy(p, rows, n * item);
    }
    return p;
}

/* Takes the prefix from each location of g, a copy of another report: its rows become copies, too,
 * its texts stay those of the other report. */
static bool strip_prefixes(struct file_report *g, const char *prefix)
{
    size_t n = strlen(prefix);
    bool ok = true;

    g->gaps = copy_rows(g->gaps, g->num_gaps, sizeof *g->gaps);
    g->imports = copy_rows(g->imports, g->num_imports, sizeof *g->imports);
    g->findings = copy_rows(g->findings, g->num_findings, sizeof *g->findings);
    if (g->gaps == NULL || g->imports == NULL || g->findings == NULL) {
        return false;
    }

    for (size_t i = 0; ok && i < g->num_gaps; i++) {
        ok = strip_prefix(&g->gaps[i].where, prefix, n);
    }

    for (size_t i = 0; ok && i < g->num_imports; i++) {
        ok = strip_prefix(&g->imports[i].where, prefix, n);
    }

    for (size_t i = 0; ok && i < g->num_findings; i++) {
        ok = strip_prefix(&g->findings[i].where, prefix, n);
    }
    return ok;
}

static bool add_prefix(char **where, const char *prefix)
{
    char *p = NULL;
    if (asprintf(&p, "%s%s", prefix, *where) < 0) {
        return false;
    }
    free(*where);
    *where = p;
    return true;
}

static bool add_prefixes(struct file_report *f, const char *prefix)
{
    bool ok = true;
    for (size_t i = 0; ok && i < f->num_gaps; i++) {
        ok = add_prefix(&f->gaps[i].where, prefix);
    }

    for (size_t i = 0; ok && i < f->num_imports; i++) {
        ok = add_prefix(&f->imports[i].where, prefix);
    }

    for (size_t i = 0; ok && i < f->num_findings; i++) {
        ok = add_prefix(&f->findings[i].where, prefix);
    }
    return ok;
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

/* The report of f without its path, encoded; heap, NULL when out of memory. */
static uint8_t *encode_without_path(const struct scan_options *o, const struct file_report *f,
                                    uint64_t job, size_t *n)
{
    struct file_report g = *f;
    char *prefix = path_prefix(o, f);
    uint8_t *report = NULL;

    if (prefix != NULL && strip_prefixes(&g, prefix)) {
        report = report_encode(&g, o->rules, job, n);
    }

    if (prefix != NULL) {
        free(g.gaps);
        free(g.imports);
        free(g.findings);
    }

    free(prefix);
    return report;
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

    row.report = encode_without_path(o, f, job_number(&key), &row.report_size);
    if (row.report == NULL) {
        return;
    }

    make_seal(&key, &row, row.seal);
    if (!s->driver->put(s->db, &key, &row, &why)) {
        db_failed(s, why);
    }

    free(row.report);
}

/* Decodes a row into g; false for a row that is damaged or not of the key. */
static bool read_row(const struct scan_options *o, const struct store_key *key,
                     const struct store_row *row, struct file_report *g)
{
    struct bytes report = { row->report, row->report_size };
    uint8_t seal[32];

    make_seal(key, row, seal);
    if (memcmp(seal, row->seal, sizeof seal) != 0) {
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
    bool ok = found == 1 && read_row(o, key, &row, g) && (size == NULL || *size == g->size);

    if (found < 0) {
        db_failed(s, why);
    } else if (found == 1 && !ok) {
        warn(s, "damaged in one row");
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

    char *prefix = find_report(s, o, &key, size, &g) ? path_prefix(o, f) : NULL;
    bool ok = prefix != NULL && add_prefixes(&g, prefix);
    free(prefix);
    if (ok) {
        move_report(f, &g);
    } else {
        file_report_done(&g);
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

    s->db = sqlite_store_open(path, MAX_BYTES, &why);
    if (s->db == NULL) {
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
        free(s->path);
        free(s);
    }
}

const struct verdict_cache *store_cache(struct store *s) { return &s->cache; }
