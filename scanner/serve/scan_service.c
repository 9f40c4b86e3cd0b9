#include "scan_service.h"

#include "../report/escape.h"
#include "../report/jsonw.h"
#include "../report/write.h"
#include "log.h"
#include "../util/clock.h"
#include "../util/hex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COPY_BLOCK 131072 /* bytes */
#define RATE                                                                                       \
    (UINT64_C(300) << 20) /* bytes a second that a scan is taken to get through, for Retry-After */

static void warn(void *ctx, const char *what)
{
    (void)ctx; /* there is one log */
    log_text("warning", "text", what, NULL);
}

/* --- the store, one thread at a time: whoever looks does not wait for what is being written
 * --------- */

static bool lookup(void *ctx, const struct scan_options *o, const uint8_t sha256[32],
                   const uint64_t *size, struct file_report *f)
{
    struct scan_service *g = ctx;
    const struct verdict_cache *m = store_cache(g->reads.store);
    pthread_mutex_lock(&g->reads.lock);
    bool found = m->lookup(m->ctx, o, sha256, size, f);
    pthread_mutex_unlock(&g->reads.lock);
    g->count.hits += found;
    return found;
}

static void keep(void *ctx, const struct scan_options *o, const struct file_report *f)
{
    struct scan_service *g = ctx;
    const struct verdict_cache *m = store_cache(g->writes.store);
    pthread_mutex_lock(&g->writes.lock);
    m->keep(m->ctx, o, f);
    pthread_mutex_unlock(&g->writes.lock);
}

static bool open_dbs(struct scan_service *g, const char *path)
{
    g->writes.store = store_open(path, warn, NULL);
    g->reads.store = g->writes.store != NULL ? store_open(path, warn, NULL) : NULL;
    return g->reads.store != NULL;
}

static void close_db(struct db_handle *s)
{
    store_close(s->store);
    pthread_mutex_destroy(&s->lock);
}

/* --- open and close ----------------------------------------------------------------- */

static bool load_key(struct scan_service *g, const char *path)
{
    const char *why = NULL;
    g->key = path != NULL ? key_load(path, true, "", &why) : NULL;
    if (path != NULL && g->key == NULL) {
        log_text("error", "key", path, "why", why, NULL);
        return false;
    }
    return true;
}

bool service_open(struct scan_service *g, const struct serve_options *o, struct scan_processes *h)
{
    *g = (struct scan_service){ .options = o, .scan_processes = h, .scan = o->scan };
    pthread_mutex_init(&g->lock, NULL);
    pthread_mutex_init(&g->reads.lock, NULL);
    pthread_mutex_init(&g->writes.lock, NULL);
    g->scan.scan_in_sandbox = scan_process_scan;
    if (o->cache != NULL && open_dbs(g, o->cache)) {
        g->memory = (struct verdict_cache){ lookup, keep, g };
        g->scan.memory = &g->memory;
    }
    g->spool = spool_quota_new(o->spool, o->max_upload, o->max_spool);
    return g->spool != NULL && load_key(g, o->key);
}

void service_close(struct scan_service *g)
{
    close_db(&g->reads);
    close_db(&g->writes);
    spool_quota_free(g->spool);
    key_free(g->key);
    pthread_mutex_destroy(&g->lock);
}

/* --- scans ------------------------------------------------------------------------------ */

const struct finding *service_worst(const struct report *r)
{
    const struct finding *worst = NULL;
    for (size_t i = 0; r->num_files > 0 && i < r->files[0].num_findings; i++) {
        const struct finding *f = &r->files[0].findings[i];
        if (f->waived == NULL && (worst == NULL || f->rule->severity > worst->rule->severity)) {
            worst = f;
        }
    }
    return worst;
}

static void note(struct scan_service *g, const struct report *r, const char *name, enum lane lane,
                 uint64_t ms)
{
    const struct file_report *f = &r->files[0];
    const struct finding *worst = service_worst(r);
    char *hex = hex_encode((struct bytes){ f->sha256, 32 }),
         *shown = escape_printable(bytes_of(name), MAX_SHOWN - 3);
    if (hex != NULL && shown != NULL) {
        pthread_mutex_lock(&g->lock);
        struct recent *row = &g->recent[g->num_recent++ % NUM_RECENT];
        *row = (struct recent){ .verdict = r->verdict, .bytes = f->size, .ms = ms };
        snprintf(row->when, sizeof row->when, "%s", r->finished);
        snprintf(row->name, sizeof row->name, "%s", shown);
        snprintf(row->sha256, sizeof row->sha256, "%s", hex);
        snprintf(row->rule, sizeof row->rule, "%s", worst != NULL ? worst->rule->id : "");
        pthread_mutex_unlock(&g->lock);
    }
    log_scan(name, hex, verdict_name(r->verdict), worst != NULL ? worst->rule->id : NULL,
             lane_name(lane), f->size, ms);
    free(shown);
    free(hex);
}

struct report *service_scan(struct scan_service *g, struct spool *copy, const uint8_t sha256[32],
                            const char *name, enum lane lane)
{
    uint64_t from = clock_ms();
    struct scan_request request = { g->scan_processes, lane };
    struct scan_options o = g->scan;
    o.sandbox_ctx = &request;
    o.digest = sha256;
    struct report *r = scan_begin(&o);
    bool ok = r != NULL && scan_fd(r, &o, spool_fd(copy), name);
    if (!ok) {
        report_free(r);
        return NULL;
    }
    scan_end(r);
    g->count.scans[r->verdict]++;
    g->count.bytes += spool_size(copy);
    note(g, r, name, lane, clock_ms() - from);
    return r;
}

struct report *service_lookup(struct scan_service *g, const uint8_t sha256[32], const char *name,
                              bool *known)
{
    struct report *r = scan_begin(&g->scan);
    g->count.looks++;
    *known = false;
    if (r == NULL || !scan_remembered(r, &g->scan, sha256, name, known)) {
        report_free(r);
        return NULL;
    }
    scan_end(r);
    return r;
}

/* --- what follows from a report ---------------------------------------------------------- */

/* What was found stays found; another try helps only where we were what stood in the way. */
struct decision report_to_http_status(const struct report *r)
{
    bool found = report_found(r, r->fail_on), incomplete = report_incomplete(r),
         ours = report_has_transient_gap(r);
    return (struct decision){ !found && !incomplete, !found && incomplete && ours };
}

char *service_json(const struct scan_service *g, const struct report *r)
{
    struct decision d = report_to_http_status(r);
    struct json *o = report_json(r);
    (void)g;
    json_set(o, "accepted", json_bool(d.accepted));
    json_set(o, "retryable", json_bool(d.retryable));
    return json_line(o, true);
}

struct spool *service_copy(struct scan_service *g, int fd, uint64_t declared_bytes,
                           enum spool_end *end)
{
    struct spool *s = spool_new(g->spool, declared_bytes, end);
    uint8_t *block = s != NULL ? malloc(COPY_BLOCK) : NULL;
    ssize_t n = 1;
    if (s != NULL && block == NULL) {
        *end = SPOOL_FAILED;
    }
    while (block != NULL && *end == SPOOL_OK && n > 0) {
        n = read(fd, block, COPY_BLOCK);
        if (n > 0) {
            *end = spool_write(s, block, (size_t)n);
        } else if (n < 0 && errno == EINTR) {
            n = 1;
        } else if (n < 0) {
            *end = SPOOL_FAILED;
        }
    }
    free(block);
    if (*end != SPOOL_OK) {
        spool_free(s);
        s = NULL;
    }
    return s;
}

unsigned service_retry_after(struct scan_service *g)
{
    uint64_t seconds = spool_quota_used(g->spool) / RATE + 1;
    return seconds < 600 ? (unsigned)seconds : 600;
}

const char *spool_reason(enum spool_end end)
{
    switch (end) {
    case SPOOL_OK: break;
    case SPOOL_TOO_LARGE: return "larger than this gate takes (--max-upload)";
    case SPOOL_BUSY: return "too many bytes wait already";
    case SPOOL_FULL: return "no room in the spool";
    case SPOOL_FAILED: return "the spool cannot be written";
    }
    return "";
}
