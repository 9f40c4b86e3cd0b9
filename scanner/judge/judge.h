/* judge.h - turns the facts of one file into the rows of its report: findings, imports, external
 * files and gaps. */
#ifndef MA_JUDGE_JUDGE_H
#define MA_JUDGE_JUDGE_H
#include "../../parsers/base/hash_index.h"
#include "../../parsers/base/parser.h"
#include "../report/report.h"

/* The object that a fact is about. */
struct object_ctx {
    const char *label; /* a.pt!/archive/data.pkl, printable; borrowed */
    unsigned depth; /* 0: the file itself */
    bool speculative; /* a guess of the search, which no format declares */
};

struct judge {
    struct file_report *file; /* borrowed; receives the rows */
    const struct ruleset *rules; /* borrowed */
    uint64_t max_findings_per_rule; /* kept; the rest are counted */
    uint64_t *hits_per_rule; /* by the rule's index in the ruleset; owned */
    struct hash_index import_index; /* of the imports listed; its slots are owned */
    size_t cap_findings; /* capacity of file->findings */
    size_t cap_imports; /* capacity of file->imports */
    size_t cap_externs; /* capacity of file->externs */
    size_t cap_gaps; /* capacity of file->gaps */
    bool weights_refused; /* torch.load(weights_only=True) refuses what was seen (weights_only.h) */
    bool failed; /* out of memory: the report lacks a row */
};

/* judge_init prepares j for a file whose report may already hold rows. Returns false when out of
 * memory; judge_done is right in either case. */
MUST_CHECK bool judge_init(struct judge *j, struct file_report *file, const struct ruleset *rules,
                           uint64_t max_findings_per_rule);
void judge_done(struct judge *j);
/* judge_fact adds the rows that f makes: an import, an external file, and a finding for every rule
 * that it matches. Out of memory is j->failed. */
void judge_fact(struct judge *j, const struct object_ctx *of, const struct fact *f);
/* judge_gap makes the file incomplete and lists why, once for equal gaps in a row. Returns false
 * when out of memory, which is j->failed. j needs no judge_init for it: a zeroed one with `file`
 * and `cap_gaps` set will do. */
bool judge_gap(struct judge *j, const char *label, struct gap g);
/* judge_worst returns the worst severity of all hits, whether they were kept or only counted. */
enum severity judge_worst(const struct judge *j);
#endif
