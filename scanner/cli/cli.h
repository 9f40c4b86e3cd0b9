/* cli.h - what the commands share.  stdout carries data only; talk goes to stderr. */
#ifndef MA_CLI_CLI_H
#define MA_CLI_CLI_H
#include "../scan/scan.h"

/* Exit codes of the contract. */
enum { EXIT_CLEAN = 0, EXIT_FINDING = 1, EXIT_INCOMPLETE = 2, EXIT_USAGE = 64 };

struct command {
    const char *name, *synopsis, *does;
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
    const char *options; /* lines of --help; NULL: it has none */
    bool scans; /* takes the options of a scan as well */
};
extern const struct command commands[]; /* NULL-named last */

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

/* The scan of one file or folder that inspect and attest start from. */
int exit_code(const struct report *r, enum severity fail_on);
extern volatile int cancelled; /* a signal's number once one came */

/* One line on stderr, "modelassay: ..."; returns `code`. */
int complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* --- options (options.c) -------------------------------------------------- */
/* form NULL: that of --format */
struct scan_output {
    const char *form, *path;
};
/* Whose signature: sign_options.c reads these, in the process that parses nothing. */
struct signing {
    const char *key, *certificate, *chain, *passphrase_file;
};
struct scan_args {
    struct signing signing;
    struct scan_options scan;
    const char *format, *out, *rules_dir, *policy, *name, *files_from, *color, *progress,
        *predicate, *jsonl, *cache;
    struct waivers *loaded_policy; /* from --policy; freed by scan_args_done */
    uint64_t jobs; /* -j; 0: as many as there are processors */
    struct prefetcher prefetcher; /* what it makes of it */
    bool redact, fail_on_given, no_sandbox, require_sandbox;
    struct store *store, *same_inode; /* from --cache, of this run; closed by scan_args_done */
    struct ruleset *loaded; /* from --rules; freed by scan_args_done */
    bool nul_separated, quiet, verbose;
    const char **excludes;
    size_t num_excludes;
    struct scan_output *outputs;
    size_t num_outputs; /* -o, and each --report */
    bool clobbers; /* a listed input is one of the outputs */
    char **paths;
    size_t num_paths; /* what is left after the options */
};
/* 0, or the exit code after a message (or after --help was answered: then *stop). */
int scan_args_parse(struct scan_args *a, int argc, char **argv, bool *stop);
/* load_options.c: what the options name; scan_args_parse calls it */
int scan_args_load(struct scan_args *a);
void scan_args_help(void); /* the options that all commands that scan take */
void scan_args_done(struct scan_args *a);
#endif
