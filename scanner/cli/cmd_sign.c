/* cmd_sign.c - an OpenSSF model signature: whose files these are, unscanned. */
#include "sign_options.h"

#include "../util/file_io.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define MAX_IGNORE 256 /* paths after --ignore */

struct sign_args {
    struct signing signing;
    struct model model;
    struct hashing hashing;
    const char *out, *jsonl, *ignore[MAX_IGNORE];
};

static int set_size(struct sign_args *a)
{
    char *end = NULL;
    unsigned long long v = strtoull(optarg, &end, 10);
    a->hashing.shard = v;
    return optarg[0] >= '1' && optarg[0] <= '9' && *end == 0 && v <= UINT64_C(1) << 53
               ? 0
               : complain(EXIT_USAGE, "bad value for --shard-size: %s", optarg);
}

static int take(struct sign_args *a, int opt)
{
    switch (opt) {
    case 'k': a->signing.key = optarg; return 0;
    case 'c': a->signing.certificate = optarg; return 0;
    case 'h': a->signing.chain = optarg; return 0;
    case 'p': a->signing.passphrase_file = optarg; return 0;
    case 'o': a->out = optarg; return 0;
    case 'j': a->jsonl = optarg; return 0;
    case 's': a->hashing.shard = a->hashing.shard == 0 ? DEFAULT_SHARD : a->hashing.shard; return 0;
    case 'z': return set_size(a);
    case 'l': a->model.allow_symlinks = true; return 0;
    case 'i':
        if (a->model.num_ignore == MAX_IGNORE) {
            return complain(EXIT_USAGE, "too many of --ignore");
        }
        a->ignore[a->model.num_ignore++] = optarg;
        return 0;
    default: return EXIT_USAGE;
    }
}

static int parse(struct sign_args *a, int argc, char **argv)
{
    static const struct option options[] = { { "key", required_argument, NULL, 'k' },
                                             { "certificate", required_argument, NULL, 'c' },
                                             { "chain", required_argument, NULL, 'h' },
                                             { "passphrase-file", required_argument, NULL, 'p' },
                                             { "jsonl", required_argument, NULL, 'j' },
                                             { "shards", no_argument, NULL, 's' },
                                             { "shard-size", required_argument, NULL, 'z' },
                                             { "allow-symlinks", no_argument, NULL, 'l' },
                                             { "ignore", required_argument, NULL, 'i' },
                                             { NULL, 0, NULL, 0 } };
    int opt, code = 0;
    optind = 1;
    while (code == 0 && (opt = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
        code = take(a, opt);
    }
    if (code == 0 && (argc - optind != 1 || a->signing.key == NULL)) {
        return complain(EXIT_USAGE, "usage: modelassay sign PATH --key KEY.pem [-o FILE]");
    }
    a->model.path = argv[optind];
    return code;
}

static void print_cause(void *ctx, const struct failure *c)
{
    (void)ctx; /* stderr needs none */
    complain(0, "sign: %s%s%s", c->file != NULL ? c->file : "", c->file != NULL ? ": " : "",
             c->text);
}

static int sign(struct sign_args *a, const char *out)
{
    struct failures c = { .sink = print_cause };
    const char *exclude[2] = { out, a->jsonl }; /* what we write is not part of what is signed */
    a->model.oms = true;
    a->model.ignore = a->ignore;
    a->model.exclude = exclude;
    a->model.num_exclude = a->jsonl != NULL ? 2 : 1;
    char *statement = model_signature_statement(&a->model, &a->hashing, &c);
    int code = statement != NULL
                   ? signing_write(&a->signing, a->model.path, statement, out, a->jsonl)
                   : EXIT_INCOMPLETE;
    free(statement);
    return code;
}

int cmd_sign(int argc, char **argv)
{
    struct sign_args a = { .hashing = { "sha256", 0 } };
    int code = parse(&a, argc, argv);
    code = code != 0 ? code : signing_check(&a.signing);
    if (code != 0) {
        return code;
    }
    char *beside = bundle_path(a.model.path, SUFFIX_OMS);
    const char *out = a.out != NULL ? a.out : beside;
    code = beside == NULL ? complain(EXIT_INCOMPLETE, "%s: no such file or folder", a.model.path)
           : output_is_input(out, a.model.path)
               ? complain(EXIT_USAGE, "-o %s would overwrite what is signed", out)
               : sign(&a, out);
    free(beside);
    return code;
}
