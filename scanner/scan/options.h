/* options.h - what a scan is asked to do: rules, limits, policies, hooks of the caller. */
#ifndef MA_SCAN_OPTIONS_H
#define MA_SCAN_OPTIONS_H
#include "../judge/verdict.h"

/* Who wants to know how far a scan is.  Both may be called from the thread that scans. */
struct progress {
    void (*expect)(void *ctx, uint64_t files, uint64_t bytes); /* more of them were found */
    void (*read)(void *ctx, uint64_t bytes); /* that many more were hashed; 0: still at work */
    void *ctx;
};
/* What earlier scans found, by the digest of the bytes (store/store.h). Nothing in it depends on
 * the name of a file, on what lies beside it or on a policy: all of that is looked at again. */
struct scan_options;
struct verdict_cache {
    /* Fills f, whose path and rel are set, but for the digest. size: what it must be, or NULL.
     * False: not known; f is as it was. */
    bool (*lookup)(void *ctx, const struct scan_options *o, const uint8_t sha256[32],
                   const uint64_t *size, struct file_report *f);
    void (*keep)(void *ctx, const struct scan_options *o, const struct file_report *f);
    void *ctx;
};
/* Files of a folder are started on before their turn, which stays that of their names. */
struct prefetcher {
    size_t jobs; /* files at a time */
    /* fd stays open until the scan of that fd is done, or stop() was called. False: it is
     * scanned at its turn. */
    bool (*start)(void *ctx, const struct scan_options *o, const char *path, int fd, uint64_t size);
    void (*stop)(void *ctx); /* forgets what was started and not asked for */
    void *ctx;
};
struct scan_options {
    const struct ruleset *rules;
    uint64_t max[NUM_LIMITS];
    enum severity fail_on;
    /* Scans a file in another process (sandbox/pool.h, serve/scan_process.h) and fills f as
     * scan_file does; NULL: files are scanned in this process. */
    bool (*scan_in_sandbox)(void *ctx, struct file_report *f, const struct scan_options *o, int fd,
                            uint64_t size, enum origin origin);
    void *sandbox_ctx; /* of scan_in_sandbox */
    const char *sandbox; /* how scan_in_sandbox confines parsers, for the report */
    const struct prefetcher *prefetcher; /* with scan_in_sandbox; NULL: one file at a time */
    const uint8_t *digest; /* of a private copy that scan_fd gets, by whoever made it; or NULL */
    const struct verdict_cache *memory; /* borrowed; NULL: every file is scanned */
    /* borrowed; of this run, for files with several names; may be NULL */
    const struct verdict_cache *same_inode;
    const struct waivers *policy; /* borrowed; NULL: none */
    const char *const *excludes;
    size_t num_excludes; /* fnmatch patterns on the relative path */
    const volatile int *cancelled; /* non-zero: stop soon; may be NULL */
    /* inspect: every fact as it comes, with the label of its object.  May be NULL. */
    void (*on_fact)(void *ctx, const char *where, const struct fact *f);
    void *on_fact_ctx;
    /* Opens a file that a model refers to, by the label of the model and the path that it gives;
     * -1: not there. The scan closes it. NULL: beside the model's path (open_companion.h), and
     * nowhere without one. */
    int (*open_external)(void *ctx, const char *label, const char *rel);
    void *open_external_ctx;
    bool map; /* keep what lies where, for forms that draw it */
    const struct progress *progress; /* NULL: nobody */
    /* Called after each file.  May be NULL. */
    void (*on_file)(void *ctx, const struct file_report *f);
    void *on_file_ctx;
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
