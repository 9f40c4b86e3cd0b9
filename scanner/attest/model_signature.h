/* model_signature.h - OpenSSF Model Signing (OMS) v1.0: a signature vouches for the origin of the
 * files and says nothing about their content. */
#ifndef MA_ATTEST_MODEL_SIGNATURE_H
#define MA_ATTEST_MODEL_SIGNATURE_H
#include "../report/jsonw.h"
#include "manifest.h"
#include "model.h"

#define PREDICATE_OMS "https://model_signing/signature/v1.0"

/* model_signature_statement returns the statement about the files on disk as JSON on the heap.
 * Returns NULL after a failure. */
char *model_signature_statement(const struct model *m, const struct hashing *h, struct failures *c);

/* The content of a statement, as the OMS tools write it (v1.0 and its variants). */
struct model_signature {
    /* In the order of the statement. */
    struct manifest listed;
    struct hashing hashing;
    bool allow_symlinks;
    /* The texts are borrowed from the statement. */
    const char **ignore;
    size_t num_ignore;
};

/* model_signature_read checks the form of a statement, its one subject, and the root over the
 * listed files. Returns false after a failure. model_signature_done is to be called in either
 * case. */
bool model_signature_read(const struct json *statement, struct failures *c,
                          struct model_signature *out);
void model_signature_done(struct model_signature *o);
#endif
