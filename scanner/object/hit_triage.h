/* hit_triage.h - one hit of the search: what stands there, as a fact or as an object to be read. */
#ifndef MA_OBJECT_HIT_TRIAGE_H
#define MA_OBJECT_HIT_TRIAGE_H
#include "../../parsers/search/embedded_pickle.h"
#include "../../parsers/search/prefilter.h"
#include "collect.h"
#include "object.h"

struct hit_triage {
    struct collector *c;
    struct scan_object *job; /* whose bytes are searched: the file, or an unpacked object */
    unsigned claimed_by;
    bool file;
    unsigned num_members;
    uint64_t script_end;
    struct embedded_protos protos;
    size_t next_proto; /* of the last walk that found nothing */
    /* the last run of base64 or hex, and the alignments of it that were tried */
    uint64_t text_end;
    unsigned text_shifts;
};

/* A hit's surroundings. */
struct hit_location {
    struct hit hit;
    char *where; /* label of the member or object it is in; heap when own */
    uint64_t off; /* in that */
    unsigned claimed_by; /* who claimed that */
    struct bytes role, name; /* of the tensor or region; p NULL: none */
    bool unplaced; /* ... or one that was not kept */
};
/* What has been read by its own parser is no news, and counts for nothing here. False: the
 * search ends. */
MUST_CHECK bool triage_hit(struct hit_triage *f, const struct hit_location *s);
#endif
