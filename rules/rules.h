/* rules.h - matches facts with rules.
 *
 * A ruleset is immutable once loaded.  The built-in one is compiled into the binary as sorted
 * tables (no JSON at start-up); packs from --rules DIR are loaded beside it and can add findings,
 * never lower them. */
#ifndef MA_RULES_RULES_H
#define MA_RULES_RULES_H
#include "../parsers/base/fact.h"

enum severity { SEV_NONE, SEV_INFO, SEV_LOW, SEV_MEDIUM, SEV_HIGH, SEV_CRITICAL };

/* severity_name() returns a static text such as "critical". */
const char *severity_name(enum severity s);

struct rule {
    const char *id;
    const char *title;
    const char *why;
    unsigned rev;
    enum severity severity;
    const char *const *refs; /* NULL-ended: CWE-502, AML.T0011.000 */
    const char *const *hits; /* NULL-ended: corpus recipes that the rule hits */
    const char *const *misses; /* NULL-ended: corpus recipes that it must not hit */
    enum fact_kind fact;
    uint32_t match; /* root node, private to match.c */
};

struct ruleset;

/* rules_builtin() returns the built-in set, which is never NULL and never freed. */
const struct ruleset *rules_builtin(void);

/* rules_load() returns the built-in set with every *.json under dir and dir/lists/.  Returns NULL
 * on failure; *why is then a text such as "file:/0/match: unknown field 'calee'", which the caller
 * frees, or NULL without memory.  The caller frees the set by rules_free(), which accepts NULL. */
struct ruleset *rules_load(const char *dir, char **why);
void rules_free(struct ruleset *rs);

/* rules_version() returns the version of the built-in packs, such as "2026.11.1". */
const char *rules_version(const struct ruleset *rs);

/* rules_digest() returns 32 bytes: the SHA-256 of the canonical packs and lists. */
const uint8_t *rules_digest(const struct ruleset *rs);

/* rules_count(), rules_at() and rules_find() return the rules; NULL if there is no such rule. */
size_t rules_count(const struct ruleset *rs);
const struct rule *rules_at(const struct ruleset *rs, size_t i);
const struct rule *rules_find(const struct ruleset *rs, const char *id);

/* rules_index() returns the i of rules_at(rs, i) == r; r is a rule of rs. */
size_t rules_index(const struct ruleset *rs, const struct rule *r);

/* rules_warm() compiles every pattern.  Call it before a sandbox that allows no new machine
 * code. */
void rules_warm(const struct ruleset *rs);

/* rules_match() calls hit() for every rule that f matches, in the order of the rules. */
void rules_match(const struct ruleset *rs, const struct fact *f,
                 void (*hit)(void *ctx, const struct rule *r, const struct fact *f), void *ctx);

/* The three levels of an import. */
enum safety { SAFETY_INNOCUOUS, SAFETY_SUSPICIOUS, SAFETY_DANGEROUS };

/* rules_safety() returns the safety of an operation ("import", "call", "new", "build", "method" or
 * "argument") on a global.  *reason is the text of a dangerous entry, or NULL; it lives as long as
 * rs. */
enum safety rules_safety(const struct ruleset *rs, struct bytes module, struct bytes name,
                         struct bytes op, const char **reason);

/* safety_name() returns a static text such as "innocuous". */
const char *safety_name(enum safety s);

/* rules_listed() returns whether text is a line of a plain list ("model-extensions"). */
bool rules_listed(const struct ruleset *rs, const char *list, struct bytes text);

#endif
