#include "search_results.h"

#include "../../parsers/search/executable.h"
#include "hit_triage.h"

#include <stdlib.h>
#include <string.h>

enum { HITS_AT_ONCE = 256 };
#define SEARCH_BUFFER 65536u /* bytes of an unpacked object read at a time */

bool hits_overflow(struct collector *c, const char *where)
{
    if (c->too_many_hits) {
        return true;
    }
    c->too_many_hits = true;
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
bool hits_capped(struct collector *c, enum magic m, const char *where)
{
    return m == MAGIC_ZIP_LOCAL || hits_overflow(c, where);
}

static bool spot_of(struct hit_triage *f, struct hit h, struct hit_location *s)
{
    struct collector *c = f->c;
    struct region_map *places = f->file ? &c->file_regions : &c->object_regions;
    const struct region *member = f->file ? region_map_find(&c->members, h.at) : NULL;
    const struct region *place = region_map_find(places, h.at);
    *s = (struct hit_location){
        .hit = h, .where = f->job->where, .off = h.at, .claimed_by = f->claimed_by
    };
    if (member != NULL) {
        struct bytes label = region_name(&c->members, member);
        s->claimed_by = member->tag;
        if (label.n > 0) { /* else there was no room for it: the file's own place will do */
            s->where = strndup((const char *)label.p, label.n);
            s->off = h.at - member->at.off;
        }
    }
    if (place != NULL && (member == NULL || place->at.off >= member->at.off)) {
        s->role = region_role(places, place);
        s->name = region_name(places, place);
    }
    s->unplaced = s->role.p == NULL && (places->lost || (f->file && c->members.lost));
    if (s->role.p == NULL && s->where != NULL) {
        s->name = torch_storages_name(&c->storages, s->where, s->off);
        s->role = s->name.p != NULL ? BYTES("tensor") : s->role;
    }
    return s->where != NULL;
}

static void spot_done(const struct hit_triage *f, struct hit_location *s)
{
    if (s->where != f->job->where) {
        free(s->where);
    }
}

static bool cancelled(const struct collector *c)
{
    return c->options->cancelled != NULL && *c->options->cancelled != 0;
}

static bool look(struct hit_triage *f, struct hit h)
{
    struct hit_location s;
    if (cancelled(f->c)) {
        bool told = f->c->too_deep;
        f->c->too_deep = true;
        return told || collect_gap(f->c, f->job->where, "cancelled");
    }
    if (!spot_of(f, h, &s)) {
        return false;
    }
    f->c->suppress_facts = false;
    bool ok = triage_hit(f, &s);
    spot_done(f, &s);
    f->c->where = f->job->where; /* the spot's own label is gone */
    return ok && !f->c->failed;
}

/* --- whose bytes are searched ---------------------------------------------------- */

bool search_results_of_file(struct collector *c, struct scan_object *root, unsigned claimed_by,
                            struct scan_pass *p)
{
    struct hit_triage f = { .c = c, .job = root, .claimed_by = claimed_by, .file = true };
    struct hit hits[HITS_AT_ONCE];
    bool ok = true;
    for (size_t n; ok && (n = scan_pass_hits(p, hits, HITS_AT_ONCE)) > 0;) {
        for (size_t i = 0; ok && i < n; i++) {
            ok = look(&f, hits[i]);
        }
    }
    return ok;
}

static bool on_hit(void *ctx, struct hit h) { return look(ctx, h); }

/* search_block calls back while it works: what is looked at is read anew. */
static bool search_source(struct hit_triage *f, struct search *s, uint8_t *cap)
{
    struct source *src = &f->job->src;
    struct hit_sink out = { on_hit, f };
    uint64_t at = 0;
    size_t got = 1;
    while (got > 0) {
        if (!source_read_some(src, at, cap + SEARCH_CARRY, SEARCH_BUFFER, &got)) {
            return collect_gap(f->c, f->job->where, "a read failed");
        }
        if (!search_block(s, cap + SEARCH_CARRY, got, got == 0, out)) {
            return false;
        }
        at += got;
    }
    return true;
}

bool search_results_of_object(struct collector *c, struct scan_object *j)
{
    struct hit_triage f = { .c = c, .job = j, .claimed_by = c->claimed_by };
    struct search *s = malloc(sizeof *s);
    uint8_t *cap = malloc(SEARCH_CARRY + SEARCH_BUFFER);
    bool ok = s != NULL && cap != NULL;
    if (ok) {
        search_init(s, c->budget->max[LIMIT_candidates], false);
        ok = search_source(&f, s, cap);
    }
    for (size_t i = 0; ok && i < NUM_MAGICS; i++) {
        ok = !s->capped[i] || hits_capped(c, (enum magic)i, j->where);
    }
    free(cap);
    free(s);
    return ok;
}

void search_results_note_member(struct collector *c, const struct scan_object *j)
{
    uint64_t off;
    if (j->codec == CODEC_STORED && j->data == NULL && !j->speculative
        && collect_base(&j->src, &off) == c->root) {
        region_map_add(&c->members, (struct range){ off, j->src.size }, (struct bytes){ 0 },
                       bytes_of(j->where), c->claimed_by);
    }
}

bool search_results_of_string(struct collector *c, const struct fact *string)
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
