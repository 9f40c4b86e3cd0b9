#include "search_results.h"

#include "../../parsers/search/executable.h"
#include "hit_triage.h"

#include <stdlib.h>
#include <string.h>

enum { HITS_AT_ONCE = 256 };
#define SEARCH_BUFFER 65536u /* bytes of an unpacked object read at a time */

bool found_flood(struct collector *c, const char *where)
{
    if (c->flooded) {
        return true;
    }
    c->flooded = true;
    c->where = where;
    c->job = NULL; /* said of the file, not of the object read last */
    struct num none = { 0 };
    return collect_gap(c, where, "more candidates for hidden code than are looked at")
           && (collect_anomaly(c, (struct range){ 0, 0 }, "search-flood",
                               "more candidates for hidden code than are looked at", none, none,
                               none)
               || !c->failed);
}

/* Headers of members prove nothing by their number: archives have as many. */
bool found_capped(struct collector *c, enum magic m, const char *where)
{
    return m == MAGIC_ZIP_LOCAL || found_flood(c, where);
}

static bool spot_of(struct finder *f, struct hit h, struct spot *s)
{
    struct collector *c = f->c;
    struct where *places = f->file ? &c->places : &c->local;
    const struct place *member = f->file ? where_find(&c->members, h.at) : NULL;
    const struct place *place = where_find(places, h.at);
    *s = (struct spot){ .hit = h, .where = f->job->where, .off = h.at, .claims = f->claims };
    if (member != NULL) {
        struct bytes label = place_name(&c->members, member);
        s->claims = member->tag;
        if (label.n > 0) { /* else there was no room for it: the file's own place will do */
            s->where = strndup((const char *)label.p, label.n);
            s->off = h.at - member->at.off;
        }
    }
    if (place != NULL && (member == NULL || place->at.off >= member->at.off)) {
        s->role = place_role(places, place);
        s->name = place_name(places, place);
    }
    s->unplaced = s->role.p == NULL && (places->lost || (f->file && c->members.lost));
    if (s->role.p == NULL && s->where != NULL) {
        s->name = storages_name(&c->storages, s->where, s->off);
        s->role = s->name.p != NULL ? BYTES("tensor") : s->role;
    }
    return s->where != NULL;
}

static void spot_done(const struct finder *f, struct spot *s)
{
    if (s->where != f->job->where) {
        free(s->where);
    }
}

static bool cancelled(const struct collector *c)
{
    return c->options->cancelled != NULL && *c->options->cancelled != 0;
}

static bool look(struct finder *f, struct hit h)
{
    struct spot s;
    if (cancelled(f->c)) {
        bool told = f->c->limited;
        f->c->limited = true;
        return told || collect_gap(f->c, f->job->where, "cancelled");
    }
    if (!spot_of(f, h, &s)) {
        return false;
    }
    f->c->forget = false;
    bool ok = look_at(f, &s);
    spot_done(f, &s);
    f->c->where = f->job->where; /* the spot's own label is gone */
    return ok && !f->c->failed;
}

/* --- whose bytes are searched ---------------------------------------------------- */

bool found_in_file(struct collector *c, struct job *root, unsigned claims, struct pass *p)
{
    struct finder f = { .c = c, .job = root, .claims = claims, .file = true };
    struct hit hits[HITS_AT_ONCE];
    bool ok = true;
    for (size_t n; ok && (n = pass_hits(p, hits, HITS_AT_ONCE)) > 0;) {
        for (size_t i = 0; ok && i < n; i++) {
            ok = look(&f, hits[i]);
        }
    }
    return ok;
}

static bool on_hit(void *ctx, struct hit h) { return look(ctx, h); }

/* search_block calls back while it works: what is looked at is read anew. */
static bool search_source(struct finder *f, struct search *s, uint8_t *room)
{
    struct source *src = &f->job->src;
    struct hit_sink out = { on_hit, f };
    uint64_t at = 0;
    size_t got = 1;
    while (got > 0) {
        if (!source_read_some(src, at, room + SEARCH_CARRY, SEARCH_BUFFER, &got)) {
            return collect_gap(f->c, f->job->where, "a read failed");
        }
        if (!search_block(s, room + SEARCH_CARRY, got, got == 0, out)) {
            return false;
        }
        at += got;
    }
    return true;
}

bool found_in_object(struct collector *c, struct job *j)
{
    struct finder f = { .c = c, .job = j, .claims = c->claims };
    struct search *s = malloc(sizeof *s);
    uint8_t *room = malloc(SEARCH_CARRY + SEARCH_BUFFER);
    bool ok = s != NULL && room != NULL;
    if (ok) {
        search_init(s, c->budget->max[LIMIT_candidates], false);
        ok = search_source(&f, s, room);
    }
    for (size_t i = 0; ok && i < NUM_MAGICS; i++) {
        ok = !s->capped[i] || found_capped(c, (enum magic)i, j->where);
    }
    free(room);
    free(s);
    return ok;
}

void found_member(struct collector *c, const struct job *j)
{
    uint64_t off;
    if (j->codec == CODEC_STORED && j->data == NULL && !j->speculative
        && collect_base(&j->src, &off) == c->root) {
        where_add(&c->members, (struct range){ off, j->src.size }, (struct bytes){ 0 },
                  bytes_of(j->where), c->claims);
    }
}

bool found_in_string(struct collector *c, const struct fact *string)
{
    struct bytes text = string->string.text;
    struct exec e = { .kind = "script" };
    size_t line;
    if (!bytes_start(text, BYTES("#!")) || !script_line(text, &line, e.machine)
        || text.n - line < 4) {
        return true;
    }
    struct fact fact = { .kind = FACT_EXEC, .at = string->at };
    fact.exec.kind = BYTES("script");
    fact.exec.machine = bytes_of(e.machine);
    fact.exec.within = BYTES("string");
    fact.exec.within_name = string->string.key;
    fact.exec.size = string->string.length;
    return collect_found(c, &fact);
}
