/* scan_service.h - the scan service, shared by HTTP, the clamd protocol and the job queue.
 *
 * All threads use one service. The files of clients are copied to the spool first, and parsed in
 * workers of the scan processes; the service has the reports, the verdict store and the key. */
#ifndef MA_SERVE_SCAN_SERVICE_H
#define MA_SERVE_SCAN_SERVICE_H
#include "../attest/key.h"
#include "../store/store.h"
#include "scan_process.h"
#include "options.h"
#include "spool.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    /* Scans that the status page shows. */
    MAX_RECENT = 100,
    /* Bytes of a name there. */
    MAX_SHOWN = 200,
    NUM_VERDICTS = VERDICT_MALICIOUS + 1
};

/* A row of the status page. */
struct recent_scan {
    char when[32], name[MAX_SHOWN + 1], sha256[65], rule[MAX_SHOWN + 1];
    enum verdict verdict;
    uint64_t bytes, ms;
};

/* The counters of the metrics; html_pages.c describes each. */
struct counters {
    _Atomic uint64_t scans[NUM_VERDICTS];
    _Atomic uint64_t bytes, lookups, hits, accepted, refused, busy, retry, unauthorized, broken,
        clamd, callbacks, callbacks_lost;
    /* Uploads and scans that have not ended. */
    _Atomic int64_t active;
};

/* The verdict store; NULL without --cache. One thread at a time uses it. */
struct db_handle {
    pthread_mutex_t lock;
    struct store *store;
};

struct scan_service {
    const struct serve_options *options;
    struct scan_options scan;
    struct scan_processes *scan_processes;
    struct spool_quota *spool;
    /* NULL: nothing is signed. */
    struct key *key;

    /* One file, opened twice, so that a lookup does not wait for a write. */
    struct db_handle reads, writes;
    struct verdict_cache cache;

    struct counters count;
    /* Lock of the two fields below. */
    pthread_mutex_t lock;
    /* A ring; num_recent counts all scans. */
    struct recent_scan recent[MAX_RECENT];
    uint64_t num_recent;
};

/* service_open uses scan processes that were started before; borrowed. Returns false after a
 * message. service_close is to be called in either case. */
bool service_open(struct scan_service *service, const struct serve_options *o,
                  struct scan_processes *scan_processes);
void service_close(struct scan_service *service);

/* service_is_alive tests whether a scan process is left. */
bool service_is_alive(struct scan_service *service);
struct scheduler_state service_scheduler_state(struct scan_service *service);

/* service_copy copies an open file to the spool. Returns NULL with *end. */
struct spool *service_copy(struct scan_service *service, int fd, uint64_t declared_bytes,
                           enum spool_end *end);

/* service_scan scans a private copy. Returns the report, or NULL when out of memory. */
struct report *service_scan(struct scan_service *service, struct spool *copy,
                            const uint8_t sha256[32], const char *name, enum lane lane);

/* service_lookup returns the report for a cached verdict, as if a file of that name were scanned.
 * Returns NULL when there is none, or with *known set when out of memory. */
struct report *service_lookup(struct scan_service *service, const uint8_t sha256[32],
                              const char *name, bool *known);

/* service_worst returns the worst finding of the first file that is not waived, or NULL. */
const struct finding *service_worst(const struct report *r);

/* What a client is answered about a report. */
struct decision {
    bool accepted;
    /* A later scan may be complete. */
    bool retryable;
};
struct decision report_to_http_status(const struct report *r);

/* service_json returns the report with "accepted" and "retryable" on the heap, or NULL. */
char *service_json(const struct report *r);

/* service_retry_after returns the seconds after which the spool may have space. */
unsigned service_retry_after(struct scan_service *service);
#endif
