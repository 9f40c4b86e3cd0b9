/* collect.h - the sink of all parsers of one file: facts go to the judge, inner objects on the
 * queue, and the ranges that facts name into maps for the search. */
#ifndef MA_OBJECT_COLLECT_H
#define MA_OBJECT_COLLECT_H
#include "../judge/judge.h"
#include "region_map.h"
#include "torch_storages.h"

struct scan_object;

/* Kinds of parsers that vouched for an object; a set. */
enum { CLAIM_ANY = 1, CLAIM_PICKLE = 2, CLAIM_ZIP = 4 };

/* The object whose facts are collected. */
struct current_object {
    struct scan_object *object; /* NULL: the file as a whole, or a member that was read before */
    const char *label; /* of the object, or of the member that a hit lies in; borrowed */
};

/* What is known of where things lie, for findings of the search. */
struct region_maps {
    struct region_map file; /* tensors and regions of the file, also those in stored members */
    struct region_map members; /* stored members, by their offset in the file */
    struct region_map unpacked; /* tensors and regions of the unpacked object at hand */
    struct torch_storages storages; /* tensors of PyTorch archives, by the members they lie in */
    bool overflow_reported; /* the gap of a region that was not kept is in the report */
};

/* A member whose CRC is compared when all blocks of the file have been summed. */
struct deferred_crc {
    struct range at; /* in the file */
    uint64_t crc32; /* as declared */
    char *label; /* owned */
};
struct deferred_crcs {
    struct block_crcs *blocks; /* of the pass at hand; borrowed; NULL: members are read for it */
    struct deferred_crc *items;
    size_t n;
    size_t cap;
};

/* One parser at work on one object. */
struct parse_attempt {
    bool suppress_facts; /* no claim, and nothing was executed yet: facts do not count */
    bool guess; /* numbers, says the format: only what is executed counts */
    bool executed; /* it imported or called something */
    unsigned num_guess_facts; /* that a guess of the search has added */
    char format[32]; /* as the parser names it; empty: not named yet */
};

struct collector {
    struct sink sink; /* first: the parsers' view of this */
    struct judge judge;
    struct current_object now; /* see collect_switch */
    struct region_maps regions;
    struct deferred_crcs crcs;
    struct parse_attempt attempt;
    struct budget *budget; /* borrowed */
    struct queue *queue; /* borrowed */
    const struct source *root; /* the file's own bytes; borrowed */
    /* inspect: called with every fact and the label of its object. May be NULL. */
    void (*on_fact)(void *ctx, const char *label, const struct fact *f);
    void *on_fact_ctx;
    const volatile int *cancelled; /* non-zero: stop soon; may be NULL */
    unsigned claimed_by; /* CLAIM_*: who claimed the object that was read last */
    unsigned num_described; /* executables whose strings and code were read */
    bool content_unrecognised; /* a wrapper's whole content is of no known format */
    bool too_many_hits; /* reported: more candidates for hidden code than are examined */
    bool too_deep; /* reported: a candidate that a limit kept from being read */
};

/* What collect_init takes from the scan. */
struct collect_setup {
    struct file_report *file;
    const struct ruleset *rules;
    struct budget *budget;
    struct queue *queue;
    void (*on_fact)(void *ctx, const char *label, const struct fact *f); /* may be NULL */
    void *on_fact_ctx;
    const volatile int *cancelled; /* may be NULL */
};
/* collect_init borrows everything in *setup. Returns false when out of memory; collect_done is
 * right in either case. */
MUST_CHECK bool collect_init(struct collector *c, const struct collect_setup *setup);
void collect_done(struct collector *c);
/* collect_switch makes `to` the object of the facts that follow. Returns the one before, to be
 * handed to collect_switch again. */
struct current_object collect_switch(struct collector *c, struct current_object to);
bool collect_cancelled(const struct collector *c);
/* collect_gap makes the file incomplete and lists why. Returns false when out of memory. */
bool collect_gap(struct collector *c, const char *label, struct gap g);
/* collect_found takes a fact of the search, which counts whatever became of the object that it
 * lies in. Returns false when out of memory, or of facts. */
bool collect_found(struct collector *c, const struct fact *f);
/* collect_base returns the file (or unpacked object) that s is a window of, and sets *off to the
 * offset of s's first byte in it. */
const struct source *collect_base(const struct source *s, uint64_t *off);
/* collect_anomaly takes an anomaly that the scanner itself found in the current object. Returns
 * false when the object is not to be read on. */
bool collect_anomaly(struct collector *c, struct range at, const char *slug, const char *detail,
                     struct num declared, struct num actual, struct num limit);
#endif
