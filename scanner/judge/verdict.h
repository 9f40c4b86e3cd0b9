/* verdict.h - what follows for a file from what was found and what was not read. */
#ifndef MA_JUDGE_VERDICT_H
#define MA_JUDGE_VERDICT_H
#include "../object/collect.h"

/* Of f's worst finding and its completeness; is_model: somebody knew its format, or should have. */
enum verdict verdict_of(const struct file_report *f, bool is_model);
/* At the end of a scan: worst, weights_only, verdict, and the gap of a model that no parser
 * claimed. False: out of memory. */
MUST_CHECK bool verdict_finish(struct collector *c, struct file_report *f, bool claimed,
                               enum origin s);
extern const char verdict_unknown[]; /* the reason of that gap */
#endif
