#include "store.h"

#include "../report/codec.h"
#include "../report/escape.h"
#include "driver.h"
#include "engine.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WARNINGS = 3, MAX_PATH_SHOWN = 65536 };
#define MAX_BYTES (UINT64_C(4) << 30) /* some five million verdicts */

struct store {
    const struct store_driver *driver;
    void *db; /* NULL after a corruption: it is asked no more */
    char *path;
    struct verdict_cache memory;
    store_warn *warn;
    void *warn_ctx;
    unsigned warnings;
};

static void warn(struct store *s, const char *why)
{
    char line[512];
    if (s->warn != NULL && s->warnings++ < MAX_WARNINGS) {
        snprintf(line, sizeof line, "%.300s: the store is %s: files are scanned without it",
                 s->path, why);
        s->warn(s->warn_ctx, line);
    }
}

static void give_up(struct store *s, const char *why)
{
    warn(s, why);
    if (s->db != NULL && strcmp(why, "corrupted") == 0) {
        s->driver->close(s->db);
        s->db = NULL;
    }
}

/* --- keys ----------------------------------------------------------------------- */

static bool hash_text(const char *text, size_t n, uint8_t out[32])
{
    return EVP_Digest(text, n, out, NULL, EVP_sha256(), NULL) == 1;
}

/* Whatever else decides what a scan finds: each limit by name, and what kept the parsers in. */
static bool conditions(const struct scan_options *o, uint8_t out[32])
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    for (int i = 0; f != NULL && i < NUM_LIMITS; i++) {
        fprintf(f, "%s=%" PRIu64 "\n", limit_rows[i].name, o->max[i]);
    }
    if (f != NULL) {
        fprintf(f, "sandbox=%s\n",
                o->scan_in_sandbox != NULL && o->sandbox != NULL ? o->sandbox : "none");
    }
    bool ok = f != NULL && fclose(f) == 0 && hash_text(text, n, out);
    free(text);
    return ok;
}

static bool make_key(const struct scan_options *o, const uint8_t sha256[32], struct store_key *k)
{
    static const char engine[] = MA_VERSION "+" MA_ENGINE;
    memcpy(k->sha256, sha256, 32);
    memcpy(k->ruleset, rules_digest(o->rules), 32);
    return hash_text(engine, sizeof engine - 1, k->engine) && conditions(o, k->conditions);
}

static bool seal_of(const struct store_key *k, const struct store_row *row, uint8_t out[32])
{
    uint8_t size[8];
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    for (unsigned i = 0; i < 8; i++) {
        size[i] = (uint8_t)(row->size >> 8 * i);
    }
    bool ok =
        md != NULL && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1
        && EVP_DigestUpdate(md, k, sizeof *k) == 1 && EVP_DigestUpdate(md, size, sizeof size) == 1
        && EVP_DigestUpdate(md, row->answer, row->n) == 1 && EVP_DigestFinal_ex(md, out, NULL) == 1;
    EVP_MD_CTX_free(md);
    return ok;
}

/* The worker's number for a job binds an answer to its file; here the digest does. */
static uint64_t job_of(const struct store_key *k)
{
    uint64_t job = 0;
    for (unsigned i = 0; i < 8; i++) {
        job = job << 8 | k->sha256[i];
    }
    return job;
}

/* --- places: "a.pt!/data.pkl" is kept as "!/data.pkl" ------------------------------- */

/* What all places of a file begin with: its path, printable where a worker's answer made it so. */
static char *prefix_of(const struct scan_options *o, const struct file_report *f)
{
    return o->scan_in_sandbox != NULL ? escape_printable(bytes_of(f->path), MAX_PATH_SHOWN)
                                      : strdup(f->path);
}

static bool cut(char **where, const char *prefix, size_t n)
{
    bool ok = strncmp(*where, prefix, n) == 0;
    *where += ok ? n : 0;
    return ok;
}

static void *copy_rows(const void *rows, size_t n, size_t item)
{
    void *p = calloc(n + 1, item);
    if (p != NULL && n > 0) {
        memcpy(p, rows, n * item);
    }
    return p;
}

/* g: f with shorter places; its rows are copies, its texts are f's. */
static bool cut_places(struct file_report *g, const char *prefix)
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
        ok = cut(&g->gaps[i].where, prefix, n);
    }
    for (size_t i = 0; ok && i < g->num_imports; i++) {
        ok = cut(&g->imports[i].where, prefix, n);
    }
    for (size_t i = 0; ok && i < g->num_findings; i++) {
        ok = cut(&g->findings[i].where, prefix, n);
    }
    return ok;
}

static bool join(char **where, const char *prefix)
{
    char *p = NULL;
    if (asprintf(&p, "%s%s", prefix, *where) < 0) {
        return false;
    }
    free(*where);
    *where = p;
    return true;
}

static bool join_places(struct file_report *f, const char *prefix)
{
    bool ok = true;
    for (size_t i = 0; ok && i < f->num_gaps; i++) {
        ok = join(&f->gaps[i].where, prefix);
    }
    for (size_t i = 0; ok && i < f->num_imports; i++) {
        ok = join(&f->imports[i].where, prefix);
    }
    for (size_t i = 0; ok && i < f->num_findings; i++) {
        ok = join(&f->findings[i].where, prefix);
    }
    return ok;
}

/* --- the two calls of a scan ---------------------------------------------------------- */

static bool worth_keeping(const struct file_report *f)
{
    bool ok = f->known && f->hashed && !f->unclaimed
              && (f->verdict == VERDICT_CLEAN || f->verdict == VERDICT_MALICIOUS);
    for (size_t i = 0; ok && i < f->num_gaps; i++) {
        ok = !gap_is_transient(&f->gaps[i]);
    }
    return ok;
}

static void keep(void *ctx, const struct scan_options *o, const struct file_report *f)
{
    struct store *s = ctx;
    struct store_key key;
    struct store_row row = { .size = f->size };
    const char *why = NULL;
    if (s->db == NULL || !worth_keeping(f) || !make_key(o, f->sha256, &key)) {
        return;
    }
    struct file_report g = *f;
    char *prefix = prefix_of(o, f);
    if (prefix != NULL && cut_places(&g, prefix)
        && (row.answer = report_encode(&g, o->rules, job_of(&key), &row.n)) != NULL
        && seal_of(&key, &row, row.seal) && !s->driver->put(s->db, &key, &row, &why)) {
        give_up(s, why);
    }
    free(row.answer);
    free(prefix);
    free(g.gaps);
    free(g.imports);
    free(g.findings);
}

/* Into g, which has f's size; what makes no sense is no answer. */
static bool read_row(const struct scan_options *o, const struct store_key *key,
                     const struct store_row *row, struct file_report *g)
{
    uint8_t seal[32];
    g->size = row->size;
    return seal_of(key, row, seal) && memcmp(seal, row->seal, 32) == 0
           && report_decode(g, o->rules, job_of(key), (struct bytes){ row->answer, row->n })
           && g->known && !g->unclaimed
           && (g->verdict == VERDICT_CLEAN || g->verdict == VERDICT_MALICIOUS);
}

static void give(struct file_report *f, struct file_report *g)
{
    g->path = f->path;
    g->path_hex = f->path_hex;
    g->rel = f->rel;
    *f = *g;
}

static bool lookup(void *ctx, const struct scan_options *o, const uint8_t sha256[32],
                   const uint64_t *size, struct file_report *f)
{
    struct store *s = ctx;
    struct store_key key;
    struct store_row row = { 0 };
    struct file_report g = { .weights_only = -1 };
    const char *why = NULL;
    int found =
        s->db != NULL && make_key(o, sha256, &key) ? s->driver->get(s->db, &key, &row, &why) : 0;
    bool ok = found == 1 && read_row(o, &key, &row, &g) && (size == NULL || *size == g.size);
    if (found < 0) {
        give_up(s, why);
    } else if (found == 1 && !ok) {
        warn(s, "damaged in one row"); /* the scan that follows writes a new one */
    }
    char *prefix = ok ? prefix_of(o, f) : NULL;
    ok = prefix != NULL && join_places(&g, prefix);
    if (ok) {
        give(f, &g);
    } else {
        file_report_done(&g);
    }
    free(prefix);
    free(row.answer);
    return ok;
}

/* --- open and close -------------------------------------------------------------------- */

struct store *store_open(const char *path, store_warn *warn_with, void *ctx)
{
    struct store *s = calloc(1, sizeof *s);
    const char *why = "out of memory";
    if (s == NULL || (s->path = escape_printable(bytes_of(path), 4096)) == NULL) {
        free(s);
        return NULL;
    }
    s->warn = warn_with;
    s->warn_ctx = ctx;
    s->driver = &sqlite_driver;
    s->memory = (struct verdict_cache){ lookup, keep, s };
    s->db = sqlite_store_open(path, MAX_BYTES, &why);
    if (s->db == NULL) {
        char line[512];
        snprintf(line, sizeof line, "%.300s: the store is not used: %s", s->path, why);
        warn_with(ctx, line);
        store_close(s);
        return NULL;
    }
    return s;
}

struct store *store_open_ram(void)
{
    struct store *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->driver = &ram_driver;
        s->memory = (struct verdict_cache){ lookup, keep, s };
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

const struct verdict_cache *store_memory(struct store *s) { return &s->memory; }
