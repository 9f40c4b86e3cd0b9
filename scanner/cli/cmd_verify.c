/* cmd_verify.c - a signed scan against the files on disk. */
#include "cli.h"

#include "../attest/attest.h"
#include "../report/escape.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct verify_args { const char *key, *bundle, *type; struct verify_options o; };

/* "30d", "12h", "45m", "90s"; 0 when it is none of these. */
static int64_t duration(const char *text)
{
    char *unit = NULL;
    long n = strtol(text, &unit, 10);
    int64_t each = unit[0] == 'd' ? 86400 : unit[0] == 'h' ? 3600 : unit[0] == 'm' ? 60 : unit[0] == 's' ? 1 : 0;
    return n > 0 && n < 1000000 && each > 0 && unit[1] == 0 ? n * each : 0;
}

static int parse(struct verify_args *v, int argc, char **argv)
{
    static const struct option options[] = {
        { "key", required_argument, NULL, 'k' },     { "bundle", required_argument, NULL, 'b' },
        { "type", required_argument, NULL, 't' },    { "max-age", required_argument, NULL, 'a' },
        { "ruleset", required_argument, NULL, 'r' }, { "allow-suspicious", no_argument, NULL, 's' },
        { NULL, 0, NULL, 0 } };
    int opt;
    optind = 1;
    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (opt) {
        case 'k': v->key = optarg; break;
        case 'b': v->bundle = optarg; break;
        case 't': v->type = optarg; break;
        case 'r': v->o.ruleset = optarg; break;
        case 's': v->o.allow_suspicious = true; break;
        case 'a':
            v->o.max_age_s = duration(optarg);
            if (v->o.max_age_s == 0) {
                return complain(EXIT_USAGE, "bad value for --max-age: %s (30d, 12h)", optarg);
            }
            break;
        default: return EXIT_USAGE;
        }
    }
    if (argc - optind != 1 || v->key == NULL) {
        return complain(EXIT_USAGE, "usage: modelassay verify PATH --key PUB.pem [--bundle FILE]");
    }
    if (strcmp(v->type, "scan") != 0) {
        return complain(EXIT_USAGE, "--type %s is not supported yet; only scan is", v->type);
    }
    v->o.model = argv[optind];
    return 0;
}

static void print_cause(void *ctx, const char *cause)
{
    char *shown = escape_printable(bytes_of(cause), 4096);
    (void)ctx;                                    /* stderr needs none */
    complain(0, "verify: %s", shown != NULL ? shown : "out of memory");
    free(shown);
}

int cmd_verify(int argc, char **argv)
{
    struct verify_args v = { .type = "scan" };
    const char *why = NULL;
    int code = parse(&v, argc, argv);
    if (code != 0) {
        return code;
    }
    struct key *k = key_load(v.key, false, &why);
    if (k == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", v.key, why);
    }
    char *beside = v.bundle == NULL ? bundle_path(v.o.model) : NULL;
    v.o.bundle = v.bundle != NULL ? v.bundle : beside;
    v.o.key = k;
    code = v.o.bundle == NULL ? complain(EXIT_INCOMPLETE, "%s: no such file or folder", v.o.model)
         : verify_bundle(&v.o, print_cause, NULL);
    if (code == 0) {
        printf("%s: verified\n", v.o.model);
    }
    free(beside);
    key_free(k);
    return code;
}
