/* cmd_verify.c - what was signed against the files on disk. */
#include "cli.h"

#include "../attest/attest.h"
#include "../attest/duration.h"
#include "../report/escape.h"
#include "../report/jsonw.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_GIVEN 64 /* bundles, and paths after --only */

struct verify_args {
    const char *policy, *ca, *identity, *type, *format;
    const char *bundles[MAX_GIVEN], *only[MAX_GIVEN];
    struct requirements requirements;
    struct verify_options o;
    struct json *causes, *found; /* of --format json */
};

static int add_key(struct verify_args *v, const char *path)
{
    const char *why = NULL;
    struct key *k = key_load(path, false, NULL, &why);
    if (k == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", path, why);
    }
    return requirements_add_signer(
               &v->requirements,
               (struct signer){ .key = k, .types = TYPE_SCAN | TYPE_OMS | TYPE_TEST })
               ? 0
               : complain(EXIT_INCOMPLETE, "out of memory");
}

static int add_given(const char **list, size_t *n, const char *option)
{
    if (*n == MAX_GIVEN) {
        return complain(EXIT_USAGE, "too many of %s", option);
    }
    list[(*n)++] = optarg;
    return 0;
}

static int set_type(struct verify_args *v)
{
    v->type = optarg;
    v->requirements.types = strcmp(optarg, "scan") == 0          ? TYPE_SCAN
                            : strcmp(optarg, "oms") == 0         ? TYPE_OMS
                            : strcmp(optarg, "test-result") == 0 ? TYPE_TEST
                                                                 : 0;
    return v->requirements.types != 0
               ? 0
               : complain(EXIT_USAGE, "bad value for --type: %s (scan, oms, test-result)", optarg);
}

static int take(struct verify_args *v, int opt)
{
    switch (opt) {
    case 'k': return add_key(v, optarg);
    case 'b': return add_given(v->bundles, &v->o.num_bundles, "--bundle");
    case 'o': return add_given(v->only, &v->o.num_only, "--only");
    case 't': return set_type(v);
    case 'p': v->policy = optarg; return 0;
    case 'c': v->ca = optarg; return 0;
    case 'i': v->identity = optarg; return 0;
    case 's': v->requirements.allow_warned = true; return 0;
    case 'u': v->requirements.allow_unsandboxed = true; return 0;
    case 'w': v->requirements.allow_waivers = true; return 0;
    case 'r':
        return requirements_add_ruleset(&v->requirements, optarg)
                   ? 0
                   : complain(EXIT_INCOMPLETE, "out of memory");
    case 'f':
        v->format = optarg;
        return strcmp(optarg, "text") == 0 || strcmp(optarg, "json") == 0
                   ? 0
                   : complain(EXIT_USAGE, "bad value for --format: %s (text, json)", optarg);
    case 'a':
        v->requirements.max_age_s = duration_seconds(optarg);
        return v->requirements.max_age_s != 0
                   ? 0
                   : complain(EXIT_USAGE, "bad value for --max-age: %s (30d, 12h)", optarg);
    default: return EXIT_USAGE;
    }
}

static int parse(struct verify_args *v, int argc, char **argv)
{
    static const struct option options[] = {
        { "key", required_argument, NULL, 'k' },     { "bundle", required_argument, NULL, 'b' },
        { "type", required_argument, NULL, 't' },    { "max-age", required_argument, NULL, 'a' },
        { "ruleset", required_argument, NULL, 'r' }, { "allow-suspicious", no_argument, NULL, 's' },
        { "policy", required_argument, NULL, 'p' },  { "only", required_argument, NULL, 'o' },
        { "ca", required_argument, NULL, 'c' },      { "identity", required_argument, NULL, 'i' },
        { "format", required_argument, NULL, 'f' },  { "allow-no-sandbox", no_argument, NULL, 'u' },
        { "allow-waivers", no_argument, NULL, 'w' }, { NULL, 0, NULL, 0 }
    };
    int opt, code = 0;
    optind = 1;
    while (code == 0 && (opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        code = take(v, opt);
    }
    if (code != 0) {
        return code;
    }
    if (argc - optind != 1
        || (v->requirements.num_signers == 0 && v->ca == NULL && v->policy == NULL)) {
        return complain(EXIT_USAGE, "usage: modelassay verify PATH --key PUB.pem [--bundle FILE] "
                                    "(or --ca FILE, or --policy FILE)");
    }
    v->o.model = argv[optind];
    return 0;
}

/* --ca: any certificate below it, unless --identity says whose. */
static int add_ca(struct verify_args *v)
{
    const char *why = NULL;
    struct signer s = { .types = TYPE_SCAN | TYPE_OMS | TYPE_TEST };
    if (v->ca == NULL) {
        return v->identity == NULL ? 0 : complain(EXIT_USAGE, "--identity takes --ca");
    }
    s.roots = certs_load_roots(v->ca, &why);
    if (s.roots == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", v->ca, why);
    }
    s.identity = v->identity != NULL ? strdup(v->identity) : NULL;
    return requirements_add_signer(&v->requirements, s)
               ? 0
               : complain(EXIT_INCOMPLETE, "out of memory");
}

/* The policy decides all of it; options beside it would only be mistaken for more. */
static int load_policy(struct verify_args *v)
{
    char *why = NULL;
    if (v->policy == NULL) {
        return 0;
    }
    if (v->requirements.num_signers > 0 || v->requirements.num_rulesets > 0
        || v->requirements.max_age_s > 0 || v->requirements.allow_warned
        || v->requirements.allow_waivers || v->requirements.allow_unsandboxed || v->type != NULL) {
        return complain(EXIT_USAGE, "--policy says who and what; --key, --ca, --type, --ruleset, "
                                    "--max-age and --allow-... do not go with it");
    }
    requirements_done(&v->requirements);
    if (verify_policy_load(v->policy, v->o.model, &v->requirements, &why)) {
        return 0;
    }
    int code = complain(EXIT_INCOMPLETE, "%s", why != NULL ? why : "out of memory");
    free(why);
    return code;
}

static void print_cause(void *ctx, const struct failure *c)
{
    struct verify_args *v = ctx;
    char *shown = escape_printable(bytes_of(c->text), 4096),
         *file = c->file != NULL ? escape_printable(bytes_of(c->file), 4096) : NULL;
    complain(0, "verify: %s%s%s", file != NULL ? file : "", file != NULL ? ": " : "",
             shown != NULL ? shown : "out of memory");
    free(shown);
    free(file);
    struct json *o = json_obj();
    json_set(o, "reason", json_text(c->slug));
    json_set(o, "file", c->file != NULL ? json_bytes(bytes_of(c->file)) : json_text(NULL));
    json_set(o, "message", json_bytes(bytes_of(c->text)));
    json_push(v->causes, o);
}

static void note_bundle(void *ctx, const struct verified *b)
{
    struct verify_args *v = ctx;
    struct json *o = json_obj();
    json_set(o, "file", json_bytes(bytes_of(b->file)));
    json_set(o, "type", json_text(b->type));
    json_set(o, "signer", json_bytes(bytes_of(b->signer)));
    json_set(o, "sound", json_bool(b->valid));
    json_push(v->found, o);
}

static int print_json(struct verify_args *v, int code)
{
    struct json *o = json_obj();
    json_set(o, "schema", json_text("modelassay.verify/1"));
    json_set(o, "model", json_bytes(bytes_of(v->o.model)));
    json_set(o, "verified", json_bool(code == 0));
    json_set(o, "bundles", v->found);
    json_set(o, "causes", v->causes);
    v->found = v->causes = NULL;
    char *text = json_line(o, true);
    if (text == NULL) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    fputs(text, stdout);
    free(text);
    return code;
}

static int verify(struct verify_args *v)
{
    char *beside = NULL;
    struct failures c = { .sink = print_cause, .ctx = v };
    if (v->o.num_bundles == 0) {
        const char *suffix = v->requirements.types == TYPE_OMS    ? SUFFIX_OMS
                             : v->requirements.types == TYPE_TEST ? SUFFIX_TEST
                                                                  : SUFFIX_SCAN;
        beside = bundle_path(v->o.model, suffix);
        v->bundles[v->o.num_bundles++] = beside;
        if (beside == NULL) {
            return complain(EXIT_INCOMPLETE, "%s: no such file or folder", v->o.model);
        }
    }
    v->o.bundles = v->bundles;
    v->o.only = v->only;
    v->o.requirements = &v->requirements;
    v->causes = json_arr();
    v->found = json_arr();
    int code = verify_model(&v->o, &c, note_bundle, v);
    if (strcmp(v->format, "json") == 0) {
        code = print_json(v, code);
    } else if (code == 0) {
        char *shown = escape_printable(bytes_of(v->o.model), 4096);
        printf("%s: verified\n", shown != NULL ? shown : "");
        free(shown);
    }
    json_free(v->causes);
    json_free(v->found);
    free(beside);
    return code;
}

int cmd_verify(int argc, char **argv)
{
    struct verify_args v = { .format = "text" };
    int code = parse(&v, argc, argv);
    code = code != 0 ? code : add_ca(&v);
    code = code != 0 ? code : load_policy(&v);
    v.requirements.types = v.requirements.types == 0 ? TYPE_SCAN : v.requirements.types;
    code = code != 0 ? code : verify(&v);
    requirements_done(&v.requirements);
    return code;
}
