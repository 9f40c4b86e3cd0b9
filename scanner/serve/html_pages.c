#include "html_pages.h"

#include "../report/escape.h"
#include "../util/text.h"
#include "../util/version.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- metrics: labels are words of this program, never text of a client ---------------- */

static void write_metric(FILE *out, const char *name, const char *type, const char *help,
                         uint64_t v)
{
    fprintf(out, "# HELP modelassay_%s %s\n# TYPE modelassay_%s %s\nmodelassay_%s %" PRIu64 "\n",
            name, help, name, type, name, v);
}

static void write_counter(FILE *out, const char *name, const char *help, uint64_t v)
{
    write_metric(out, name, "counter", help, v);
}

static void write_gauge(FILE *out, const char *name, const char *help, uint64_t v)
{
    write_metric(out, name, "gauge", help, v);
}

static void write_verdicts(FILE *out, const struct counters *count)
{
    fputs(
        "# HELP modelassay_scans_total Scans by verdict.\n# TYPE modelassay_scans_total counter\n",
        out);
    for (int v = 0; v < NUM_VERDICTS; v++) {
        fprintf(out, "modelassay_scans_total{verdict=\"%s\"} %" PRIu64 "\n",
                verdict_name((enum verdict)v), (uint64_t)count->scans[v]);
    }
}

static void write_counters(FILE *out, const struct counters *c)
{
    write_counter(out, "bytes_total", "Bytes scanned.", c->bytes);
    write_counter(out, "looks_total", "Lookups by digest.", c->lookups);
    write_counter(out, "store_hits_total", "Verdicts found in the store.", c->hits);
    write_counter(out, "accepted_total", "Files that were accepted.", c->accepted);
    write_counter(out, "refused_total", "Files that were refused.", c->refused);
    write_counter(out, "retry_total", "Responses that asked for a retry.", c->retry);
    write_counter(out, "busy_total", "Uploads refused because too many bytes wait.", c->busy);
    write_counter(out, "unauthorized_total", "Requests without a valid token.", c->unauthorized);
    write_counter(out, "broken_total", "Requests that broke off.", c->broken);
    write_counter(out, "clamd_total", "Scans requested in the clamd protocol.", c->clamd);
    write_counter(out, "callbacks_total", "Callbacks that were delivered.", c->callbacks);
    write_counter(out, "callbacks_lost_total", "Callbacks that were not delivered.",
                  c->callbacks_lost);
}

static void write_scheduler(FILE *out, const struct scheduler_state *state)
{
    fputs("# HELP modelassay_waiting Scans that wait, by lane.\n# TYPE modelassay_waiting gauge\n",
          out);
    for (int i = 0; i < NUM_LANES; i++) {
        fprintf(out, "modelassay_waiting{lane=\"%s\"} %zu\n", lane_name((enum lane)i),
                state->waiting[i]);
    }
    write_gauge(out, "helpers_busy", "Scan processes that scan.", state->busy);
    write_gauge(out, "helpers_alive", "Scan processes that are alive.", state->alive);
}

char *page_metrics(struct scan_service *service)
{
    struct scheduler_state state = service_scheduler_state(service);
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }

    write_verdicts(t.out, &service->count);
    write_counters(t.out, &service->count);
    write_scheduler(t.out, &state);
    write_gauge(t.out, "spool_bytes", "Bytes reserved in the spool.",
                spool_quota_used(service->spool));
    return text_end(&t);
}

/* --- the status page ------------------------------------------------------------------ */

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>modelassay "
    "gate</title>"
    "<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"referrer\" "
    "content=\"no-referrer\"><style>"
    "body{font:15px/1.4 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 "
    "1em;color:#222}"
    "table{border-collapse:collapse;width:100%;margin:1em 0}td,th{text-align:left;padding:.25em "
    ".6em;border-bottom:1px solid #ccc;"
    "overflow-wrap:anywhere}.malicious{color:#a00;font-weight:bold}.suspicious,.incomplete{color:#"
    "850}.clean{color:#060}"
    "code{font-size:12px}</style></head><body><h1>modelassay gate</h1>\n";

static void write_cell(FILE *out, const char *text, size_t max)
{
    fputs("<td>", out);
    put_entities(out, text, max);
    fputs("</td>", out);
}

static void write_recent_scan(FILE *out, const struct recent_scan *r)
{
    const char *verdict = verdict_name(r->verdict);
    fputs("<tr>", out);
    write_cell(out, r->when, sizeof r->when);
    write_cell(out, r->name, sizeof r->name);
    fprintf(out, "<td class=\"%s\">%s</td>", verdict, verdict);
    write_cell(out, r->rule, sizeof r->rule);
    fprintf(out, "<td>%" PRIu64 "</td><td>%" PRIu64 "</td><td><code>%s</code></td></tr>\n",
            r->bytes, r->ms, r->sha256);
}

/* Copies the rows, so that the lock is not held while a page is written. */
static size_t copy_recent_scans(struct scan_service *service, struct recent_scan *to)
{
    size_t n = 0;
    pthread_mutex_lock(&service->lock);
    for (uint64_t i = service->num_recent; i > 0 && n < MAX_RECENT; i--) {
        to[n++] = service->recent[(i - 1) % MAX_RECENT];
    }
    pthread_mutex_unlock(&service->lock);
    return n;
}

static void write_recent_scans(FILE *out, struct scan_service *service)
{
    struct recent_scan *rows = calloc(MAX_RECENT, sizeof *rows);
    size_t n = rows != NULL ? copy_recent_scans(service, rows) : 0;

    fputs("<h2>Recent scans</h2><table><tr><th>finished</th><th>name</th><th>verdict</th><th>worst "
          "rule</th><th>bytes</th>"
          "<th>ms</th><th>sha256</th></tr>\n",
          out);
    for (size_t i = 0; i < n; i++) {
        write_recent_scan(out, &rows[i]);
    }

    fputs("</table>\n", out);
    free(rows);
}

static void write_configuration(FILE *out, const struct scan_service *service)
{
    const char *store = service->reads.store != NULL ? "open" : "none";
    const char *key = service->key != NULL ? "signs" : "signs nothing";
    fprintf(out, "<p>modelassay %s, rules %s, sandbox %s, store %s, %s</p>\n", scanner_version(),
            rules_version(service->scan.rules), service->scan.sandbox, store, key);
}

static void write_state(FILE *out, struct scan_service *service)
{
    struct scheduler_state state = service_scheduler_state(service);
    fprintf(out,
            "<table><tr><th>scan processes at work</th><th>waiting: "
            "interactive</th><th>upload</th><th>backfill</th><th>bytes in the spool</th>"
            "<th>lookups</th><th>found in the store</th></tr><tr><td>%zu of "
            "%zu</td><td>%zu</td><td>%zu</td><td>%zu</td><td>%" PRIu64 "</td><td>%" PRIu64
            "</td><td>%" PRIu64 "</td></tr></table>\n",
            state.busy, state.alive, state.waiting[LANE_INTERACTIVE], state.waiting[LANE_UPLOAD],
            state.waiting[LANE_BACKFILL], spool_quota_used(service->spool),
            (uint64_t)service->count.lookups, (uint64_t)service->count.hits);
}

static void write_verdict_table(FILE *out, const struct counters *count)
{
    fputs("<table><tr>", out);
    for (int v = 0; v < NUM_VERDICTS; v++) {
        fprintf(out, "<th>%s</th>", verdict_name((enum verdict)v));
    }
    fputs("</tr><tr>", out);
    for (int v = 0; v < NUM_VERDICTS; v++) {
        fprintf(out, "<td>%" PRIu64 "</td>", (uint64_t)count->scans[v]);
    }
    fputs("</tr></table>\n", out);
}

char *page_status(struct scan_service *service)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }

    fputs(head, t.out);
    write_configuration(t.out, service);
    write_state(t.out, service);
    write_verdict_table(t.out, &service->count);
    write_recent_scans(t.out, service);
    fputs("</body></html>\n", t.out);
    return text_end(&t);
}
