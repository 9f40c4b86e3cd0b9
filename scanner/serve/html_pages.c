#include "html_pages.h"

#include "../report/escape.h"
#include "../util/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void line(FILE *out, const char *name, const char *type, const char *help, uint64_t v)
{
    fprintf(out, "# HELP modelassay_%s %s\n# TYPE modelassay_%s %s\nmodelassay_%s %" PRIu64 "\n",
            name, help, name, type, name, v);
}

/* Labels are our own words: nothing that a client sent is in here. */
static void scans(FILE *out, const struct scan_service *g)
{
    fputs(
        "# HELP modelassay_scans_total Scans by verdict.\n# TYPE modelassay_scans_total counter\n",
        out);
    for (int v = 0; v < 5; v++) {
        fprintf(out, "modelassay_scans_total{verdict=\"%s\"} %" PRIu64 "\n",
                verdict_name((enum verdict)v), (uint64_t)g->count.scans[v]);
    }
}

static void queue(FILE *out, struct scan_service *g)
{
    size_t waiting[NUM_LANES], busy, alive;
    scheduler_count(scan_processes_scheduler(g->scan_processes), waiting, &busy, &alive);
    fputs("# HELP modelassay_waiting Scans that wait, by lane.\n# TYPE modelassay_waiting gauge\n",
          out);
    for (int i = 0; i < NUM_LANES; i++) {
        fprintf(out, "modelassay_waiting{lane=\"%s\"} %zu\n", lane_name((enum lane)i), waiting[i]);
    }
    line(out, "helpers_busy", "gauge", "Helpers at work.", busy);
    line(out, "helpers_alive", "gauge", "Helpers there are.", alive);
    line(out, "spool_bytes", "gauge", "Bytes in the spool, announced ones too.",
         spool_quota_used(g->spool));
}

char *page_metrics(struct scan_service *g)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }
    scans(t.out, g);
    line(t.out, "bytes_total", "counter", "Bytes scanned.", g->count.bytes);
    line(t.out, "looks_total", "counter", "Look-ups by digest.", g->count.looks);
    line(t.out, "store_hits_total", "counter", "Verdicts that the store knew.", g->count.hits);
    line(t.out, "accepted_total", "counter", "Files that were accepted.", g->count.accepted);
    line(t.out, "refused_total", "counter", "Files that were refused.", g->count.refused);
    line(t.out, "retry_total", "counter", "Answers that asked for another try.", g->count.retry);
    line(t.out, "busy_total", "counter", "Uploads turned away because too many bytes wait.",
         g->count.busy);
    line(t.out, "unauthorized_total", "counter", "Requests without a valid token.",
         g->count.unauthorized);
    line(t.out, "broken_total", "counter", "Requests that broke off.", g->count.broken);
    line(t.out, "clamd_total", "counter", "Scans asked for in clamd's protocol.", g->count.clamd);
    line(t.out, "callbacks_total", "counter", "Callbacks that were delivered.", g->count.callbacks);
    line(t.out, "callbacks_lost_total", "counter", "Callbacks that nobody took.",
         g->count.callbacks_lost);
    queue(t.out, g);
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

static void cell(FILE *out, const char *text, size_t max)
{
    fputs("<td>", out);
    put_entities(out, text, max);
    fputs("</td>", out);
}

static void recent_row(FILE *out, const struct recent *r)
{
    const char *verdict = verdict_name(r->verdict);
    fputs("<tr>", out);
    cell(out, r->when, sizeof r->when);
    cell(out, r->name, sizeof r->name);
    fprintf(out, "<td class=\"%s\">%s</td>", verdict, verdict);
    cell(out, r->rule, sizeof r->rule);
    fprintf(out, "<td>%" PRIu64 "</td><td>%" PRIu64 "</td><td><code>%s</code></td></tr>\n",
            r->bytes, r->ms, r->sha256);
}

/* A copy: nobody waits for the store while a page is written. */
static size_t copy_recent(struct scan_service *g, struct recent *to)
{
    size_t n = 0;
    pthread_mutex_lock(&g->lock);
    for (uint64_t i = g->num_recent; i > 0 && n < NUM_RECENT; i--) {
        to[n++] = g->recent[(i - 1) % NUM_RECENT];
    }
    pthread_mutex_unlock(&g->lock);
    return n;
}

static void recent_table(FILE *out, struct scan_service *g)
{
    struct recent *rows = calloc(NUM_RECENT, sizeof *rows);
    size_t n = rows != NULL ? copy_recent(g, rows) : 0;
    fputs("<h2>Recent scans</h2><table><tr><th>finished</th><th>name</th><th>verdict</th><th>worst "
          "rule</th><th>bytes</th>"
          "<th>ms</th><th>sha256</th></tr>\n",
          out);
    for (size_t i = 0; i < n; i++) {
        recent_row(out, &rows[i]);
    }
    fputs("</table>\n", out);
    free(rows);
}

static void state(FILE *out, struct scan_service *g)
{
    size_t waiting[NUM_LANES], busy, alive;
    scheduler_count(scan_processes_scheduler(g->scan_processes), waiting, &busy, &alive);
    fprintf(out, "<p>modelassay %s, rules %s, sandbox %s, store %s, %s</p>\n", MA_VERSION,
            rules_version(g->scan.rules), g->scan.sandbox, g->reads.store != NULL ? "open" : "none",
            g->key != NULL ? "signs" : "signs nothing");
    fprintf(out,
            "<table><tr><th>helpers at work</th><th>waiting: "
            "interactive</th><th>upload</th><th>backfill</th><th>bytes in the spool</th>"
            "<th>look-ups</th><th>known to the store</th></tr><tr><td>%zu of "
            "%zu</td><td>%zu</td><td>%zu</td><td>%zu</td><td>%" PRIu64 "</td><td>%" PRIu64
            "</td><td>%" PRIu64 "</td></tr></table>\n",
            busy, alive, waiting[LANE_INTERACTIVE], waiting[LANE_UPLOAD], waiting[LANE_BACKFILL],
            spool_quota_used(g->spool), (uint64_t)g->count.looks, (uint64_t)g->count.hits);
    fputs("<table><tr>", out);
    for (int v = 0; v < 5; v++) {
        fprintf(out, "<th>%s</th>", verdict_name((enum verdict)v));
    }
    fputs("</tr><tr>", out);
    for (int v = 0; v < 5; v++) {
        fprintf(out, "<td>%" PRIu64 "</td>", (uint64_t)g->count.scans[v]);
    }
    fputs("</tr></table>\n", out);
}

char *page_status(struct scan_service *g)
{
    struct text t;
    if (!text_begin(&t)) {
        return NULL;
    }
    fputs(head, t.out);
    state(t.out, g);
    recent_table(t.out, g);
    fputs("</body></html>\n", t.out);
    return text_end(&t);
}

bool page_healthy(struct scan_service *g)
{
    size_t waiting[NUM_LANES], busy, alive;
    scheduler_count(scan_processes_scheduler(g->scan_processes), waiting, &busy, &alive);
    return alive > 0;
}
