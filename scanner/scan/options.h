/* options.h - the options of a scan: rules, limits, policies, and hooks of the caller. */
#ifndef MA_SCAN_OPTIONS_H
#define MA_SCAN_OPTIONS_H
#include "../judge/verdict.h"

/* Progress callbacks. They may be called from the thread that scans. */
struct progress {
    void (*expect)(void *ctx, uint64_t files, uint64_t bytes); /* so many more were found */
    void (*read)(void *ctx, uint64_t bytes); /* so many more were hashed; 0: still at work */
    void *ctx;
};

/* Reports of earlier scans, by the digest of the file (store/store.h). They depend neither on the
 * name of the file nor on its neighbours nor on a policy: all of that is evaluated each time. */
struct scan_options;
struct verdict_cache {
    /* Fills f, whose path and rel are set, except for the digest. size: that the file must have, or
     * NULL. Returns false when the digest is not in the cache; f is then as it was. */
    bool (*lookup)(void *ctx, const struct scan_options *o, const uint8_t sha256[32],
                   const uint64_t *size, struct file_report *f);
    /* Stores a complete report, if it may be stored. */
    void (*store)(void *ctx, const struct scan_options *o, const struct file_report *f);
    void *ctx;
};

/* Starts files of a folder ahead of their scan; reports still come in the order of their names. */
struct prefetcher {
    size_t jobs; /* files at a time */
    /* Starts a file. fd stays open until it was scanned, or stop() was called. Returns false
     * when it cannot be started ahead. */
    bool (*start)(void *ctx, const struct scan_options *o, const char *path, int fd, uint64_t size);
    /* Cancels what was started and not scanned. */
    void (*stop)(void *ctx);
    void *ctx;
};

/* Everything is borrowed. */
struct scan_options {
    const struct ruleset *rules;
    uint64_t max[NUM_LIMITS];
    enum severity fail_on;
    const struct waivers *policy; /* NULL: none */

    /* Scans a file in another process (sandbox/pool.h, serve/scan_process.h) and fills f as
     * scan_file does; NULL: files are scanned in this process. */
    bool (*scan_in_sandbox)(void *ctx, struct file_report *f, const struct scan_options *o, int fd,
                            uint64_t size, enum origin origin);
    void *sandbox_ctx; /* of scan_in_sandbox */
    const char *sandbox; /* how scan_in_sandbox confines parsers, for the report */
    const struct prefetcher *prefetcher; /* with scan_in_sandbox; NULL: one file at a time */

    const uint8_t *digest; /* of the private copy that scan_fd gets, by its maker; or NULL */
    const struct verdict_cache *cache; /* NULL: every file is scanned */
    const struct verdict_cache *same_inode; /* of this run, for files of several names; or NULL */

    const char *const *excludes; /* fnmatch patterns on the relative path */
    size_t num_excludes;
    const volatile int *cancelled; /* non-zero: stop soon; may be NULL */
    bool map; /* keep the regions of each file, for forms that draw them */

    /* Called with every fact and the label of its object, for inspect; may be NULL. */
    void (*on_fact)(void *ctx, const char *label, const struct fact *f);
    void *on_fact_ctx;
    /* Called when the report of a file is final; may be NULL. */
    void (*on_file)(void *ctx, const struct file_report *f);
    void *on_file_ctx;
    const struct progress *progress; /* may be NULL */

    /* Opens a file that a model refers to, by the label of the model and the path that it gives.
     * Returns -1 if absent. The scan takes ownership of the descriptor. NULL: such files are opened
     * beside the model's path (open_companion.h), if it has one. */
    int (*open_external)(void *ctx, const char *label, const char *rel);
    void *open_external_ctx;
};
/* scan_options_init sets the built-in rules and the default limits; everything else is zero. */
void scan_options_init(struct scan_options *o);
/* scan_options_find_same says whether a worker that was forked with a finds the same in a file as
 * one that is forked with b: rules, limits and what is kept are equal. */
bool scan_options_find_same(const struct scan_options *a, const struct scan_options *b);
#define LIMIT_OPTION_BYTES 64u
/* limit_option_name writes the name of the option that sets a limit: max-heap-bytes. */
void limit_option_name(enum limit which, char name[LIMIT_OPTION_BYTES]);
#endif
