/* ruleset.h - the built-in tables and those that --rules adds; private to rules/. */
#ifndef MA_RULES_RULESET_H
#define MA_RULES_RULESET_H
#include "tables.h"

struct part {
    const struct rule_tables *tables;
    struct patterns *patterns;
    uint64_t kinds; /* bit k: a rule is about facts of kind k; most facts have no rule */
};

struct ruleset {
    struct part part[2]; /* built-in; added by --rules */
    const struct rule_tables *tables[2]; /* the same tables, for struct lookup */
    size_t num_parts;
    struct rule_tables *added; /* owned; NULL in the built-in set */
};

/* set_lookup() returns the lists of a family in all parts. */
struct lookup set_lookup(const struct ruleset *rs, struct bytes family);

/* part_listed() returns whether a plain list has a text.  The lists are those that a rule of this
 * part sees: built-in rules see built-in lists only, so that an added list cannot lower them. */
bool part_listed(const struct ruleset *rs, const struct part *part, struct bytes list,
                 struct bytes text);

#endif
