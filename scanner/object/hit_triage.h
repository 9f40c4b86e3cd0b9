/* hit_triage.h - confirms one hit of the search, as a fact or as an object to be read. */
#ifndef MA_OBJECT_HIT_TRIAGE_H
#define MA_OBJECT_HIT_TRIAGE_H
#include "../../parsers/search/embedded_pickle.h"
#include "../../parsers/search/prefilter.h"
#include "collect.h"
#include "object.h"

/* The search of one object's bytes. */
struct hit_triage {
    struct collector *c;
    struct scan_object *object; /* the file, or an unpacked object */
    unsigned claimed_by; /* CLAIM_* of the parsers that vouched for it */
    bool is_file;
    unsigned num_members; /* local headers of zip members that were reported */
    uint64_t script_end; /* of the last script; hits before it are more of the same text */
    struct embedded_protos protos; /* PROTO opcodes that the last walk without a call passed */
    size_t next_proto; /* index in protos of the first at or behind the last hit */
    uint64_t text_end; /* of the last run of base64 or hex */
    unsigned text_shifts; /* alignments of that run that were decoded; a set of bits 0 to 3 */
};

/* What a hit lies in. */
struct hit_location {
    struct hit hit;
    char *label; /* of the member or object; owned, unless it is the searched object's */
    uint64_t off; /* offset in that member or object */
    unsigned claimed_by; /* CLAIM_* of the parsers that vouched for it */
    struct bytes role; /* of the tensor or region; p NULL: none */
    struct bytes name; /* of the tensor or region; p NULL: none */
    bool unplaced; /* it may lie in a region that was not kept */
};
/* triage_hit examines one hit. Ranges already parsed are skipped and not counted. Returns false
 * when the search has to end. */
MUST_CHECK bool triage_hit(struct hit_triage *f, const struct hit_location *s);
#endif
