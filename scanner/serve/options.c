#include "options.h"

#include "log.h"
#include "../sandbox/sandbox.h"
#include "../sandbox/pool.h"
#include "../judge/waivers.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_FAILED = 2, EXIT_USAGE = 64 };
enum {
    OPT_LISTEN = 1000,
    OPT_CLAMD,
    OPT_TOKEN,
    OPT_UID,
    OPT_CACHE,
    OPT_SPOOL,
    OPT_KEY,
    OPT_SECRET,
    OPT_ROOT,
    OPT_CALLBACK,
    OPT_UPLOAD,
    OPT_ALL,
    OPT_HELPERS,
    OPT_CONNECTIONS,
    OPT_IDLE,
    OPT_SECONDS,
    OPT_GRACE,
    OPT_RULES,
    OPT_POLICY,
    OPT_FAIL_ON,
    OPT_LIMIT,
    OPT_NO_SANDBOX,
    OPT_HELP,
    OPT_MAX /* OPT_MAX + enum limit: --max-NAME */
};

static const struct option plain[] = { { "listen", required_argument, NULL, OPT_LISTEN },
                                       { "clamd", required_argument, NULL, OPT_CLAMD },
                                       { "token-file", required_argument, NULL, OPT_TOKEN },
                                       { "cache", required_argument, NULL, OPT_CACHE },
                                       { "spool", required_argument, NULL, OPT_SPOOL },
                                       { "key", required_argument, NULL, OPT_KEY },
                                       { "callback-secret", required_argument, NULL, OPT_SECRET },
                                       { "root", required_argument, NULL, OPT_ROOT },
                                       { "callback", required_argument, NULL, OPT_CALLBACK },
                                       { "max-upload", required_argument, NULL, OPT_UPLOAD },
                                       { "max-spool", required_argument, NULL, OPT_ALL },
                                       { "helpers", required_argument, NULL, OPT_HELPERS },
                                       { "connections", required_argument, NULL, OPT_CONNECTIONS },
                                       { "idle-seconds", required_argument, NULL, OPT_IDLE },
                                       { "upload-seconds", required_argument, NULL, OPT_SECONDS },
                                       { "grace-seconds", required_argument, NULL, OPT_GRACE },
                                       { "rules", required_argument, NULL, OPT_RULES },
                                       { "policy", required_argument, NULL, OPT_POLICY },
                                       { "fail-on", required_argument, NULL, OPT_FAIL_ON },
                                       { "limit", required_argument, NULL, OPT_LIMIT },
                                       { "allow-uid", required_argument, NULL, OPT_UID },
                                       { "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
                                       { "help", no_argument, NULL, OPT_HELP } };
enum { NUM_PLAIN = sizeof plain / sizeof plain[0] };

static const char usage[] =
    "usage: modelassay-serve [OPTIONS]\n"
    "  --listen HOST:PORT|unix:PATH  address of HTTP (default 127.0.0.1:8437; beyond loopback only "
    "with a token)\n"
    "  --token-file FILE             one bearer token a line; without it loopback and unix sockets "
    "need none\n"
    "  --allow-uid UID               this user needs no token on a unix socket, and all others do; "
    "may be repeated\n"
    "  --clamd HOST:PORT|unix:PATH   address of the clamd protocol (loopback or unix only: it has "
    "no tokens)\n"
    "  --root DIR                    clients may name files below it (SCAN, /v1/enqueue); may be "
    "repeated\n"
    "  --cache FILE                  the verdict store (SQLite)\n"
    "  --spool DIR                   folder for the unlinked temporary files of uploads (default "
    "/var/tmp)\n"
    "  --key KEY.pem                 signs the bundles of /v1/bundle\n"
    "  --callback URL-PREFIX         http:// URLs that /v1/enqueue may notify; may be repeated\n"
    "  --callback-secret FILE        key of the HMAC over notifications\n"
    "  --max-upload BYTES            of one file (default 107374182400)\n"
    "  --max-spool BYTES             of all files in the spool (default 214748364800)\n"
    "  --helpers N                   scan processes (default: one a core, 2 at least); the first "
    "takes files up to 16 MiB only\n"
    "  --connections N               connections at a time (default 512)\n"
    "  --idle-seconds N              closes a silent connection after that (default 30)\n"
    "  --upload-seconds N            longest time for one upload (default 7200)\n"
    "  --grace-seconds N             time for running scans when the daemon ends (default 30)\n"
    "  --rules DIR  --policy FILE  --fail-on malicious|suspicious\n"
    "  --max-NAME N                  a limit of each scan, as modelassay scan has it "
    "(docs/LIMITS.md); --limit NAME=N does the same\n"
    "  --no-sandbox                  parse in the scan processes, without a sandbox\n";

static int bad_value(const char *value)
{
    return serve_complain(EXIT_USAGE, "bad value: %s", value);
}

static int set_number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    bool is_number = text[0] >= '0' && text[0] <= '9' && *end == 0 && errno == 0;
    if (!is_number || v < least || v > most) {
        return bad_value(text);
    }
    *out = v;
    return 0;
}

static int add_text(const char **list, size_t *n, size_t max, const char *value)
{
    if (*n == max) {
        return bad_value(value);
    }
    list[(*n)++] = value;
    return 0;
}

static int add_uid(struct serve_options *o, const char *text)
{
    if (o->num_uids == MAX_UIDS) {
        return bad_value(text);
    }
    return set_number(text, 0, UINT32_MAX - 1, &o->uids[o->num_uids++]);
}

static bool is_unix(const char *address) { return strncmp(address, "unix:", 5) == 0; }

/* Clients of TCP have no uid: the option would admit none of them, or be taken for a protection
 * that is not there. */
static int check_uids(const struct serve_options *o)
{
    bool on_unix = is_unix(o->listen) && (o->clamd == NULL || is_unix(o->clamd));
    if (o->num_uids > 0 && !on_unix) {
        return serve_complain(
            EXIT_USAGE, "--allow-uid is for unix sockets (--listen unix:PATH, --clamd unix:PATH)");
    }
    return 0;
}

/* Reads NAME=N of --limit, the spelling of older releases. */
static int set_limit(struct serve_options *o, const char *text)
{
    const char *equals = strchr(text, '=');
    if (equals == NULL) {
        return bad_value(text);
    }

    size_t n = (size_t)(equals - text);
    for (int i = 0; i < NUM_LIMITS; i++) {
        if (strlen(limit_rows[i].name) == n && strncmp(limit_rows[i].name, text, n) == 0) {
            return set_number(equals + 1, 0, UINT64_MAX, &o->scan.max[i]);
        }
    }
    return bad_value(text);
}

static int set_fail_on(struct serve_options *o, const char *text)
{
    if (strcmp(text, "malicious") == 0) {
        o->scan.fail_on = SEV_HIGH;
        return 0;
    }
    o->scan.fail_on = SEV_MEDIUM;
    if (strcmp(text, "suspicious") != 0) {
        return bad_value(text);
    }
    return 0;
}

/* Prints and frees why, which is NULL when out of memory. */
static int load_failed(char *why)
{
    int code = serve_complain(EXIT_FAILED, "%s", why != NULL ? why : "out of memory");
    free(why);
    return code;
}

static int load_rules(struct serve_options *o, const char *dir)
{
    char *why = NULL;
    o->rules = rules_load(dir, &why);
    if (o->rules == NULL) {
        return load_failed(why);
    }
    o->scan.rules = o->rules;
    return 0;
}

static int load_policy(struct serve_options *o, const char *path)
{
    char *why = NULL;
    o->policy = waivers_load(path, o->scan.rules, &why);
    if (o->policy == NULL) {
        return load_failed(why);
    }
    o->scan.policy = o->policy;
    if (waivers_fail_on(o->policy) != SEV_NONE) {
        o->scan.fail_on = waivers_fail_on(o->policy);
    }
    return 0;
}

/* Options that are evaluated after all others, in the order of the fields. */
struct deferred_options {
    const char *rules, *policy, *fail_on;
};

static int set_option(struct serve_options *o, struct deferred_options *deferred, int opt,
                      const char *value)
{
    if (opt >= OPT_MAX) {
        return set_number(value, 0, UINT64_MAX, &o->scan.max[opt - OPT_MAX]);
    }

    switch (opt) {
    case OPT_LISTEN: o->listen = value; return 0;
    case OPT_CLAMD: o->clamd = value; return 0;
    case OPT_TOKEN: o->token_file = value; return 0;
    case OPT_UID: return add_uid(o, value);
    case OPT_CACHE: o->cache = value; return 0;
    case OPT_SPOOL: o->spool = value; return 0;
    case OPT_KEY: o->key = value; return 0;
    case OPT_SECRET: o->secret_file = value; return 0;
    case OPT_ROOT: return add_text(o->roots, &o->num_roots, MAX_ROOTS, value);
    case OPT_CALLBACK: return add_text(o->callbacks, &o->num_callbacks, MAX_CALLBACKS, value);
    case OPT_UPLOAD: return set_number(value, 0, INT64_MAX, &o->max_upload);
    case OPT_ALL: return set_number(value, 0, INT64_MAX, &o->max_spool);
    case OPT_HELPERS: return set_number(value, 1, 256, &o->scan_processes);
    case OPT_CONNECTIONS: return set_number(value, 1, 10000, &o->connections);
    case OPT_IDLE: return set_number(value, 1, 86400, &o->idle_seconds);
    case OPT_SECONDS: return set_number(value, 1, 864000, &o->upload_seconds);
    case OPT_GRACE: return set_number(value, 0, 86400, &o->grace_seconds);
    case OPT_RULES: deferred->rules = value; return 0;
    case OPT_POLICY: deferred->policy = value; return 0;
    case OPT_FAIL_ON: deferred->fail_on = value; return 0;
    case OPT_LIMIT: return set_limit(o, value);
    case OPT_NO_SANDBOX: o->no_sandbox = true; return 0;
    default: return EXIT_USAGE; /* getopt has printed a message */
    }
}

static int set_sandbox(struct serve_options *o)
{
    o->scan.sandbox = o->no_sandbox ? "none" : sandbox_kind();
    bool none = strcmp(o->scan.sandbox, "none") == 0;
    o->scan.scan_in_sandbox = none ? NULL : pool_scan;
    if (none && !o->no_sandbox) {
        return serve_complain(EXIT_FAILED, "this kernel (or build) has no sandbox; --no-sandbox "
                                           "goes on without");
    }
    return 0;
}

static int finish_options(struct serve_options *o, const struct deferred_options *deferred)
{
    int code = check_uids(o);
    if (code == 0 && deferred->rules != NULL) {
        code = load_rules(o, deferred->rules);
    }

    if (code == 0 && deferred->policy != NULL) {
        code = load_policy(o, deferred->policy);
    }

    if (code == 0 && deferred->fail_on != NULL) {
        code = set_fail_on(o, deferred->fail_on);
    }
    return code == 0 ? set_sandbox(o) : code;
}

/* The plain options, and one --max-NAME for each limit. */
static void list_options(struct option all[NUM_PLAIN + NUM_LIMITS + 1],
                         char names[NUM_LIMITS][LIMIT_OPTION_BYTES])
{
    memcpy(all, plain, sizeof plain);
    for (int i = 0; i < NUM_LIMITS; i++) {
        limit_option_name((enum limit)i, names[i]);
        all[NUM_PLAIN + i] = (struct option){ names[i], required_argument, NULL, OPT_MAX + i };
    }
    all[NUM_PLAIN + NUM_LIMITS] = (struct option){ NULL, 0, NULL, 0 };
}

static void set_defaults(struct serve_options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    *o = (struct serve_options){ .listen = "127.0.0.1:8437",
                                 .spool = "/var/tmp",
                                 .max_upload = UINT64_C(100) << 30,
                                 .max_spool = UINT64_C(200) << 30,
                                 .scan_processes = cores > 2 ? (uint64_t)cores : 2,
                                 .connections = 512,
                                 .idle_seconds = 30,
                                 .upload_seconds = 7200,
                                 .grace_seconds = 30 };
    scan_options_init(&o->scan);
}

int serve_options_parse(struct serve_options *o, int argc, char **argv, bool *stop)
{
    struct option all[NUM_PLAIN + NUM_LIMITS + 1];
    char names[NUM_LIMITS][LIMIT_OPTION_BYTES];
    struct deferred_options deferred = { NULL, NULL, NULL };
    int opt;

    list_options(all, names);
    set_defaults(o);
    *stop = false;
    while ((opt = getopt_long(argc, argv, "", all, NULL)) != -1) {
        if (opt == OPT_HELP) {
            fputs(usage, stdout);
            *stop = true;
            return 0;
        }
        int code = set_option(o, &deferred, opt, optarg);
        if (code != 0) {
            return code;
        }
    }
    if (optind < argc) {
        return bad_value(argv[optind]);
    }
    return finish_options(o, &deferred);
}

void serve_options_done(struct serve_options *o)
{
    waivers_free(o->policy);
    rules_free(o->rules);
}
