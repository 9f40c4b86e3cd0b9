/* model_signature.h - OpenSSF Model Signing v1.0: whose files these are, whatever is in them. */
#ifndef MA_ATTEST_MODEL_SIGNATURE_H
#define MA_ATTEST_MODEL_SIGNATURE_H
#include "../report/jsonw.h"
#include "manifest.h"
#include "model.h"

#define PREDICATE_OMS "https://model_signing/signature/v1.0"

/* The statement for a model: files that are there now, by the given settings. Heap JSON; NULL
 * after a cause. */
char *oms_statement(const struct model *m, const struct hashing *h, struct causes *c);

/* What a statement of the tools (v1.0 and their variants) lists. */
struct oms {
    struct manifest listed; /* in listed order */
    struct hashing hashing;
    bool allow_symlinks;
    const char **ignore;
    size_t num_ignore; /* borrowed from the statement */
};
/* Checks the shape, the one subject, and the root over what is listed. False after a cause;
 * oms_done either way. */
bool oms_read(const struct json *statement, struct causes *c, struct oms *out);
void oms_done(struct oms *o);
#endif
