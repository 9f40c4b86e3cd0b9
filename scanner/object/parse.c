#include "parse.h"

extern const struct parser script_parser, sidefile_parser;

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The two ends of an object, as bids see them; one allocation. */
struct ends {
    uint8_t head[GLIMPSE_HEAD], tail[GLIMPSE_TAIL];
};

static bool glimpse(struct source *src, struct ends *e, struct glimpse *g)
{
    size_t num_head = 0, num_tail = 0;
    uint64_t tail_at = src->size > GLIMPSE_TAIL ? src->size - GLIMPSE_TAIL : 0;
    if (!source_read_some(src, 0, e->head, sizeof e->head, &num_head)
        || !source_read_some(src, tail_at, e->tail, sizeof e->tail, &num_tail)) {
        return false;
    }
    *g = (struct glimpse){ { e->head, num_head }, { e->tail, num_tail }, src->size };
    return true;
}

static const char *why_stopped(const struct collector *c, struct scan_object *j)
{
    if (c->options->cancelled != NULL && *c->options->cancelled != 0) {
        return "cancelled";
    }
    return source_failed(&j->src)     ? "a read failed"
           : c->budget->out_of_memory ? "out of memory"
                                      : "stopped";
}

/* Who runs into a limit has a file that no honest writer made, or one that needs a larger limit. */
static bool note_limit(struct collector *c)
{
    struct num none = { 0 };
    enum limit hit = c->budget->exceeded;
    return hit == LIMIT_facts
           || collect_anomaly(c, (struct range){ 0, 0 }, "limit-reached", limit_rows[hit].name,
                              none, none, num_of(c->budget->max[hit]));
}

static bool ended(struct collector *c, struct scan_object *j, const struct parser *p,
                  enum parse_end end)
{
    char reason[128];
    switch (end) {
    case PARSE_WHOLE: return true;
    case PARSE_MALFORMED: snprintf(reason, sizeof reason, "malformed %s", p->name); break;
    case PARSE_UNSUPPORTED:
        snprintf(reason, sizeof reason, "%s with a feature that is not supported", p->name);
        break;
    case PARSE_STOPPED:
        if (c->budget->exceeded != NUM_LIMITS) {
            snprintf(reason, sizeof reason, "limit %s reached",
                     limit_rows[c->budget->exceeded].name);
            if (!note_limit(c) && c->failed) {
                return false;
            }
        } else {
            snprintf(reason, sizeof reason, "%s", why_stopped(c, j));
        }
        break;
    }
    return collect_gap(c, j->where, reason);
}

/* A claim must end whole.  A try that executed nothing is forgotten, but one
 * that was stopped early has not been followed to its end. */
static bool read_with(struct collector *c, struct scan_object *j, const struct parser *p,
                      bool claimed_by)
{
    struct object o = { &j->src, c->budget, &c->sink, j->pickle, j->no_joblib, j->as };
    enum limit hit_before = c->budget->exceeded;
    c->suppress_facts = !claimed_by;
    c->executed = false;
    c->format[0] = 0;
    enum parse_end end = p->parse(&o);
    c->suppress_facts = false;
    if (c->failed) {
        return false;
    }
    if (c->format[0] == 0) {
        snprintf(c->format, sizeof c->format, "%s", p->name);
    }
    if (claimed_by && end == PARSE_MALFORMED && hit_before == NUM_LIMITS
        && c->budget->exceeded != NUM_LIMITS) {
        end = PARSE_STOPPED; /* malformed by a limit that somebody set, not by its format */
    }
    if (!claimed_by && !c->executed && end != PARSE_STOPPED) {
        c->budget->exceeded = hit_before;
        return true;
    }
    if (!claimed_by && end == PARSE_MALFORMED) {
        return true; /* what it executed is reported; the rest is not its own format */
    }
    return ended(c, j, p, end);
}

static bool is_pickle(const struct parser *p) { return strcmp(p->name, "pickle") == 0; }

/* Does whoever reads the parent give this object to a reader of that format? */
static bool handed_to(const struct scan_object *j, const struct parser *p)
{
    bool unpickled = j->pickle || j->as == AS_TORCH_STORAGES || j->as == AS_TORCH_TENSORS;
    return unpickled ? is_pickle(p)
                     : (j->as == AS_SCRIPT && p == &script_parser)
                           || (j->as == AS_CONFIG && p == &sidefile_parser);
}

static unsigned claim_of(const struct parser *p)
{
    return is_pickle(p)                  ? CLAIM_ANY | CLAIM_PICKLE
           : strcmp(p->name, "zip") == 0 ? CLAIM_ANY | CLAIM_ZIP
                                         : CLAIM_ANY;
}

/* Claims first, so that the format of the report is the claimant's. */
static bool read_all(struct collector *c, struct scan_object *j, const struct glimpse *g,
                     bool *claimed)
{
    char format[sizeof c->format] = "";
    int best = 0, num_claims = 0;
    for (size_t i = 0; parsers[i] != NULL; i++) {
        int bid = handed_to(j, parsers[i]) ? 100 : parsers[i]->bid(g);
        bool claimed_by = bid >= BID_CLAIMS && !j->speculative && !j->opaque_data;
        if (bid <= 0 && !is_pickle(parsers[i])) {
            continue;
        }
        if (!read_with(c, j, parsers[i], claimed_by)) {
            return false;
        }
        num_claims += claimed_by;
        c->claimed_by |= claimed_by ? claim_of(parsers[i]) : 0u;
        if (claimed_by && bid > best) {
            best = bid;
            memcpy(format, c->format, sizeof format);
        }
    }
    memcpy(c->format, format, sizeof format);
    *claimed = num_claims > 0;
    if (num_claims > 1) {
        return collect_anomaly(c, (struct range){ 0, j->src.size }, "polyglot",
                               "the file is valid in more than one format", (struct num){ 0 },
                               num_of((uint64_t)num_claims), num_of(1))
               || !c->failed;
    }
    return true;
}

bool parse_object(struct collector *c, struct scan_object *j, bool *claimed)
{
    struct glimpse g;
    struct ends *e = malloc(sizeof *e);
    *claimed = false;
    if (e == NULL) {
        return false;
    }
    c->job = j;
    c->where = j->where;
    c->claimed_by = 0;
    bool ok = glimpse(&j->src, e, &g) ? read_all(c, j, &g, claimed)
                                      : collect_gap(c, j->where, "a read failed");
    free(e);
    return ok;
}
