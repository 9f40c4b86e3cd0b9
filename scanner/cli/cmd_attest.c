/* cmd_attest.c - scan, sign, write the bundle; keygen. */
#include "cli.h"

#include "../attest/attest.h"
#include "../report/write.h"
#include "../run/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The key is read only now: no worker was forked with it in memory. */
static int sign(const struct scan_args *a, const struct report *r, const char *out)
{
    const char *why = NULL;
    struct key *k = key_load(a->key, true, &why);
    if (k == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", a->key, why);
    }
    char *bundle = bundle_sign(r, k, &why);
    key_free(k);
    if (bundle == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: not signed: %s", a->paths[0], why);
    }
    bool ok = output_write(out, bytes_of(bundle), &why);
    free(bundle);
    if (!ok) {
        return complain(EXIT_INCOMPLETE, "%s: %s", out, why);
    }
    for (size_t i = 0; i < r->num_files; i++) {
        write_text_file(stdout, &r->files[i], (struct text_style){ .quiet = a->quiet, .verbose = a->verbose });
    }
    complain(0, "signed: %s", out);
    return exit_code(r, a->scan.fail_on);
}

static int attest(const struct scan_args *a, const char *out)
{
    struct report *r = scan_begin(&a->scan);
    int code;
    if (r == NULL || !scan_path(r, &a->scan, a->paths[0])) {
        code = complain(EXIT_INCOMPLETE, "out of memory");
    } else {
        scan_end(r);
        code = a->redact && !report_redact(r) ? complain(EXIT_INCOMPLETE, "out of memory")
             : cancelled != 0 ? EXIT_INCOMPLETE
             : r->verdict == VERDICT_NOT_A_MODEL ? complain(EXIT_INCOMPLETE, "%s: no model found, nothing to attest", a->paths[0])
             : sign(a, r, out);
    }
    report_free(r);
    return code;
}

static int with_key(const struct scan_args *a)
{
    const char *why = NULL;
    struct key *k = key_load(a->key, true, &why);     /* a key that is none is said before a long scan, not after it */
    key_free(k);
    if (k == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: %s", a->key, why);
    }
    char *beside = a->out == NULL ? bundle_path(a->paths[0]) : NULL;
    const char *out = a->out != NULL ? a->out : beside;
    int code = out == NULL ? complain(EXIT_INCOMPLETE, "%s: no such file or folder", a->paths[0])
             : output_is_input(out, a->paths[0]) ? complain(EXIT_USAGE, "-o %s would overwrite what is scanned", out)
             : attest(a, out);
    free(beside);
    return code;
}

int cmd_attest(int argc, char **argv)
{
    struct scan_args a;
    bool stop;
    int code = scan_args_parse(&a, argc, argv, &stop);
    if (code == 0 && !stop) {
        code = a.num_paths != 1 || a.key == NULL
             ? complain(EXIT_USAGE, "usage: modelassay attest PATH --key KEY.pem [-o FILE]") : with_key(&a);
    }
    scan_args_done(&a);
    return code;
}

int cmd_keygen(int argc, char **argv)
{
    const char *why = NULL;
    if (argc != 2 || argv[1][0] == '-') {
        return complain(EXIT_USAGE, "usage: modelassay keygen PREFIX");
    }
    if (!key_generate(argv[1], &why)) {
        return complain(EXIT_INCOMPLETE, "%s: %s", argv[1], why);
    }
    printf("%s.key %s.pub\n", argv[1], argv[1]);
    return 0;
}
