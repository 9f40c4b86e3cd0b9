/* options.h - the options of the daemon. */
#ifndef MA_SERVE_OPTIONS_H
#define MA_SERVE_OPTIONS_H
#include "../scan/scan.h"

enum { MAX_ROOTS = 16, MAX_CALLBACKS = 16, MAX_UIDS = 64 };

struct serve_options {
    /* The options of each scan in the scan processes. */
    struct scan_options scan;

    /* Address of HTTP, and of the clamd protocol, which may be NULL (listen.h). */
    const char *listen, *clamd;
    const char *token_file, *cache, *spool, *key, *secret_file;

    /* Folders whose files clients may name. */
    const char *roots[MAX_ROOTS];
    size_t num_roots;

    /* Prefixes of URLs that may be notified. */
    const char *callbacks[MAX_CALLBACKS];
    size_t num_callbacks;

    /* Users that need no token on a unix socket; none: all. */
    uint64_t uids[MAX_UIDS];
    size_t num_uids;

    /* Bytes of one file, and of all files in the spool. */
    uint64_t max_upload, max_spool;
    /* Numbers of scan processes and of connections. */
    uint64_t scan_processes, connections;
    uint64_t idle_seconds, upload_seconds, grace_seconds;
    bool no_sandbox;

    /* Loaded from --rules and --policy; owned. */
    struct ruleset *rules;
    struct waivers *policy;
};

/* serve_options_parse returns 0, or the exit code after a message. *stop: --help was printed.
 * serve_options_done is to be called in every case. */
int serve_options_parse(struct serve_options *o, int argc, char **argv, bool *stop);
void serve_options_done(struct serve_options *o);
#endif
