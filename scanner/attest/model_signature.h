/* model_signature.h - OpenSSF Model Signing v1.0: whose files these are, whatever is in them. */
#ifndef MA_ATTEST_MODEL_SIGNATURE_H
#define MA_ATTEST_MODEL_SIGNATURE_H
#include "../report/jsonw.h"
#include "manifest.h"
#include "model.h"

#define PREDICATE_OMS "https://model_signing/signature/v1.0"

/* The statement for a model: files that are there now, by the given settings. Heap JSON; NULL
 * after a cause. */
char *model_signature_statement(const struct model *m, const struct hashing *h, struct failures *c);

/* What a statement of the tools (v1.0 and their variants) lists. */
struct model_signature {
    struct manifest listed; /* in listed order */
    struct hashing hashing;
    bool allow_symlinks;
    const char **ignore;
    size_t num_ignore; /* borrowed from the statement */
};
/* Checks the shape, the one subject, and the root over what is listed. False after a cause;
 * model_signature_done either way. */
bool model_signature_read(const struct json *statement, struct failures *c,
                          struct model_signature *out);
void model_signature_done(struct model_signature *o);
#endif
