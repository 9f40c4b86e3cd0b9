/* main.c - the table of commands, and main(). */
#include "cli.h"

#include "../report/escape.h"
#include "../util/version.h"

#include <malloc.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

volatile int cancelled;

#define SIGNING_OPTIONS                                                                            \
    "  --key KEY.pem                     the private key to sign with: EC (P-256, P-384, P-521) "  \
    "or Ed25519\n"                                                                                 \
    "  --passphrase-file FILE            its passphrase is the first line of FILE (otherwise "     \
    "asked for on the terminal)\n"                                                                 \
    "  --certificate CERT.pem            sign as this certificate: its chain goes into the "       \
    "bundle\n"                                                                                     \
    "  --chain CHAIN.pem                 certificates between it and the root\n"                   \
    "  --jsonl FILE.sigstore.jsonl       append the bundle to FILE as a line, instead of writing " \
    "one of its own\n"
static const char attest_options[] =
    SIGNING_OPTIONS "  --predicate scan|test-result      our statement, or in-toto's test result "
                    "for generic policy engines\n"
                    "  -o FILE                           the bundle (default "
                    "PATH.modelassay.sigstore.json, beside the model)\n";
static const char sign_options[] = SIGNING_OPTIONS
    "  --shards                          a digest for each 1,000,000,000 bytes of a file\n"
    "  --shard-size BYTES                shards of this size\n"
    "  --allow-symlinks                  sign what symlinks to files lead to\n"
    "  --ignore PATH                     leave out a file or folder below the model's folder\n"
    "  -o FILE                           the bundle (default PATH.oms.sigstore.json, beside the "
    "model)\n";
static const char run_options[] =
    "  --verify PUB.pem                  verify a signed scan instead of scanning\n"
    "  --bundle FILE                     with --verify: the bundle (default "
    "PATH.modelassay.sigstore.json)\n";
static const char keygen_options[] =
    "  --algorithm NAME                  p256 (default, what every verifier takes), p384, p521, "
    "ed25519\n"
    "  --passphrase-file FILE            encrypt the private key with the first line of FILE\n";
static const char verify_options[] =
    "  --key PUB.pem                     a public key that may have signed\n"
    "  --ca CA.pem                       certificates that lead to one of these roots may have "
    "signed\n"
    "  --identity NAME                   with --ca: only this e-mail, URI or DNS name\n"
    "  --bundle FILE                     the bundle, or JSON Lines of them (default "
    "PATH.modelassay.sigstore.json)\n"
    "  --type scan|oms|test-result       what there must be: a scan (default), a model signature, "
    "a test result\n"
    "  --policy FILE                     JSON: who may sign which models, and what a scan must "
    "say\n"
    "  --only PATH                       check this file of the folder only (a partial download)\n"
    "  --max-age 30d                     refuse a scan that is older (d, h, m, s)\n"
    "  --ruleset SHA256                  refuse a scan by another rule set\n"
    "  --allow-suspicious                take a suspicious verdict as well\n"
    "  --allow-waivers                   take a scan whose policy allowed or waived findings\n"
    "  --allow-no-sandbox                take a scan whose parsers ran without a sandbox\n"
    "  --format text|json                form of the answer\n";

const struct command commands[] = {
    { "scan", "[OPTIONS] PATH...", "scan files, folders (recursive) and - for stdin", cmd_scan,
      NULL, true },
    { "inspect", "PATH", "print the facts as JSON Lines", cmd_inspect, NULL, true },
    { "attest", "PATH --key KEY.pem [-o FILE]", "scan, and sign what was found", cmd_attest,
      attest_options, true },
    { "verify", "PATH --key PUB.pem [--bundle FILE]", "check a signed scan against the files",
      cmd_verify, verify_options, false },
    { "sign", "PATH --key KEY.pem [-o FILE]", "sign the files as they are (OpenSSF Model Signing)",
      cmd_sign, sign_options, false },
    { "run", "PATH... -- CMD ARGS", "check private copies of models, and start CMD on these",
      cmd_run, run_options, true },
    { "keygen", "PREFIX", "make a key pair: PREFIX.key and PREFIX.pub", cmd_keygen, keygen_options,
      false },
    { "diff", "OLD.json NEW.json",
      "what changed between two JSON reports; 1 when something is worse", cmd_diff, NULL, false },
    { "explain", "RULE", "what a rule means", cmd_explain, NULL, false },
    { "rules", "list | check DIR", "list all rules; lint and test a pack", cmd_rules, NULL, false },
    { "formats", "", "what is understood", cmd_formats, NULL, false },
    { "serve", "[OPTIONS]", "the upload gate: runs modelassay-serve (its --help lists the options)",
      cmd_serve, NULL, false },
    { "hook", "pre-receive [OPTIONS]", "refuse a git push that brings what should not be loaded",
      cmd_hook, NULL, true },
    { "selftest", "[OPTIONS]", "show that a malicious model is caught, and a clean one is not",
      cmd_selftest, NULL, true },
    { NULL, NULL, NULL, NULL, NULL, false }
};

int complain(int code, const char *format, ...)
{
    char *text = NULL, *shown = NULL;
    va_list args;

    va_start(args, format);
    if (vasprintf(&text, format, args) >= 0) {
        shown = escape_printable(bytes_of(text), 8192); /* file names are untrusted text */
        free(text);
    }

    va_end(args);
    fprintf(stderr, "modelassay: %s\n", shown != NULL ? shown : "out of memory");
    free(shown);
    return code;
}

static int print_help(void)
{
    puts("usage: modelassay COMMAND [OPTIONS] ...   (or: modelassay PATH...)\n");
    for (const struct command *c = commands; c->name != NULL; c++) {
        printf("  %-8s %-34s  %s\n", c->name, c->synopsis, c->does);
    }
    puts("\nmodelassay COMMAND --help lists the options of a command.\n"
         "Exit codes: 0 clean, 1 a finding or a failed verification, 2 incomplete, 64 usage.");
    return 0;
}

static int print_command_help(const struct command *c)
{
    printf("usage: modelassay %s %s\n%s\n", c->name, c->synopsis, c->does);
    if (c->options != NULL) {
        fputs(c->options, stdout);
    }
    if (c->scans) {
        scan_args_help();
    }
    return 0;
}

/* Is --help among the arguments before "--"? */
static bool has_help_option(int argc, char **argv)
{
    for (int i = 2; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            return true;
        }
    }
    return false;
}

static void on_signal(int number) { cancelled = number; }

static void catch_signals(void)
{
    struct sigaction act = { 0 };
    act.sa_handler = on_signal;
    act.sa_flags = (int)SA_RESETHAND; /* a second signal ends the program at once */
    sigaction(SIGINT, &act, NULL);
    sigaction(SIGTERM, &act, NULL);
}

static const struct command *find_command(const char *name)
{
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0) {
            return c;
        }
    }
    return NULL;
}

/* `modelassay PATH...` is a scan. */
static int run_command(int argc, char **argv)
{
    const struct command *c = find_command(argv[1]);
    if (c == NULL) {
        return cmd_scan(argc, argv);
    }
    if (has_help_option(argc, argv)) {
        return print_command_help(c);
    }
    return c->run(argc - 1, argv + 1);
}

static bool is_help(const char *arg)
{
    return strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0 || strcmp(arg, "help") == 0;
}

#define KEPT_HEAP (8 << 20) /* bytes */

int main(int argc, char **argv)
{
    /* Freed memory stays in the heap for the next file, without system calls. */
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_HEAP);
    setenv("TZ", "UTC0", 1); /* reports are in UTC, and libzip's mktime() opens no file */
    tzset();
    catch_signals();

    if (argc < 2) {
        print_help();
        return EXIT_USAGE;
    }
    if (is_help(argv[1])) {
        return print_help();
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("modelassay %s (rules %s)\n", scanner_version(), rules_version(rules_builtin()));
        return 0;
    }

    int code = run_command(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        code = complain(EXIT_INCOMPLETE, "cannot write to standard output");
    }
    return cancelled != 0 ? 128 + cancelled : code;
}
