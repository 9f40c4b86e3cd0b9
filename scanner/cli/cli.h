/* cli.h - declarations that the commands share. Reports go to stdout, messages to stderr. */
#ifndef MA_CLI_CLI_H
#define MA_CLI_CLI_H
#include "../scan/scan.h"

/* Exit codes of all commands; programs rely on them. */
enum { EXIT_CLEAN = 0, EXIT_FINDING = 1, EXIT_INCOMPLETE = 2, EXIT_USAGE = 64 };

struct command {
    const char *name, *synopsis, *does;
    /* argv[0] is the name of the command. Returns the exit code. */
    int (*run)(int argc, char **argv);
    /* The lines of --help about options of this command only, or NULL. */
    const char *options;
    /* Does it accept the options of a scan? */
    bool scans;
};
/* All commands; the last entry has no name. */
extern const struct command commands[];

int cmd_scan(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_attest(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_sign(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_diff(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_hook(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_keygen(int argc, char **argv);
int cmd_explain(int argc, char **argv);
int cmd_rules(int argc, char **argv);
int cmd_formats(int argc, char **argv);

/* exit_code returns the exit code for a report: a finding of fail_on or worse counts first, then
 * what was not scanned. */
int exit_code(const struct report *r, enum severity fail_on);
/* Number of the signal that was received, or 0. */
extern volatile int cancelled;

/* complain prints one line on stderr, "modelassay: ...". Returns `code`. */
int complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- options.c and load_options.c ------------------------------------------------- */

/* One -o or --report. */
struct scan_output {
    /* Name of the form, or NULL for that of --format. */
    const char *form;
    const char *path;
};

/* Options about the signer (sign_options.h). */
struct signing {
    const char *key, *certificate, *chain, *passphrase_file;
};

/* The options of the commands that scan. */
struct scan_args {
    struct signing signing;
    struct scan_options scan;
    const char *format, *out, *rules_dir, *policy, *name, *files_from, *color, *progress,
        *predicate, *jsonl, *cache;
    bool redact, fail_on_given, no_sandbox, require_sandbox, nul_separated, quiet, verbose;

    /* -j; 0: one per processor. */
    uint64_t jobs;
    /* The workers, NULL without a sandbox; owned. */
    struct worker_pool *pool;
    /* What starts files ahead in that pool. */
    struct prefetcher prefetcher;

    /* Loaded from --rules and --policy, opened for --cache and for this run; owned. */
    struct ruleset *loaded_rules;
    struct waivers *loaded_policy;
    struct store *store, *same_inode;

    const char **excludes;
    size_t num_excludes;

    struct scan_output *outputs;
    size_t num_outputs;
    /* A path of --files-from is one of the outputs. */
    bool overwrites_input;

    /* The arguments after the options; borrowed from argv. */
    char **paths;
    size_t num_paths;
};

/* scan_args_parse reads the options and loads what they name. Returns 0, or the exit code after a
 * message. *stop: --help was printed. scan_args_done is to be called in every case. */
int scan_args_parse(struct scan_args *a, int argc, char **argv, bool *stop);
void scan_args_done(struct scan_args *a);

/* scan_args_load loads rules, policy, sandbox and store; for scan_args_parse. Returns 0, or the
 * exit code after a message. */
int scan_args_load(struct scan_args *a);

/* scan_args_help prints the options that all commands that scan take. */
void scan_args_help(void);
#endif
