#include "pages.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void line(FILE *out, const char *name, const char *type, const char *help, uint64_t v)
{
    fprintf(out, "# HELP modelassay_%s %s\n# TYPE modelassay_%s %s\nmodelassay_%s %" PRIu64 "\n", name, help, name, type, name, v);
}

/* Labels are our own words: nothing that a client sent is in here. */
static void scans(FILE *out, const struct gate *g)
{
    fputs("# HELP modelassay_scans_total Scans by verdict.\n# TYPE modelassay_scans_total counter\n", out);
    for (int v = 0; v < 5; v++) {
        fprintf(out, "modelassay_scans_total{verdict=\"%s\"} %" PRIu64 "\n", verdict_name((enum verdict)v), (uint64_t)g->count.scans[v]);
    }
}

static void queue(FILE *out, struct gate *g)
{
    size_t waiting[NUM_LANES], busy, alive;
    lanes_count(helpers_lanes(g->helpers), waiting, &busy, &alive);
    fputs("# HELP modelassay_waiting Scans that wait, by lane.\n# TYPE modelassay_waiting gauge\n", out);
    for (int i = 0; i < NUM_LANES; i++) {
        fprintf(out, "modelassay_waiting{lane=\"%s\"} %zu\n", lane_name((enum lane)i), waiting[i]);
    }
    line(out, "helpers_busy", "gauge", "Helpers at work.", busy);
    line(out, "helpers_alive", "gauge", "Helpers there are.", alive);
    line(out, "spool_bytes", "gauge", "Bytes in the spool, announced ones too.", spool_room_used(g->spool));
}

char *page_metrics(struct gate *g)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    if (out == NULL) {
        return NULL;
    }
    scans(out, g);
    line(out, "bytes_total", "counter", "Bytes scanned.", g->count.bytes);
    line(out, "looks_total", "counter", "Look-ups by digest.", g->count.looks);
    line(out, "store_hits_total", "counter", "Verdicts that the store knew.", g->count.hits);
    line(out, "accepted_total", "counter", "Files that were accepted.", g->count.accepted);
    line(out, "refused_total", "counter", "Files that were refused.", g->count.refused);
    line(out, "retry_total", "counter", "Answers that asked for another try.", g->count.retry);
    line(out, "busy_total", "counter", "Uploads turned away because too many bytes wait.", g->count.busy);
    line(out, "unauthorized_total", "counter", "Requests without a valid token.", g->count.unauthorized);
    line(out, "broken_total", "counter", "Requests that broke off.", g->count.broken);
    line(out, "clamd_total", "counter", "Scans asked for in clamd's protocol.", g->count.clamd);
    line(out, "callbacks_total", "counter", "Callbacks that were delivered.", g->count.callbacks);
    line(out, "callbacks_lost_total", "counter", "Callbacks that nobody took.", g->count.callbacks_lost);
    queue(out, g);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

bool page_healthy(struct gate *g)
{
    size_t waiting[NUM_LANES], busy, alive;
    lanes_count(helpers_lanes(g->helpers), waiting, &busy, &alive);
    return alive > 0;
}
