/* collect.h - the sink: facts become findings, imports and gaps of one file. */
#ifndef MA_OBJECT_COLLECT_H
#define MA_OBJECT_COLLECT_H
#include "../scan/options.h"
#include "torch_storages.h"
#include "region_map.h"

struct scan_object;

enum { CLAIM_ANY = 1, CLAIM_PICKLE = 2, CLAIM_ZIP = 4 };

/* a member in the file, its declared CRC, its label */
struct deferred_crc {
    struct range at;
    uint64_t crc32;
    char *where;
};
struct collector {
    struct sink sink; /* first: the parsers' view of this */
    const struct scan_options *options;
    struct file_report *file;
    struct budget *budget;
    struct queue *queue;
    struct scan_object *job; /* object being read */
    const char *where; /* its label */
    bool suppress_facts; /* a try that has executed nothing yet: its facts do not count */
    bool executed; /* the try imported or called something */
    bool failed; /* out of memory */
    bool weights_refused; /* weights_only.c */
    bool content_unrecognised; /* a wrapper's whole content is of no format that is understood */
    char format[32]; /* of the object being read, by its parser */
    const struct source *root; /* the file's own bytes */
    unsigned claimed_by; /* CLAIM_*: who claimed the object that was read last */
    struct region_map
        file_regions; /* tensors and regions of the file, also those in stored members */
    struct region_map members; /* stored members of the file, by offset in the file */
    struct region_map object_regions; /* tensors and regions of an unpacked object at hand */
    struct block_crcs *crcs; /* of the pass at hand; borrowed; NULL: members are read for theirs */
    struct deferred_crc *deferred_crcs;
    size_t num_deferred_crcs, cap_deferred_crcs; /* CRCs to be checked when the pass is over */
    struct torch_storages storages; /* of PyTorch archives: whose tensors their members are */
    unsigned guess_facts; /* of the guess at hand */
    unsigned num_decoded; /* executables whose code was decoded */
    bool region_map_full; /* told already that a place was not kept */
    /* told already that there are too many candidates, that they lie too deep */
    bool too_many_hits, too_deep;
    uint64_t *hits_per_rule; /* findings kept per rule of the ruleset */
    size_t cap_findings, cap_imports, cap_gaps, cap_externs;
    /* of the imports listed: open addressing, index + 1; NULL before the first */
    uint16_t *import_slots;
};
bool collect_init(struct collector *c, const struct scan_options *o, struct file_report *f,
                  struct budget *b, struct queue *q);
/* The worst severity of all hits, kept or not. */
enum severity collect_worst(const struct collector *c);
void collect_done(struct collector *c);
/* A gap makes the file incomplete, and says why. */
bool collect_gap(struct collector *c, const char *where, const char *reason);
/* A fact of the search: counts whatever was said of the object it lies in. */
bool collect_found(struct collector *c, const struct fact *f);
/* Where s's first byte lies in the file (or unpacked object) that it is a part of. */
const struct source *collect_base(const struct source *s, uint64_t *off);
/* An anomaly that the scanner itself found, in the object at hand. */
bool collect_anomaly(struct collector *c, struct range at, const char *slug, const char *detail,
                     struct num declared, struct num actual, struct num limit);
#endif
