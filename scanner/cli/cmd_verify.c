/* cmd_verify.c - the command verify: compares signed statements with the files on disk. */
#include "cli.h"

#include "../attest/attest.h"
#include "../attest/verify_policy.h"
#include "../report/escape.h"
#include "../report/jsonw.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bundles of one command, and paths after --only. */
enum { MAX_VALUES = 64 };

struct verify_args {
    const char *policy, *ca, *identity, *type, *format;
    const char *bundles[MAX_VALUES], *only[MAX_VALUES];
    struct requirements requirements;
    struct verify_options o;
    /* Arrays of --format json. */
    struct json *json_failures, *json_bundles;
};

/* --- options ----------------------------------------------------------------------- */

static int out_of_memory(void) { return complain(EXIT_INCOMPLETE, "out of memory"); }

/* Takes over s. */
static int add_signer(struct verify_args *v, struct signer s)
{
    s.types = TYPE_ANY;
    return requirements_add_signer(&v->requirements, s) ? 0 : out_of_memory();
}

static int add_key(struct verify_args *v, const char *path)
{
    const char *why = NULL;
    struct key *k = key_load(path, false, NULL, &why);
    if (k == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", path, why);
    }
    return add_signer(v, (struct signer){ .key = k });
}

static int add_ruleset(struct verify_args *v, const char *digest)
{
    return requirements_add_ruleset(&v->requirements, digest) ? 0 : out_of_memory();
}

static int add_value(const char **list, size_t *n, const char *option)
{
    if (*n == MAX_VALUES) {
        return complain(EXIT_USAGE, "too many of %s", option);
    }
    list[(*n)++] = optarg;
    return 0;
}

static int set_type(struct verify_args *v)
{
    v->type = optarg;
    v->requirements.types = statement_type(optarg);
    if (v->requirements.types == 0) {
        return complain(EXIT_USAGE, "bad value for --type: %s (scan, oms, test-result)", optarg);
    }
    return 0;
}

static int set_format(struct verify_args *v)
{
    v->format = optarg;
    if (strcmp(optarg, "text") != 0 && strcmp(optarg, "json") != 0) {
        return complain(EXIT_USAGE, "bad value for --format: %s (text, json)", optarg);
    }
    return 0;
}

static int set_max_age(struct verify_args *v)
{
    if (!requirements_set_max_age(&v->requirements, optarg)) {
        return complain(EXIT_USAGE, "bad value for --max-age: %s (30d, 12h)", optarg);
    }
    return 0;
}

static int set_option(struct verify_args *v, int opt)
{
    switch (opt) {
    case 'k': return add_key(v, optarg);
    case 'b': return add_value(v->bundles, &v->o.num_bundles, "--bundle");
    case 'o': return add_value(v->only, &v->o.num_only, "--only");
    case 't': return set_type(v);
    case 'p': v->policy = optarg; return 0;
    case 'c': v->ca = optarg; return 0;
    case 'i': v->identity = optarg; return 0;
    case 's': v->requirements.allow_warned = true; return 0;
    case 'u': v->requirements.allow_unsandboxed = true; return 0;
    case 'w': v->requirements.allow_waivers = true; return 0;
    case 'r': return add_ruleset(v, optarg);
    case 'f': return set_format(v);
    case 'a': return set_max_age(v);
    default: return EXIT_USAGE;
    }
}

static int parse_options(struct verify_args *v, int argc, char **argv)
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
        code = set_option(v, opt);
    }

    if (code != 0) {
        return code;
    }

    bool has_signer = v->requirements.num_signers > 0 || v->ca != NULL || v->policy != NULL;
    if (argc - optind != 1 || !has_signer) {
        return complain(EXIT_USAGE, "usage: modelassay verify PATH --key PUB.pem [--bundle FILE] "
                                    "(or --ca FILE, or --policy FILE)");
    }

    v->o.model = argv[optind];
    return 0;
}

/* With --ca any certificate below these roots may have signed; --identity names one. */
static int add_ca(struct verify_args *v)
{
    const char *why = NULL;
    struct signer s = { 0 };

    if (v->ca == NULL && v->identity != NULL) {
        return complain(EXIT_USAGE, "--identity takes --ca");
    }
    if (v->ca == NULL) {
        return 0;
    }

    s.roots = certs_load_roots(v->ca, &why);
    if (s.roots == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", v->ca, why);
    }

    s.identity = v->identity != NULL ? strdup(v->identity) : NULL;
    return add_signer(v, s);
}

/* Does an option ask for something that a policy decides? */
static bool has_requirements(const struct verify_args *v)
{
    const struct requirements *r = &v->requirements;
    bool signers = r->num_signers > 0 || v->type != NULL;
    bool rules = r->num_rulesets > 0 || r->max_age_s > 0;
    bool allows = r->allow_warned || r->allow_waivers || r->allow_unsandboxed;
    return signers || rules || allows;
}

/* A policy excludes these options: they would have no effect, or be taken for additional
 * requirements. */
static int load_policy(struct verify_args *v)
{
    char *why = NULL;
    if (v->policy == NULL) {
        return 0;
    }
    if (has_requirements(v)) {
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

/* --- output ------------------------------------------------------------------------ */

static void print_failure(const struct failure *c)
{
    char *text = escape_printable(bytes_of(c->text), 4096);
    char *file = c->file != NULL ? escape_printable(bytes_of(c->file), 4096) : NULL;
    const char *shown = text != NULL ? text : "out of memory";

    if (file != NULL) {
        complain(0, "verify: %s: %s", file, shown);
    } else {
        complain(0, "verify: %s", shown);
    }

    free(text);
    free(file);
}

static void on_failure(void *ctx, const struct failure *c)
{
    struct verify_args *v = ctx;
    struct json *o = json_obj();

    print_failure(c);
    json_set(o, "reason", json_text(c->slug));
    if (c->file != NULL) {
        json_set(o, "file", json_bytes(bytes_of(c->file)));
    } else {
        json_set(o, "file", json_text(NULL));
    }

    json_set(o, "message", json_bytes(bytes_of(c->text)));
    json_push(v->json_failures, o);
}

static void on_bundle(void *ctx, const struct verified *b)
{
    struct verify_args *v = ctx;
    struct json *o = json_obj();
    json_set(o, "file", json_bytes(bytes_of(b->file)));
    json_set(o, "type", json_text(b->type));
    json_set(o, "signer", json_bytes(bytes_of(b->signer)));
    json_set(o, "sound", json_bool(b->valid));
    json_push(v->json_bundles, o);
}

static int print_json(struct verify_args *v, int code)
{
    struct json *o = json_obj();
    json_set(o, "schema", json_text("modelassay.verify/1"));
    json_set(o, "model", json_bytes(bytes_of(v->o.model)));
    json_set(o, "verified", json_bool(code == 0));
    json_set(o, "bundles", v->json_bundles);
    json_set(o, "causes", v->json_failures);
    v->json_bundles = v->json_failures = NULL;
    char *text = json_line(o, true);
    if (text == NULL) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }

    fputs(text, stdout);
    free(text);
    return code;
}

static int print_result(struct verify_args *v, int code)
{
    if (strcmp(v->format, "json") == 0) {
        return print_json(v, code);
    }
    if (code == 0) {
        char *shown = escape_printable(bytes_of(v->o.model), 4096);
        printf("%s: verified\n", shown != NULL ? shown : "");
        free(shown);
    }
    return code;
}

/* --- the command ------------------------------------------------------------------- */

/* The default bundle for the required types; a policy may require several. */
static const char *default_suffix(unsigned types)
{
    switch (types) {
    case TYPE_OMS: return SUFFIX_OMS;
    case TYPE_TEST: return SUFFIX_TEST;
    default: return SUFFIX_SCAN;
    }
}

static int verify_bundles(struct verify_args *v)
{
    struct failures failures = { .sink = on_failure, .ctx = v };
    v->o.bundles = v->bundles;
    v->o.only = v->only;
    v->o.requirements = &v->requirements;
    v->json_failures = json_arr();
    v->json_bundles = json_arr();

    int code = verify_model(&v->o, &failures, on_bundle, v);
    code = print_result(v, code);
    json_free(v->json_failures);
    json_free(v->json_bundles);
    return code;
}

static int verify(struct verify_args *v)
{
    if (v->requirements.types == 0) {
        v->requirements.types = TYPE_SCAN;
    }

    if (v->o.num_bundles > 0) {
        return verify_bundles(v);
    }

    char *bundle = bundle_path(v->o.model, default_suffix(v->requirements.types));
    if (bundle == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: no such file or folder", v->o.model);
    }

    v->bundles[v->o.num_bundles++] = bundle;
    int code = verify_bundles(v);
    free(bundle);
    return code;
}

int cmd_verify(int argc, char **argv)
{
    struct verify_args v = { .format = "text" };
    int code = parse_options(&v, argc, argv);

    if (code == 0) {
        code = add_ca(&v);
    }

    if (code == 0) {
        code = load_policy(&v);
    }

    if (code == 0) {
        code = verify(&v);
    }

    requirements_done(&v.requirements);
    return code;
}
