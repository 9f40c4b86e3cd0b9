#include "parse.h"

#include "../../parsers/parsers.h"
#include "loader_names.h"

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

static struct gap gap_of_stop(const struct collector *c, struct scan_object *obj)
{
    if (c->budget->exceeded != NUM_LIMITS) {
        return gap_limit(c->budget->exceeded);
    }
    if (collect_cancelled(c)) {
        return gap_of(GAP_CANCELLED);
    }
    if (source_failed(&obj->src)) {
        return gap_of(GAP_READ_FAILED);
    }
    return gap_of(c->budget->out_of_memory ? GAP_OUT_OF_MEMORY : GAP_STOPPED);
}

/* Exceeding a limit means a malformed file, or a limit that is too low. */
static bool note_limit(struct collector *c)
{
    enum limit hit = c->budget->exceeded;
    return hit == LIMIT_facts
           || collect_anomaly(c, (struct range){ 0, 0 }, "limit-reached", limit_rows[hit].name,
                              NUM_NONE, NUM_NONE, num_of(c->budget->max[hit]));
}

static bool note_end(struct collector *c, struct scan_object *obj, const struct parser *p,
                     enum parse_end end)
{
    struct gap g = { 0 };
    switch (end) {
    case PARSE_WHOLE: return true;
    case PARSE_MALFORMED: g = gap_detail(GAP_MALFORMED, p->name); break;
    case PARSE_UNSUPPORTED: g = gap_detail(GAP_UNSUPPORTED_FEATURE, p->name); break;
    case PARSE_STOPPED: g = gap_of_stop(c, obj); break;
    }
    if (g.code == GAP_LIMIT && !note_limit(c) && c->judge.failed) {
        return false;
    }
    return collect_gap(c, obj->label, g);
}

static enum parse_end run_parser(struct collector *c, struct scan_object *obj,
                                 const struct parser *p, bool claims)
{
    struct object o = { &obj->src, c->budget, &c->sink, obj->pickle, obj->no_joblib, obj->as };
    struct parse_attempt *attempt = &c->attempt;
    attempt->suppress_facts = !claims;
    attempt->executed = false;
    attempt->format[0] = 0;
    enum parse_end end = p->parse(&o);
    attempt->suppress_facts = false;
    if (attempt->format[0] == 0) {
        snprintf(attempt->format, sizeof attempt->format, "%s", p->name);
    }
    return end;
}

/* A claim must end whole. A parser that tried without a claim and executed nothing is disregarded,
 * but one that was stopped early has not been followed to its end. */
static bool read_with(struct collector *c, struct scan_object *obj, const struct parser *p,
                      bool claims)
{
    enum limit exceeded_before = c->budget->exceeded;
    c->attempt.guess = obj->opaque_data && !claims;
    enum parse_end end = run_parser(c, obj, p, claims);
    if (c->judge.failed) {
        return false;
    }
    bool exceeded_now = exceeded_before == NUM_LIMITS && c->budget->exceeded != NUM_LIMITS;
    if (claims && end == PARSE_MALFORMED && exceeded_now) {
        end = PARSE_STOPPED; /* malformed by a limit, not by its format */
    }
    if (!claims && !c->attempt.executed && end != PARSE_STOPPED) {
        c->budget->exceeded = exceeded_before;
        return true;
    }
    if (!claims && end == PARSE_MALFORMED) {
        return true; /* what it executed is reported; the rest is not its own format */
    }
    return note_end(c, obj, p, end);
}

static bool is_pickle(const struct parser *p) { return strcmp(p->name, "pickle") == 0; }

/* Do loaders of the parent hand this object to a reader of that format? */
static bool handed_to(const struct scan_object *obj, const struct parser *p)
{
    if (obj->pickle) {
        return is_pickle(p);
    }
    switch (obj->as) {
    case AS_SCRIPT_PICKLE:
    case AS_TORCH_STORAGES:
    case AS_TORCH_TENSORS: return is_pickle(p);
    case AS_SCRIPT: return p == &script_parser;
    case AS_CONFIG: return p == &sidefile_parser;
    case AS_TEMPLATE:
    case AS_TEMPLATE_FILE: return p == &jinja_parser;
    default: return false;
    }
}

static unsigned claim_of(const struct parser *p)
{
    if (is_pickle(p)) {
        return CLAIM_ANY | CLAIM_PICKLE;
    }
    return strcmp(p->name, "zip") == 0 ? CLAIM_ANY | CLAIM_ZIP : CLAIM_ANY;
}

/* Does this parser vouch for the object? In a storage of PyTorch, other readers of the archive
 * (numpy.load) look for their magic numbers; a pickle there is read without a claim. */
static bool claims_object(const struct scan_object *obj, const struct parser *p, int bid)
{
    if (obj->speculative) {
        return false;
    }
    return obj->opaque_data ? bid >= BID_CLAIMS_OPAQUE && !is_pickle(p) : bid >= BID_CLAIMS;
}

static bool note_polyglot(struct collector *c, const struct scan_object *obj, uint64_t num_claims)
{
    return collect_anomaly(c, (struct range){ 0, obj->src.size }, "polyglot",
                           "the file is valid in more than one format", NUM_NONE,
                           num_of(num_claims), num_of(1))
           || !c->judge.failed;
}

/* The text of a template is no other format; it may still be a pickle. */
static int bid_of(const struct scan_object *obj, const struct parser *p, const struct glimpse *g)
{
    if (handed_to(obj, p)) {
        return 100;
    }
    return obj->as == AS_TEMPLATE ? 0 : p->bid(g);
}

/* Every parser that bids; the format of the report is that of the highest claim. */
static bool read_all(struct collector *c, struct scan_object *obj, const struct glimpse *g,
                     bool *claimed)
{
    char format[sizeof c->attempt.format] = "";
    int best = 0;
    uint64_t num_claims = 0;
    if (obj->as == AS_FOUND) {
        obj->as = loader_by_name(obj->label, g);
    }

    for (size_t i = 0; parsers[i] != NULL; i++) {
        int bid = bid_of(obj, parsers[i], g);
        bool claims = claims_object(obj, parsers[i], bid);
        if (bid <= 0 && !is_pickle(parsers[i])) {
            continue;
        }
        bool ok = read_with(c, obj, parsers[i], claims);
        c->attempt.guess = false;
        if (!ok) {
            return false;
        }
        num_claims += claims;
        c->claimed_by |= claims ? claim_of(parsers[i]) : 0u;
        if (claims && bid > best) {
            best = bid;
            memcpy(format, c->attempt.format, sizeof format);
        }
    }
    memcpy(c->attempt.format, format, sizeof format);
    *claimed = num_claims > 0;
    return num_claims <= 1 || note_polyglot(c, obj, num_claims);
}

bool parse_object(struct collector *c, struct scan_object *obj, bool *claimed)
{
    struct glimpse g;
    struct ends *e = malloc(sizeof *e);
    *claimed = false;
    if (e == NULL) {
        return false;
    }
    c->claimed_by = 0;
    bool ok = glimpse(&obj->src, e, &g) ? read_all(c, obj, &g, claimed)
                                        : collect_gap(c, obj->label, gap_of(GAP_READ_FAILED));
    free(e);
    return ok;
}
