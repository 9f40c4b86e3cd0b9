#include "options.h"

#include "../sandbox/sandbox.h"
#include "../sandbox/pool.h"
#include "../report/escape.h"
#include "../judge/waivers.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EXIT_BAD = 2, EXIT_USAGE = 64 };
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
    "  --listen HOST:PORT|unix:PATH  where HTTP is spoken (default 127.0.0.1:8437; beyond loopback "
    "only with a token)\n"
    "  --token-file FILE             one bearer token a line; without it loopback and unix sockets "
    "ask for none\n"
    "  --allow-uid UID               this user needs no token on a unix socket, and everybody else "
    "does; may be repeated\n"
    "  --clamd HOST:PORT|unix:PATH   where clamd's protocol is spoken (loopback or unix only: it "
    "knows no tokens)\n"
    "  --root DIR                    files below it may be named by clients (SCAN, /v1/enqueue); "
    "may be repeated\n"
    "  --cache FILE                  the verdict store (SQLite)\n"
    "  --spool DIR                   where uploads wait, without a name (default /var/tmp)\n"
    "  --key KEY.pem                 signs what /v1/bundle gives out\n"
    "  --callback URL-PREFIX         http:// addresses that /v1/enqueue may tell; may be repeated\n"
    "  --callback-secret FILE        key of the HMAC over what they are told\n"
    "  --max-upload BYTES            of one file (default 107374182400)\n"
    "  --max-spool BYTES             of all that wait (default 214748364800)\n"
    "  --helpers N                   scans at a time (default: one a core, 2 at least); the first "
    "takes files up to 16 MiB only\n"
    "  --connections N               at a time (default 512)\n"
    "  --idle-seconds N              after which a silent client is left (default 30)\n"
    "  --upload-seconds N            for one upload (default 7200)\n"
    "  --grace-seconds N             for what is under way when the daemon is told to end (default "
    "30)\n"
    "  --rules DIR  --policy FILE  --fail-on malicious|suspicious\n"
    "  --max-NAME N                  a limit of each scan, as modelassay scan has it "
    "(docs/LIMITS.md); --limit NAME=N does the same\n"
    "  --no-sandbox                  parse in the helpers, without a sandbox\n";

int serve_complain(int code, const char *format, ...)
{
    char *text = NULL, *shown = NULL;
    va_list args;
    va_start(args, format);
    if (vasprintf(&text, format, args) >= 0) {
        shown = escape_printable(bytes_of(text), 8192);
        free(text);
    }
    va_end(args);
    fprintf(stderr, "modelassay-serve: %s\n", shown != NULL ? shown : "out of memory");
    free(shown);
    return code;
}

static int bad(const char *value) { return serve_complain(EXIT_USAGE, "bad value: %s", value); }

static int number(const char *text, uint64_t least, uint64_t most, uint64_t *out)
{
    char *end = NULL;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || errno != 0 || *end != 0 || v < least || v > most) {
        return bad(text);
    }
    *out = v;
    return 0;
}

static int add(const char **list, size_t *n, size_t max, const char *value)
{
    if (*n == max) {
        return bad(value);
    }
    list[(*n)++] = value;
    return 0;
}

static int add_uid(struct serve_options *o, const char *text)
{
    return o->num_uids == MAX_UIDS ? bad(text)
                                   : number(text, 0, UINT32_MAX - 1, &o->uids[o->num_uids++]);
}

/* Who came over TCP has no uid: the option would let nobody in, or be mistaken for a lock that
 * is not there. */
static int check_uids(const struct serve_options *o)
{
    bool on_unix = strncmp(o->listen, "unix:", 5) == 0
                   && (o->clamd == NULL || strncmp(o->clamd, "unix:", 5) == 0);
    return o->num_uids == 0 || on_unix
               ? 0
               : serve_complain(
                   EXIT_USAGE,
                   "--allow-uid is for unix sockets (--listen unix:PATH, --clamd unix:PATH)");
}

/* --limit depth=9: the spelling of older releases. */
static int set_limit(struct serve_options *o, const char *text)
{
    const char *eq = strchr(text, '=');
    for (int i = 0; eq != NULL && i < NUM_LIMITS; i++) {
        if (strlen(limit_rows[i].name) == (size_t)(eq - text)
            && strncmp(limit_rows[i].name, text, (size_t)(eq - text)) == 0) {
            return number(eq + 1, 0, UINT64_MAX, &o->scan.max[i]);
        }
    }
    return bad(text);
}

static int set_fail_on(struct serve_options *o, const char *text)
{
    o->scan.fail_on = strcmp(text, "malicious") == 0 ? SEV_HIGH : SEV_MEDIUM;
    return o->scan.fail_on == SEV_HIGH || strcmp(text, "suspicious") == 0 ? 0 : bad(text);
}

static int load_rules(struct serve_options *o, const char *dir)
{
    char *why = NULL;
    o->rules = rules_load(dir, &why);
    int code =
        o->rules == NULL ? serve_complain(EXIT_BAD, "%s", why != NULL ? why : "out of memory") : 0;
    o->scan.rules = o->rules != NULL ? o->rules : o->scan.rules;
    free(why);
    return code;
}

static int load_policy(struct serve_options *o, const char *path)
{
    char *why = NULL;
    o->policy = waivers_load(path, o->scan.rules, &why);
    int code =
        o->policy == NULL ? serve_complain(EXIT_BAD, "%s", why != NULL ? why : "out of memory") : 0;
    o->scan.policy = o->policy;
    if (o->policy != NULL && waivers_fail_on(o->policy) != SEV_NONE) {
        o->scan.fail_on = waivers_fail_on(o->policy);
    }
    free(why);
    return code;
}

struct later {
    const char *rules, *policy, *fail_on;
};

static int take(struct serve_options *o, struct later *l, int opt, const char *value)
{
    if (opt >= OPT_MAX) {
        return number(value, 0, UINT64_MAX, &o->scan.max[opt - OPT_MAX]);
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
    case OPT_ROOT: return add(o->roots, &o->num_roots, MAX_ROOTS, value);
    case OPT_CALLBACK: return add(o->callbacks, &o->num_callbacks, MAX_CALLBACKS, value);
    case OPT_UPLOAD: return number(value, 0, INT64_MAX, &o->max_upload);
    case OPT_ALL: return number(value, 0, INT64_MAX, &o->max_spool);
    case OPT_HELPERS: return number(value, 1, 256, &o->scan_processes);
    case OPT_CONNECTIONS: return number(value, 1, 10000, &o->connections);
    case OPT_IDLE: return number(value, 1, 86400, &o->idle_seconds);
    case OPT_SECONDS: return number(value, 1, 864000, &o->upload_seconds);
    case OPT_GRACE: return number(value, 0, 86400, &o->grace_seconds);
    case OPT_RULES: l->rules = value; return 0;
    case OPT_POLICY: l->policy = value; return 0;
    case OPT_FAIL_ON: l->fail_on = value; return 0;
    case OPT_LIMIT: return set_limit(o, value);
    case OPT_NO_SANDBOX: o->no_sandbox = true; return 0;
    default: return EXIT_USAGE; /* getopt has said what is wrong */
    }
}

static int set_sandbox(struct serve_options *o)
{
    o->scan.sandbox = o->no_sandbox ? "none" : sandbox_kind();
    bool none = strcmp(o->scan.sandbox, "none") == 0;
    o->scan.scan_in_sandbox = none ? NULL : pool_scan;
    return none && !o->no_sandbox ? serve_complain(
               EXIT_BAD, "this kernel (or build) has no sandbox; --no-sandbox goes on without")
                                  : 0;
}

/* The plain options, and one --max-NAME for each limit. */
static void all_options(struct option all[NUM_PLAIN + NUM_LIMITS + 1],
                        char names[NUM_LIMITS][LIMIT_OPTION_BYTES])
{
    memcpy(all, plain, sizeof plain);
    for (int i = 0; i < NUM_LIMITS; i++) {
        limit_option_name((enum limit)i, names[i]);
        all[NUM_PLAIN + i] = (struct option){ names[i], required_argument, NULL, OPT_MAX + i };
    }
    all[NUM_PLAIN + NUM_LIMITS] = (struct option){ NULL, 0, NULL, 0 };
}

int serve_options_parse(struct serve_options *o, int argc, char **argv, bool *stop)
{
    struct option all[NUM_PLAIN + NUM_LIMITS + 1];
    char names[NUM_LIMITS][LIMIT_OPTION_BYTES];
    struct later l = { NULL, NULL, NULL };
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int code = 0, opt = 0;
    all_options(all, names);
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
    *stop = false;
    while (code == 0 && (opt = getopt_long(argc, argv, "", all, NULL)) != -1) {
        if (opt == OPT_HELP) {
            fputs(usage, stdout);
            *stop = true;
            return 0;
        }
        code = take(o, &l, opt, optarg);
    }
    code = code == 0 && optind < argc ? bad(argv[optind]) : code;
    code = code == 0 ? check_uids(o) : code;
    code = code == 0 && l.rules != NULL ? load_rules(o, l.rules) : code;
    code = code == 0 && l.policy != NULL ? load_policy(o, l.policy) : code;
    code = code == 0 && l.fail_on != NULL ? set_fail_on(o, l.fail_on) : code;
    return code == 0 ? set_sandbox(o) : code;
}

void serve_options_done(struct serve_options *o)
{
    waivers_free(o->policy);
    rules_free(o->rules);
}
