/* model.h - the files of a model on disk, as the one who signed saw them: a file, or a folder
 * and what is in it. */
#ifndef MA_ATTEST_MODEL_H
#define MA_ATTEST_MODEL_H
#include "verify_failure.h"
#include "manifest.h"

struct model {
    const char *path;
    const char *name; /* of a single file whose path does not say it; or NULL */
    bool oms; /* its ignore rules: .git and its like at the top, and those below */
    bool allow_symlinks; /* to files; a symlink to a folder is refused either way */
    /* paths below the folder, left out with all in them */
    const char *const *ignore;
    size_t num_ignore;
    const char *const *only;
    size_t num_only; /* just these; none: all */
    /* a single file's: what it needs is looked for in its folder; or NULL */
    const struct manifest *beside;
    /* files that are not part of the model: the bundles themselves */
    const char *const *exclude;
    size_t num_exclude;
};
/* The name of the file or folder; ".", "x/" and "x/.." resolved. Heap; NULL: not there, or out
 * of memory. */
char *model_name(const char *path);
/* Hashes what is there into *out, sorted.  False after a cause; *out is to be freed either way. */
MUST_CHECK bool model_read(const struct model *m, const struct hashing *h, struct failures *c,
                           struct manifest *out);
#endif
