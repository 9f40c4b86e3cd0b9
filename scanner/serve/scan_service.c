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
#define SCAN_RATE (UINT64_C(300) << 20) /* bytes per second, an estimate for Retry-After */

static void log_warning(void *ctx, const char *what)
{
    (void)ctx; /* unused: there is one log */
    log_text("warning", "text", what, NULL);
}

/* --- the verdict store ------------------------------------------------------------------ */

static bool lookup_report(void *ctx, const struct scan_options *o, const uint8_t sha256[32],
                          const uint64_t *size, struct file_report *f)
{
    struct scan_service *service = ctx;
    const struct verdict_cache *cache = store_cache(service->reads.store);
    pthread_mutex_lock(&service->reads.lock);
    bool found = cache->lookup(cache->ctx, o, sha256, size, f);
    pthread_mutex_unlock(&service->reads.lock);
    service->count.hits += found;
    return found;
}

static void store_report(void *ctx, const struct scan_options *o, const struct file_report *f)
{
    struct scan_service *service = ctx;
    const struct verdict_cache *cache = store_cache(service->writes.store);
    pthread_mutex_lock(&service->writes.lock);
    cache->store(cache->ctx, o, f);
    pthread_mutex_unlock(&service->writes.lock);
}

static bool open_store(struct scan_service *service, const char *path)
{
    service->writes.store = store_open(path, log_warning, NULL);
    if (service->writes.store == NULL) {
        return false;
    }
    service->reads.store = store_open(path, log_warning, NULL);
    return service->reads.store != NULL;
}

static void close_db(struct db_handle *s)
{
    store_close(s->store);
    pthread_mutex_destroy(&s->lock);
}

/* --- open and close ----------------------------------------------------------------- */

static bool load_key(struct scan_service *service, const char *path)
{
    const char *why = NULL;
    if (path == NULL) {
        return true;
    }
    service->key = key_load(path, true, "", &why);
    if (service->key == NULL) {
        log_text("error", "key", path, "why", why, NULL);
        return false;
    }
    return true;
}

bool service_open(struct scan_service *service, const struct serve_options *o,
                  struct scan_processes *scan_processes)
{
    *service =
        (struct scan_service){ .options = o, .scan_processes = scan_processes, .scan = o->scan };
    pthread_mutex_init(&service->lock, NULL);
    pthread_mutex_init(&service->reads.lock, NULL);
    pthread_mutex_init(&service->writes.lock, NULL);
    service->scan.scan_in_sandbox = scan_process_scan;

    if (o->cache != NULL && open_store(service, o->cache)) {
        service->cache = (struct verdict_cache){ lookup_report, store_report, service };
        service->scan.cache = &service->cache;
    }
    service->spool = spool_quota_new(o->spool, o->max_upload, o->max_spool);
    return service->spool != NULL && load_key(service, o->key);
}

void service_close(struct scan_service *service)
{
    close_db(&service->reads);
    close_db(&service->writes);
    spool_quota_free(service->spool);
    key_free(service->key);
    pthread_mutex_destroy(&service->lock);
}

struct scheduler_state service_scheduler_state(struct scan_service *service)
{
    return scheduler_state(scan_processes_scheduler(service->scan_processes));
}

bool service_is_alive(struct scan_service *service)
{
    return service_scheduler_state(service).alive > 0;
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

static void add_recent(struct scan_service *service, const struct recent_scan *row)
{
    pthread_mutex_lock(&service->lock);
    service->recent[service->num_recent++ % MAX_RECENT] = *row;
    pthread_mutex_unlock(&service->lock);
}

/* Adds a scan to the log and to the status page. */
static void record_scan(struct scan_service *service, const struct report *r, const char *name,
                        enum lane lane, uint64_t ms)
{
    const struct file_report *f = &r->files[0];
    const struct finding *worst = service_worst(r);
    const char *rule = worst != NULL ? worst->rule->id : NULL;
    struct recent_scan row = { .verdict = r->verdict, .bytes = f->size, .ms = ms };
    char *shown = escape_printable(bytes_of(name), MAX_SHOWN - 3);

    hex_encode_into((struct bytes){ f->sha256, 32 }, row.sha256);
    snprintf(row.when, sizeof row.when, "%s", r->finished);
    snprintf(row.rule, sizeof row.rule, "%s", rule != NULL ? rule : "");
    if (shown != NULL) {
        snprintf(row.name, sizeof row.name, "%s", shown);
        add_recent(service, &row);
    }
    log_scan(name, row.sha256, verdict_name(r->verdict), rule, lane_name(lane), f->size, ms);
    free(shown);
}

struct report *service_scan(struct scan_service *service, struct spool *copy,
                            const uint8_t sha256[32], const char *name, enum lane lane)
{
    uint64_t started_ms = clock_ms();
    struct scan_request request = { service->scan_processes, lane };
    struct scan_options o = service->scan;
    o.sandbox_ctx = &request;
    o.digest = sha256;

    struct report *r = scan_begin(&o);
    if (r == NULL || !scan_fd(r, &o, spool_fd(copy), name)) {
        report_free(r);
        return NULL;
    }
    scan_end(r);
    service->count.scans[r->verdict]++;
    service->count.bytes += spool_size(copy);
    record_scan(service, r, name, lane, clock_ms() - started_ms);
    return r;
}

struct report *service_lookup(struct scan_service *service, const uint8_t sha256[32],
                              const char *name, bool *known)
{
    struct report *r = scan_begin(&service->scan);
    service->count.lookups++;
    *known = false;
    if (r == NULL || !scan_cached(r, &service->scan, sha256, name, known)) {
        report_free(r);
        return NULL;
    }
    scan_end(r);
    return r;
}

/* --- decisions ---------------------------------------------------------------------------- */

/* Findings do not change; a retry helps only for gaps that this system caused. */
struct decision report_to_http_status(const struct report *r)
{
    if (report_found(r, r->fail_on)) {
        return (struct decision){ .accepted = false, .retryable = false };
    }
    if (report_incomplete(r)) {
        return (struct decision){ .retryable = report_has_transient_gap(r) };
    }
    return (struct decision){ .accepted = true };
}

char *service_json(const struct report *r)
{
    struct decision d = report_to_http_status(r);
    struct json *o = report_json(r);
    json_set(o, "accepted", json_bool(d.accepted));
    json_set(o, "retryable", json_bool(d.retryable));
    return json_line(o, true);
}

/* --- the spool ----------------------------------------------------------------------------- */

static enum spool_end copy_bytes(int fd, struct spool *s)
{
    uint8_t *block = malloc(COPY_BLOCK);
    enum spool_end end = block != NULL ? SPOOL_OK : SPOOL_FAILED;
    while (end == SPOOL_OK) {
        ssize_t n = read(fd, block, COPY_BLOCK);
        if (n == 0) {
            break;
        }
        if (n > 0) {
            end = spool_write(s, block, (size_t)n);
        } else if (errno != EINTR) {
            end = SPOOL_FAILED;
        }
    }

    free(block);
    return end;
}

struct spool *service_copy(struct scan_service *service, int fd, uint64_t declared_bytes,
                           enum spool_end *end)
{
    struct spool *s = spool_new(service->spool, declared_bytes, end);
    if (s == NULL) {
        return NULL;
    }
    *end = copy_bytes(fd, s);
    if (*end != SPOOL_OK) {
        spool_free(s);
        return NULL;
    }
    return s;
}

unsigned service_retry_after(struct scan_service *service)
{
    enum { MAX_SECONDS = 600 };
    uint64_t seconds = spool_quota_used(service->spool) / SCAN_RATE + 1;
    return seconds < MAX_SECONDS ? (unsigned)seconds : MAX_SECONDS;
}
