/* model.h - lists and hashes the files of a model on disk, by the settings of its signature: a
 * file, or a folder with all files in it. */
#ifndef MA_ATTEST_MODEL_H
#define MA_ATTEST_MODEL_H
#include "verify_failure.h"
#include "manifest.h"

struct model {
    const char *path;
    /* Name of a file whose path has another one, or NULL. */
    const char *name;
    /* Ignore .git and the like at the top of the folder, as OMS does. */
    bool oms;
    /* Follow symlinks to files. A symlink to a folder is always refused. */
    bool allow_symlinks;

    /* Paths below the folder that are left out, with all files in them. */
    const char *const *ignore;
    size_t num_ignore;

    /* The only files to read; none: all. */
    const char *const *only;
    size_t num_only;

    /* Files that a model of one file needs, read from its folder; or NULL. */
    const struct manifest *needed;

    /* Files that are not part of the model, such as its bundles. */
    const char *const *exclude;
    size_t num_exclude;
};

/* model_name returns the name of the file or folder on the heap; ".", "x/" and "x/.." are resolved.
 * Returns NULL when it does not exist, or when out of memory. */
char *model_name(const char *path);

/* model_read hashes the files into *out, sorted. Returns false after a failure. manifest_done is to
 * be called in either case. */
MUST_CHECK bool model_read(const struct model *m, const struct hashing *h, struct failures *c,
                           struct manifest *out);
#endif
