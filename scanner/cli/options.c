/* options.c - the options of the commands that scan. */
#include "cli.h"

#include "../report/write.h"
#include "../util/vec.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_FORMAT = 1000,
    OPT_FAIL_ON,
    OPT_RULES,
    OPT_POLICY,
    OPT_EXCLUDE,
    OPT_FILES_FROM,
    OPT_NAME,
    OPT_PROGRESS,
    OPT_COLOR,
    OPT_HELP,
    OPT_KEY,
    OPT_CERTIFICATE,
    OPT_CHAIN,
    OPT_PASSPHRASE,
    OPT_PREDICATE,
    OPT_JSONL,
    OPT_NO_SANDBOX,
    OPT_REQUIRE_SANDBOX,
    OPT_REDACT,
    OPT_REPORT,
    OPT_CACHE,
    OPT_MAX
};

static const struct option plain[] = {
    { "format", required_argument, NULL, OPT_FORMAT },
    { "fail-on", required_argument, NULL, OPT_FAIL_ON },
    { "rules", required_argument, NULL, OPT_RULES },
    { "policy", required_argument, NULL, OPT_POLICY },
    { "exclude", required_argument, NULL, OPT_EXCLUDE },
    { "files-from", required_argument, NULL, OPT_FILES_FROM },
    { "name", required_argument, NULL, OPT_NAME },
    { "color", required_argument, NULL, OPT_COLOR },
    { "key", required_argument, NULL, OPT_KEY },
    { "certificate", required_argument, NULL, OPT_CERTIFICATE },
    { "chain", required_argument, NULL, OPT_CHAIN },
    { "passphrase-file", required_argument, NULL, OPT_PASSPHRASE },
    { "predicate", required_argument, NULL, OPT_PREDICATE },
    { "jsonl", required_argument, NULL, OPT_JSONL },
    { "progress", required_argument, NULL, OPT_PROGRESS },
    { "report", required_argument, NULL, OPT_REPORT },
    { "redact", no_argument, NULL, OPT_REDACT },
    { "cache", required_argument, NULL, OPT_CACHE },
    { "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
    { "require-sandbox", no_argument, NULL, OPT_REQUIRE_SANDBOX },
    { "help", no_argument, NULL, OPT_HELP },
};
enum { NUM_PLAIN = sizeof plain / sizeof plain[0] };

static const char usage[] =
    "options of a scan:\n"
    "  --format text|json|jsonl|sarif|hf|md|html  form of the report on standard output (default "
    "text)\n"
    "  -o FILE                           write the report to FILE instead\n"
    "  --report FORM=FILE                write this form to FILE as well; may be given again\n"
    "  --fail-on malicious|suspicious    exit 1 from this verdict on (default suspicious)\n"
    "  --rules DIR                       add rule packs; they can add findings, never lower them\n"
    "  --policy FILE                     JSON: fail_on, allowed names, waivers for single files\n"
    "  --exclude PATTERN                 leave out, and list as left out\n"
    "  --files-from FILE                 read paths from a file (-: standard input), one a line\n"
    "  -0                                paths in that file end with NUL, not with a newline\n"
    "  --cache FILE                      remember what was found, by digest, rules, engine and "
    "limits\n"
    "  --name LABEL                      name of standard input in the report\n"
    "  -j N                              files of a folder at a time (default: one a processor)\n"
    "  --no-sandbox                      parse in this process, without a sandbox\n"
    "  --require-sandbox                 do not parse at all where the kernel has no sandbox\n"
    "  --redact                          no evidence: it quotes the file, and a file may hold "
    "secrets\n"
    "  --progress auto|always|never      a line on standard error while it runs (auto: on a "
    "terminal)\n"
    "  --color auto|always|never         verdicts in colour (auto: on a terminal, unless NO_COLOR "
    "is set)\n"
    "  -q                                say nothing of what is clean\n"
    "  -v                                say more: digests, all gaps, findings of info severity\n";

void scan_args_help(void)
{
    fputs(usage, stdout);
    for (int i = 0; i < NUM_LIMITS; i++) {
        char name[LIMIT_OPTION_BYTES];
        limit_option_name((enum limit)i, name);
        strncat(name, " N", sizeof name - strlen(name) - 1);
        printf("  --%-31s %" PRIu64 " %s: %s", name, limit_rows[i].value, limit_rows[i].unit,
               limit_rows[i].why);
        if (limit_rows[i].per != 0) {
            printf("; one more for each %" PRIu64 " bytes of the file", limit_rows[i].per);
        }
        putchar('\n');
    }
}

/* The plain options and --max-NAME for each limit; heap, NULL when out of memory. */
static struct option *make_options(char names[NUM_LIMITS][LIMIT_OPTION_BYTES])
{
    struct option *all = calloc(NUM_PLAIN + NUM_LIMITS + 1, sizeof *all);
    if (all == NULL) {
        return NULL;
    }

    memcpy(all, plain, sizeof plain);
    for (int i = 0; i < NUM_LIMITS; i++) {
        limit_option_name((enum limit)i, names[i]);
        all[NUM_PLAIN + i] = (struct option){ names[i], required_argument, NULL, OPT_MAX + i };
    }
    return all;
}

static bool parse_number(const char *text, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno != 0 || *end != 0) {
        return false;
    }
    *out = v;
    return true;
}

static bool set_fail_on(struct scan_args *a, const char *text)
{
    if (strcmp(text, "malicious") == 0) {
        a->scan.fail_on = SEV_HIGH;
        return true;
    }
    a->scan.fail_on = SEV_MEDIUM;
    return strcmp(text, "suspicious") == 0;
}

static bool is_one_of(const char *text, const char *const *choices)
{
    for (; *choices != NULL; choices++) {
        if (strcmp(text, *choices) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_form(const char *text)
{
    const struct report_form *form = report_forms;
    while (form->name != NULL && strcmp(form->name, text) != 0) {
        form++;
    }
    return form->name != NULL || strcmp(text, "text") == 0;
}

/* Returns 0 for a valid value, else the exit code after a message. */
static int check_value(bool valid, const char *option, const char *value)
{
    if (!valid) {
        return complain(EXIT_USAGE, "bad value for %s: %s", option, value);
    }
    return 0;
}

static int add_exclude(struct scan_args *a, const char *pattern)
{
    if (!vec_extend(&a->excludes, a->num_excludes, sizeof *a->excludes)) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    a->excludes[a->num_excludes++] = pattern;
    return 0;
}

static int add_output(struct scan_args *a, const char *form, const char *path)
{
    if (!vec_extend(&a->outputs, a->num_outputs, sizeof *a->outputs)) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    a->outputs[a->num_outputs++] = (struct scan_output){ form, path };
    return 0;
}

static int set_format(struct scan_args *a, const char *name)
{
    a->format = name;
    a->scan.map |= strcmp(name, "html") == 0;
    return check_value(is_form(name), "--format", name);
}

/* Splits FORM=FILE in place. */
static int add_report(struct scan_args *a, char *text)
{
    char *equals = strchr(text, '=');
    if (equals == NULL || equals[1] == 0) {
        return check_value(false, "--report", text);
    }

    *equals = 0;
    if (!is_form(text)) {
        return check_value(false, "--report", text);
    }

    a->scan.map |= strcmp(text, "html") == 0;
    return add_output(a, text, equals + 1);
}

static int set_jobs(struct scan_args *a, const char *text)
{
    bool valid = parse_number(text, &a->jobs) && a->jobs > 0;
    return check_value(valid, "-j", text);
}

static int set_option(struct scan_args *a, int opt)
{
    static const char *const predicates[] = { "scan", "test-result", NULL };
    static const char *const whens[] = { "auto", "always", "never", NULL };

    if (opt >= OPT_MAX && opt < OPT_MAX + NUM_LIMITS) {
        return check_value(parse_number(optarg, &a->scan.max[opt - OPT_MAX]), "--max-...", optarg);
    }

    switch (opt) {
    case OPT_FORMAT: return set_format(a, optarg);
    case OPT_REPORT: return add_report(a, optarg);
    case OPT_COLOR:
        a->color = optarg;
        return check_value(is_one_of(optarg, whens), "--color", optarg);
    case OPT_FAIL_ON:
        a->fail_on_given = true;
        return check_value(set_fail_on(a, optarg), "--fail-on", optarg);
    case OPT_POLICY: a->policy = optarg; return 0;
    case OPT_RULES: a->rules_dir = optarg; return 0;
    case OPT_EXCLUDE: return add_exclude(a, optarg);
    case OPT_FILES_FROM: a->files_from = optarg; return 0;
    case OPT_NAME: a->name = optarg; return 0;
    case OPT_KEY: a->signing.key = optarg; return 0;
    case OPT_CERTIFICATE: a->signing.certificate = optarg; return 0;
    case OPT_CHAIN: a->signing.chain = optarg; return 0;
    case OPT_PASSPHRASE: a->signing.passphrase_file = optarg; return 0;
    case OPT_PREDICATE:
        a->predicate = optarg;
        return check_value(is_one_of(optarg, predicates), "--predicate", optarg);
    case OPT_JSONL: a->jsonl = optarg; return 0;
    case OPT_PROGRESS:
        a->progress = optarg;
        return check_value(is_one_of(optarg, whens), "--progress", optarg);
    case OPT_REDACT: a->redact = true; return 0;
    case OPT_CACHE: a->cache = optarg; return 0;
    case OPT_NO_SANDBOX: a->no_sandbox = true; return 0;
    case OPT_REQUIRE_SANDBOX: a->require_sandbox = true; return 0;
    case 'o': a->out = optarg; return add_output(a, NULL, optarg);
    case '0': a->nul_separated = true; return 0;
    case 'q': a->quiet = true; return 0;
    case 'v': a->verbose = true; return 0;
    case 'j': return set_jobs(a, optarg);
    default: return EXIT_USAGE; /* getopt has printed a message */
    }
}

static int parse_options(struct scan_args *a, int argc, char **argv, bool *stop)
{
    char names[NUM_LIMITS][LIMIT_OPTION_BYTES];
    struct option *options = make_options(names);
    int opt;
    int code = 0;

    if (options == NULL) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }

    optind = 1;
    while (code == 0 && !*stop && (opt = getopt_long(argc, argv, "o:0qvj:", options, NULL)) != -1) {
        if (opt == OPT_HELP) {
            scan_args_help();
            *stop = true;
        } else {
            code = set_option(a, opt);
        }
    }

    free(options);
    return code;
}

int scan_args_parse(struct scan_args *a, int argc, char **argv, bool *stop)
{
    *a = (struct scan_args){
        .format = "text", .color = "auto", .predicate = "scan", .progress = "auto", .name = "stdin"
    };
    scan_options_init(&a->scan);
    *stop = false;

    int code = parse_options(a, argc, argv, stop);
    a->scan.excludes = a->excludes;
    a->scan.num_excludes = a->num_excludes;
    a->scan.cancelled = &cancelled;
    a->paths = argv + optind;
    a->num_paths = (size_t)(argc - optind);
    if (code != 0 || *stop) {
        return code;
    }
    return scan_args_load(a);
}
