/* ruleset.h - the built-in tables and those added to them; private to rules/. */
#ifndef MA_RULES_RULESET_H
#define MA_RULES_RULESET_H
#include "model.h"

struct part {
    const struct model *model;
    struct patterns *patterns;
    /* bit k: some rule is about facts of kind k; tensors come by the hundred thousand */
    uint64_t kinds;
};
struct ruleset {
    struct part part[2]; /* built-in; added by --rules */
    const struct model *models[2];
    size_t num_parts;
    struct model *added; /* owned, NULL in the built-in set */
};

struct lookup set_lookup(const struct ruleset *rs, struct bytes family);
/* Lists as a rule of that part sees them: the built-in ones see only their own,
 * so that an added list cannot lower them. */
bool part_listed(const struct ruleset *rs, const struct part *part, struct bytes list,
                 struct bytes text);
#endif
