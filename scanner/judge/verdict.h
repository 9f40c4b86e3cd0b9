/* verdict.h - computes a file's verdict from its findings and gaps. */
#ifndef MA_JUDGE_VERDICT_H
#define MA_JUDGE_VERDICT_H
#include "judge.h"

/* How a file came into the scan. */
enum origin {
    ORIGIN_FOLDER, /* found in a folder */
    ORIGIN_COMMAND_LINE, /* named by the user */
    ORIGIN_REFERENCE /* a model refers to it */
};

/* What the reading of a file's objects left to be judged. */
struct file_end {
    enum origin origin;
    bool claimed; /* a parser vouched for the whole file */
    bool content_unrecognised; /* a wrapper's whole content is of no known format */
    bool out_of_memory; /* somewhere, perhaps where it was taken for the end of a guess */
};

/* verdict_model_extension returns whether a file of that name is a model by lists/model-extensions;
 * extensions of compression are looked through. */
bool verdict_model_extension(const struct ruleset *rules, const char *rel);
/* verdict_of returns the verdict that f's worst finding and its completeness make. is_model: a
 * parser knew its format, or should have. */
enum verdict verdict_of(const struct file_report *f, bool is_model);
/* verdict_finish sets the worst severity, weights_only, the verdict and the gap of a model that no
 * parser claimed. Returns false when out of memory. */
MUST_CHECK bool verdict_finish(struct judge *j, const struct file_end *end);
#endif
