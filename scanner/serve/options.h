/* options.h - what the daemon was told. */
#ifndef MA_SERVE_OPTIONS_H
#define MA_SERVE_OPTIONS_H
#include "../scan/scan.h"

enum { MAX_ROOTS = 16, MAX_LISTENERS = 4, MAX_CALLBACKS = 16, MAX_UIDS = 64 };
struct serve_options {
    struct scan_options scan; /* rules, limits, policy; isolate is for the helpers */
    const char *listen; /* HOST:PORT or unix:PATH */
    const char *clamd; /* the same, for clamd's protocol; NULL: none */
    const char *token_file, *cache, *spool, *key, *secret_file;
    const char *roots[MAX_ROOTS];
    size_t num_roots; /* folders whose files may be named */
    /* prefixes of URLs that may be told */
    const char *callbacks[MAX_CALLBACKS];
    size_t num_callbacks;
    /* who may come by a unix socket without a token; none: everybody */
    uint64_t uids[MAX_UIDS];
    size_t num_uids;
    uint64_t max_upload, max_spool; /* bytes */
    uint64_t scan_processes, connections, idle_seconds, upload_seconds, grace_seconds;
    bool no_sandbox;
    struct ruleset *rules;
    struct waivers *policy; /* owned */
};
/* 0, or the exit code after a message; *stop: --help was answered. */
int serve_options_parse(struct serve_options *o, int argc, char **argv, bool *stop);
void serve_options_done(struct serve_options *o);
int serve_complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif
