/* cmd_sign.c - the command sign: signs the files of a model, without a scan (OpenSSF Model
 * Signing). */
#include "sign_options.h"

#include "../util/file_io.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_IGNORE = 256 };
#define MAX_SHARD (UINT64_C(1) << 53) /* bytes; JSON numbers are exact up to here */

struct sign_args {
    struct signing signing;
    struct model model;
    struct hashing hashing;
    const char *out, *jsonl, *ignore[MAX_IGNORE];
};

static int set_shard_size(struct sign_args *a)
{
    char *end = NULL;
    unsigned long long v = strtoull(optarg, &end, 10);
    bool is_number = optarg[0] >= '1' && optarg[0] <= '9' && *end == 0;
    if (!is_number || v > MAX_SHARD) {
        return complain(EXIT_USAGE, "bad value for --shard-size: %s", optarg);
    }
    a->hashing.shard = v;
    return 0;
}

static int add_ignored(struct sign_args *a)
{
    if (a->model.num_ignore == MAX_IGNORE) {
        return complain(EXIT_USAGE, "too many of --ignore");
    }
    a->ignore[a->model.num_ignore++] = optarg;
    return 0;
}

static int set_option(struct sign_args *a, int opt)
{
    switch (opt) {
    case 'k': a->signing.key = optarg; return 0;
    case 'c': a->signing.certificate = optarg; return 0;
    case 'h': a->signing.chain = optarg; return 0;
    case 'p': a->signing.passphrase_file = optarg; return 0;
    case 'o': a->out = optarg; return 0;
    case 'j': a->jsonl = optarg; return 0;
    case 's':
        if (a->hashing.shard == 0) {
            a->hashing.shard = DEFAULT_SHARD;
        }
        return 0;
    case 'z': return set_shard_size(a);
    case 'l': a->model.allow_symlinks = true; return 0;
    case 'i': return add_ignored(a);
    default: return EXIT_USAGE;
    }
}

static int parse_options(struct sign_args *a, int argc, char **argv)
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
        code = set_option(a, opt);
    }

    if (code == 0 && (argc - optind != 1 || a->signing.key == NULL)) {
        return complain(EXIT_USAGE, "usage: modelassay sign PATH --key KEY.pem [-o FILE]");
    }

    a->model.path = argv[optind];
    return code;
}

static void print_failure(void *ctx, const struct failure *c)
{
    (void)ctx; /* unused: the output is stderr */
    if (c->file != NULL) {
        complain(0, "sign: %s: %s", c->file, c->text);
    } else {
        complain(0, "sign: %s", c->text);
    }
}

static int sign_model(struct sign_args *a, const char *out)
{
    struct failures failures = { .sink = print_failure };
    /* The files that this command writes are not signed. */
    const char *exclude[2] = { out, a->jsonl };

    if (output_is_input(out, a->model.path)) {
        return complain(EXIT_USAGE, "-o %s would overwrite what is signed", out);
    }

    a->model.oms = true;
    a->model.ignore = a->ignore;
    a->model.exclude = exclude;
    a->model.num_exclude = a->jsonl != NULL ? 2 : 1;

    char *statement = model_signature_statement(&a->model, &a->hashing, &failures);
    if (statement == NULL) {
        return EXIT_INCOMPLETE;
    }

    int code = signing_write(&a->signing, a->model.path, statement, out, a->jsonl);
    free(statement);
    return code;
}

int cmd_sign(int argc, char **argv)
{
    struct sign_args a = { .hashing = { "sha256", 0 } };
    int code = parse_options(&a, argc, argv);

    if (code == 0) {
        code = signing_check(&a.signing);
    }

    if (code != 0) {
        return code;
    }

    char *default_out = bundle_path(a.model.path, SUFFIX_OMS);
    if (default_out == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: no such file or folder", a.model.path);
    }

    code = sign_model(&a, a.out != NULL ? a.out : default_out);
    free(default_out);
    return code;
}
