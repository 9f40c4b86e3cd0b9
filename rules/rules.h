/* rules.h - facts in, findings out.
 *
 * A ruleset is immutable once loaded.  The built-in one is compiled into the
 * binary as sorted tables (no JSON at start-up); packs from --rules DIR are
 * loaded beside it and can add findings, never lower them. */
#ifndef MA_RULES_RULES_H
#define MA_RULES_RULES_H
#include "../parsers/base/fact.h"

enum severity { SEV_NONE, SEV_INFO, SEV_LOW, SEV_MEDIUM, SEV_HIGH, SEV_CRITICAL };
const char *severity_name(enum severity s); /* "critical" */

struct rule {
    const char *id, *title, *why;
    unsigned rev;
    enum severity severity;
    const char *const *refs; /* NULL-ended: CWE-502, AML.T0011.000 */
    const char *const *hits, *const *misses; /* NULL-ended: corpus recipes of its tests */
    enum fact_kind fact;
    uint32_t match; /* root node, private to match.c */
};

struct ruleset;
/* The built-in set: never NULL, never freed. */
const struct ruleset *rules_builtin(void);
/* Built-in plus every *.json under dir (and dir/lists/).  NULL on failure;
 * *why is then "file:/0/match: unknown field 'calee'", the caller's to free. */
struct ruleset *rules_load(const char *dir, char **why);
void rules_free(struct ruleset *rs); /* accepts NULL */

const char *rules_version(const struct ruleset *rs); /* "2026.11.1" */
/* 32 bytes, over the canonical packs and lists */
const uint8_t *rules_digest(const struct ruleset *rs);
size_t rules_count(const struct ruleset *rs);
const struct rule *rules_at(const struct ruleset *rs, size_t i);
/* rules_index returns the i of rules_at(rs, i) == r; r is a rule of rs. */
size_t rules_index(const struct ruleset *rs, const struct rule *r);
const struct rule *rules_find(const struct ruleset *rs, const char *id);

/* Compiles every pattern now: before a sandbox that allows no new machine code. */
void rules_warm(const struct ruleset *rs);

/* Calls hit() for every rule that f matches, in rule order. */
void rules_match(const struct ruleset *rs, const struct fact *f,
                 void (*hit)(void *ctx, const struct rule *r, const struct fact *f), void *ctx);

/* The three levels of an import (DESIGN: safety).  op is "import", "call",
 * "new", "build", "method" or "argument".  *reason: the list's words for a
 * dangerous entry, NULL otherwise; it lives as long as rs. */
enum safety { SAFETY_INNOCUOUS, SAFETY_SUSPICIOUS, SAFETY_DANGEROUS };
enum safety rules_safety(const struct ruleset *rs, struct bytes module, struct bytes name,
                         struct bytes op, const char **reason);
const char *safety_name(enum safety s);
/* Is `text` a line of the plain list `list` ("model-extensions")? */
bool rules_listed(const struct ruleset *rs, const char *list, struct bytes text);
#endif
