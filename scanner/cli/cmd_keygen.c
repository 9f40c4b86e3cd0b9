/* cmd_keygen.c - the command keygen: makes a key pair. */
#include "cli.h"

#include "../attest/key.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

static bool is_algorithm(const char *name)
{
    static const char *const all[] = { "p256", "p384", "p521", "ed25519" };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(name, all[i]) == 0) {
            return true;
        }
    }
    return false;
}

static int generate_pair(const char *prefix, const char *algorithm, const char *passphrase_file)
{
    const char *why = NULL;
    char *passphrase = NULL;
    if (passphrase_file != NULL) {
        passphrase = key_passphrase(passphrase_file, &why);
        if (passphrase == NULL) {
            return complain(EXIT_INCOMPLETE, "%s: %s", passphrase_file, why);
        }
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
        if (opt == 'a') {
            algorithm = optarg;
        } else {
            passphrase_file = optarg;
        }
    }

    if (!is_algorithm(algorithm)) {
        return complain(EXIT_USAGE, "bad value for --algorithm: %s (p256, p384, p521, ed25519)",
                        algorithm);
    }
    if (argc - optind != 1) {
        return complain(EXIT_USAGE, "usage: modelassay keygen PREFIX [--algorithm NAME] "
                                    "[--passphrase-file FILE]");
    }
    return generate_pair(argv[optind], algorithm, passphrase_file);
}
