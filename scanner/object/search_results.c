#include "search_results.h"

#include "../../parsers/search/executable.h"
#include "hit_triage.h"

#include <stdlib.h>
#include <string.h>

enum { HITS_AT_ONCE = 256 };
#define SEARCH_BUFFER 65536u /* bytes of an unpacked object read at a time */

bool hits_overflow(struct collector *c, const char *label)
{
    if (c->too_many_hits) {
        return true;
    }
    c->too_many_hits = true;
    /* a fact of the file, not of the object that was read last */
    struct current_object before = collect_switch(c, (struct current_object){ NULL, label });
    bool ok = collect_gap(c, label, gap_of(GAP_TOO_MANY_CANDIDATES))
              && (collect_anomaly(c, (struct range){ 0, 0 }, "search-flood",
                                  "more candidates for hidden code than are looked at", NUM_NONE,
                                  NUM_NONE, NUM_NONE)
                  || !c->judge.failed);
    (void)collect_switch(c, before);
    return ok;
}

/* Headers of members prove nothing by their number: archives have as many. */
bool hits_capped(struct collector *c, enum magic m, const char *label)
{
    return m == MAGIC_ZIP_LOCAL || hits_overflow(c, label);
}

/* The stored member that the hit lies in. Without memory for its label, the hit keeps its place in
 * the file. */
static void locate_member(struct hit_triage *f, const struct region *member, struct hit_location *s)
{
    struct bytes label = region_name(&f->c->regions.members, member);
    s->claimed_by = member->tag;
    if (label.n > 0) {
        s->label = strndup((const char *)label.p, label.n);
        s->off = s->hit.at - member->at.off;
    }
}

/* The tensor whose storage is the whole member that the hit lies in. */
static void locate_storage(struct hit_triage *f, struct hit_location *s)
{
    s->name = torch_storages_name(&f->c->regions.storages, s->label, s->off);
    if (s->name.p != NULL) {
        s->role = BYTES("tensor");
    }
}

static bool locate_hit(struct hit_triage *f, struct hit h, struct hit_location *s)
{
    struct region_maps *maps = &f->c->regions;
    struct region_map *map = f->is_file ? &maps->file : &maps->unpacked;
    const struct region *member = f->is_file ? region_map_find(&maps->members, h.at) : NULL;
    const struct region *region = region_map_find(map, h.at);
    *s = (struct hit_location){
        .hit = h, .label = f->object->label, .off = h.at, .claimed_by = f->claimed_by
    };
    if (member != NULL) {
        locate_member(f, member, s);
    }
    if (region != NULL && (member == NULL || region->at.off >= member->at.off)) {
        s->role = region_role(map, region);
        s->name = region_name(map, region);
    }
    bool members_lost = f->is_file && maps->members.lost;
    s->unplaced = s->role.p == NULL && (map->lost || members_lost);
    if (s->role.p == NULL && s->label != NULL) {
        locate_storage(f, s);
    }
    return s->label != NULL;
}

static void location_done(const struct hit_triage *f, struct hit_location *s)
{
    if (s->label != f->object->label) {
        free(s->label);
    }
}

/* The gap of a cancelled search, once. */
static bool note_cancelled(struct hit_triage *f)
{
    bool noted = f->c->too_deep;
    f->c->too_deep = true;
    return noted || collect_gap(f->c, f->object->label, gap_of(GAP_CANCELLED));
}

static bool examine_hit(struct hit_triage *f, struct hit h)
{
    struct hit_location s;
    if (collect_cancelled(f->c)) {
        return note_cancelled(f);
    }
    if (!locate_hit(f, h, &s)) {
        return false;
    }
    f->c->attempt.suppress_facts = false;
    struct current_object before =
        collect_switch(f->c, (struct current_object){ f->object, f->object->label });
    bool ok = triage_hit(f, &s);
    (void)collect_switch(f->c, before);
    location_done(f, &s);
    return ok && !f->c->judge.failed;
}

/* --- hits of the file, and of an unpacked object --------------------------------- */

bool search_results_of_file(struct collector *c, struct scan_object *root, unsigned claimed_by,
                            struct scan_pass *p)
{
    struct hit_triage f = { .c = c, .object = root, .claimed_by = claimed_by, .is_file = true };
    struct hit hits[HITS_AT_ONCE];
    bool ok = true;
    for (size_t n; ok && (n = scan_pass_hits(p, hits, HITS_AT_ONCE)) > 0;) {
        for (size_t i = 0; ok && i < n; i++) {
            ok = examine_hit(&f, hits[i]);
        }
    }
    return ok;
}

static bool on_hit(void *ctx, struct hit h) { return examine_hit(ctx, h); }

/* search_block calls back while it holds the buffer: a hit is examined through reads of its own. */
static bool search_source(struct hit_triage *f, struct search *s, uint8_t *cap)
{
    struct source *src = &f->object->src;
    struct hit_sink out = { on_hit, f };
    uint64_t at = 0;
    size_t got = 1;
    while (got > 0) {
        if (!source_read_some(src, at, cap + SEARCH_CARRY, SEARCH_BUFFER, &got)) {
            return collect_gap(f->c, f->object->label, gap_of(GAP_READ_FAILED));
        }
        if (!search_block(s, cap + SEARCH_CARRY, got, got == 0, out)) {
            return false;
        }
        at += got;
    }
    return true;
}

bool search_results_of_object(struct collector *c, struct scan_object *obj)
{
    struct hit_triage f = { .c = c, .object = obj, .claimed_by = c->claimed_by };
    struct search *s = malloc(sizeof *s);
    uint8_t *cap = malloc(SEARCH_CARRY + SEARCH_BUFFER);
    bool ok = s != NULL && cap != NULL;
    if (ok) {
        search_init(s, c->budget->max[LIMIT_candidates], false);
        ok = search_source(&f, s, cap);
    }
    for (size_t i = 0; ok && i < NUM_MAGICS; i++) {
        ok = !s->capped[i] || hits_capped(c, (enum magic)i, obj->label);
    }
    free(cap);
    free(s);
    return ok;
}

void search_results_note_member(struct collector *c, const struct scan_object *obj)
{
    uint64_t off;
    if (obj->codec == CODEC_STORED && obj->data == NULL && !obj->speculative
        && collect_base(&obj->src, &off) == c->root) {
        region_map_add(&c->regions.members, (struct range){ off, obj->src.size },
                       (struct bytes){ 0 }, bytes_of(obj->label), c->claimed_by);
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
