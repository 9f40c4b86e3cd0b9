/* cmd_attest.c - scan, sign what was found, write the bundle. */
#include "progress.h"
#include "sign_options.h"

#include "../report/write.h"
#include "../util/file_io.h"

#include <stdlib.h>
#include <string.h>

/* The key is read only now: no worker was forked with it in memory. */
static int sign(const struct scan_args *a, const struct report *r, const char *out)
{
    const char *why = NULL,
               *type = strcmp(a->predicate, "scan") == 0 ? PREDICATE_SCAN : PREDICATE_TEST;
    uint8_t scanner[32];
    char *statement = statement_of(r, type, scanner_digest(scanner) ? scanner : NULL, &why);
    if (statement == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: not signed: %s", a->paths[0], why);
    }
    int code = signing_write(&a->signing, a->paths[0], statement, out, a->jsonl);
    free(statement);
    for (size_t i = 0; code == 0 && i < r->num_files; i++) {
        write_text_file(stdout, &r->files[i],
                        (struct text_style){ .quiet = a->quiet, .verbose = a->verbose });
    }
    return code != 0 ? code : exit_code(r, a->scan.fail_on);
}

static int attest(const struct scan_args *a, const char *out)
{
    struct progress_line line;
    struct scan_options scan = a->scan;
    scan.progress = progress_init(&line, a->progress) ? &line.hooks : NULL;
    struct report *r = scan_begin(&scan);
    int code;
    bool ok = r != NULL && scan_path(r, &scan, a->paths[0]);
    progress_done(&line);
    if (!ok) {
        code = complain(EXIT_INCOMPLETE, "out of memory");
    } else {
        scan_end(r);
        code = a->redact && !report_redact(r) ? complain(EXIT_INCOMPLETE, "out of memory")
               : cancelled != 0               ? EXIT_INCOMPLETE
               : r->verdict == VERDICT_NOT_A_MODEL
                   ? complain(EXIT_INCOMPLETE, "%s: no model found, nothing to attest", a->paths[0])
                   : sign(a, r, out);
    }
    report_free(r);
    return code;
}

static int with_key(const struct scan_args *a)
{
    /* a key that is none is said before a long scan, not after it */
    int code = signing_check(&a->signing);
    if (code != 0) {
        return code;
    }
    char *beside = a->out == NULL ? bundle_path(
                       a->paths[0], strcmp(a->predicate, "scan") == 0 ? SUFFIX_SCAN : SUFFIX_TEST)
                                  : NULL;
    const char *out = a->out != NULL ? a->out : beside;
    code = out == NULL ? complain(EXIT_INCOMPLETE, "%s: no such file or folder", a->paths[0])
           : output_is_input(a->jsonl != NULL ? a->jsonl : out, a->paths[0])
               ? complain(EXIT_USAGE, "-o %s would overwrite what is scanned", out)
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
        code = a.num_paths != 1 || a.signing.key == NULL
                   ? complain(EXIT_USAGE, "usage: modelassay attest PATH --key KEY.pem [-o FILE]")
                   : with_key(&a);
    }
    scan_args_done(&a);
    return code;
}
