/* scan_service.h - what all doors of the daemon (HTTP, clamd's protocol, the queue) lead to.
 *
 * Threads share one gate. Everything hostile was copied to a spool before it comes here, and is
 * parsed in workers of the helpers; here are answers, the store, and the key. */
#ifndef MA_SERVE_SCAN_SERVICE_H
#define MA_SERVE_SCAN_SERVICE_H
#include "../attest/key.h"
#include "../store/store.h"
#include "scan_process.h"
#include "options.h"
#include "spool.h"

#include <pthread.h>
#include <stdatomic.h>

#define NUM_RECENT 100 /* scans that the status page shows */
#define MAX_SHOWN 200 /* bytes of a name or title there */

struct recent {
    char when[32], name[MAX_SHOWN + 1], sha256[65], rule[MAX_SHOWN + 1];
    enum verdict verdict;
    uint64_t bytes, ms;
};
struct counters {
    _Atomic uint64_t scans[5]; /* by verdict */
    _Atomic uint64_t bytes, looks, hits, accepted, refused, busy, retry, unauthorized, broken,
        clamd, callbacks, callbacks_lost;
    _Atomic int64_t active; /* uploads and scans under way */
};
struct scan_service {
    const struct serve_options *options;
    struct scan_options scan;
    struct scan_processes *scan_processes;
    struct spool_quota *spool;
    /* one file, opened twice: NULL, none */
    struct db_handle {
        pthread_mutex_t lock;
        struct store *store;
    } reads, writes;
    struct verdict_cache memory;
    struct key *key; /* NULL: nothing is signed */
    pthread_mutex_t lock; /* of recent */
    struct counters count;
    struct recent recent[NUM_RECENT];
    uint64_t num_recent; /* ever */
};
/* The helpers are there already.  False after a message. */
bool service_open(struct scan_service *g, const struct serve_options *o, struct scan_processes *h);
void service_close(struct scan_service *g);

/* Scans a private copy; the report, or NULL: out of memory. */
struct report *service_scan(struct scan_service *g, struct spool *copy, const uint8_t sha256[32],
                            const char *name, enum lane lane);
/* What is remembered of a digest, as if it were asked for under that name. NULL with *known
 * false: nothing. */
struct report *service_lookup(struct scan_service *g, const uint8_t sha256[32], const char *name,
                              bool *known);

struct decision {
    bool accepted, retryable;
};
struct decision report_to_http_status(const struct report *r);
/* The report with "accepted" and "retryable" in it; heap, or NULL. */
char *service_json(const struct scan_service *g, const struct report *r);
/* The worst finding of the first file that is not waived, or NULL. */
const struct finding *service_worst(const struct report *r);
/* Copies an open file, or what a socket still sends.  NULL: *end says why. */
struct spool *service_copy(struct scan_service *g, int fd, uint64_t declared_bytes,
                           enum spool_end *end);
/* Seconds after which there may be room. */
unsigned service_retry_after(struct scan_service *g);
const char *spool_reason(enum spool_end end);
#endif
