/* cmd_keygen.c - a new pair of keys. */
#include "cli.h"

#include "../attest/key.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static bool known(const char *algorithm)
{
    static const char *const all[] = { "p256", "p384", "p521", "ed25519" };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(algorithm, all[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int generate(const char *prefix, const char *algorithm, const char *passphrase_file)
{
    const char *why = NULL;
    char *passphrase = passphrase_file != NULL ? key_passphrase(passphrase_file, &why) : NULL;
    if (passphrase_file != NULL && passphrase == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", passphrase_file, why);
    }
    bool ok = key_generate(prefix, algorithm, passphrase, &why);
    passphrase_free(passphrase);
    if (!ok) {
        return complain(EXIT_INCOMPLETE, "%s: %s", prefix, why);
    }
    printf("%s.key %s.pub\n", prefix, prefix);
    return 0;
}

int cmd_keygen(int argc, char **argv)
{
    static const struct option options[] = { { "algorithm", required_argument, NULL, 'a' },
                                             { "passphrase-file", required_argument, NULL, 'p' },
                                             { NULL, 0, NULL, 0 } };
    const char *algorithm = "p256", *passphrase_file = NULL;
    int opt;
    optind = 1;
    while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (opt == '?') {
            return EXIT_USAGE;
        }
        *(opt == 'a' ? &algorithm : &passphrase_file) = optarg;
    }
    if (!known(algorithm)) {
        return complain(EXIT_USAGE, "bad value for --algorithm: %s (p256, p384, p521, ed25519)",
                        algorithm);
    }
    return argc - optind == 1
               ? generate(argv[optind], algorithm, passphrase_file)
               : complain(
                   EXIT_USAGE,
                   "usage: modelassay keygen PREFIX [--algorithm NAME] [--passphrase-file FILE]");
}
