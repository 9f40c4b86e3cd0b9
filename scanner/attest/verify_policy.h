/* verify_policy.h - the file of a verify policy: which signers and which statements a model needs.
 *
 *   {"rules": [{"paths":   ["released-*"],
 *               "signers": [{"key": "ci.pub", "types": ["scan"]},
 *                           {"ca": "ca.pem", "identity": "ci@example.org"}],
 *               "require": ["scan", "oms"],
 *               "max_age": "30d", "rulesets": [HEX], "min_scanner": "0.1.0",
 *               "verdicts": ["PASSED", "WARNED"],
 *               "allow": ["waivers", "no-sandbox", "gaps"]}]}
 *
 * paths: patterns of fnmatch(3) for the path of the model as given, or for its name; without paths
 * a rule matches all models. require: the statements that there must be; default scan. The first
 * rule that matches decides, and a model without a rule is refused. Paths in a policy are relative
 * to its folder. Unknown fields and values are errors: a typo would silently drop a requirement. */
#ifndef MA_ATTEST_VERIFY_POLICY_H
#define MA_ATTEST_VERIFY_POLICY_H
#include "requirements.h"

/* verify_policy_load reads the rule of a policy that is for this model. Returns false with *why:
 * text on the heap, or NULL when out of memory. requirements_done is to be called in either
 * case. */
MUST_CHECK bool verify_policy_load(const char *path, const char *model, struct requirements *out,
                                   char **why);
#endif
