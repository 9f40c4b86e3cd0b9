/* cmd_attest.c - the command attest: scans, signs the report, writes the bundle. */
#include "progress.h"
#include "sign_options.h"

#include "../report/write.h"
#include "../util/file_io.h"

#include <stdlib.h>
#include <string.h>

/* The two kinds of statement, by the value of --predicate. */
struct predicate {
    const char *name, *type, *suffix;
};

static const struct predicate *find_predicate(const char *name)
{
    static const struct predicate scan = { "scan", PREDICATE_SCAN, SUFFIX_SCAN };
    static const struct predicate test_result = { "test-result", PREDICATE_TEST, SUFFIX_TEST };
    return strcmp(name, scan.name) == 0 ? &scan : &test_result;
}

/* Reads the key after the scan: no worker was forked with the key in memory. */
static int sign_report(const struct scan_args *a, const struct report *r, const char *out)
{
    const struct predicate *predicate = find_predicate(a->predicate);
    struct text_style style = { .quiet = a->quiet, .verbose = a->verbose };
    enum sign_error why;
    uint8_t scanner[32];
    bool has_digest = scanner_digest(scanner);

    char *statement = statement_of(r, predicate->type, has_digest ? scanner : NULL, &why);
    if (statement == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: not signed: %s", a->paths[0], sign_error_text(why));
    }

    int code = signing_write(&a->signing, a->paths[0], statement, out, a->jsonl);
    free(statement);
    if (code != 0) {
        return code;
    }

    for (size_t i = 0; i < r->num_files; i++) {
        write_text_file(stdout, &r->files[i], style);
    }
    return exit_code(r, a->scan.fail_on);
}

static int finish_and_sign(const struct scan_args *a, struct report *r, const char *out)
{
    scan_end(r);
    if (a->redact && !report_redact(r)) {
        return complain(EXIT_INCOMPLETE, "out of memory");
    }
    if (cancelled != 0) {
        return EXIT_INCOMPLETE;
    }
    if (r->verdict == VERDICT_NOT_A_MODEL) {
        return complain(EXIT_INCOMPLETE, "%s: no model found, nothing to attest", a->paths[0]);
    }
    return sign_report(a, r, out);
}

static int scan_and_sign(const struct scan_args *a, const char *out)
{
    struct progress_line line;
    struct scan_options scan = a->scan;

    scan.progress = progress_init(&line, a->progress) ? &line.hooks : NULL;

    struct report *r = scan_begin(&scan);
    bool ok = r != NULL && scan_path(r, &scan, a->paths[0]);
    progress_done(&line);

    int code;
    if (ok) {
        code = finish_and_sign(a, r, out);
    } else {
        code = complain(EXIT_INCOMPLETE, "out of memory");
    }

    report_free(r);
    return code;
}

/* out: the bundle, which is not written where --jsonl is given. */
static int attest_to(const struct scan_args *a, const char *out)
{
    const char *written = a->jsonl != NULL ? a->jsonl : out;
    if (output_is_input(written, a->paths[0])) {
        return complain(EXIT_USAGE, "-o %s would overwrite what is scanned", out);
    }
    return scan_and_sign(a, out);
}

static int attest(const struct scan_args *a)
{
    /* The key is checked before a long scan. */
    int code = signing_check(&a->signing);
    if (code != 0) {
        return code;
    }
    if (a->out != NULL) {
        return attest_to(a, a->out);
    }

    char *out = bundle_path(a->paths[0], find_predicate(a->predicate)->suffix);
    if (out == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: no such file or folder", a->paths[0]);
    }

    code = attest_to(a, out);
    free(out);
    return code;
}

int cmd_attest(int argc, char **argv)
{
    struct scan_args a;
    bool stop;
    int code = scan_args_parse(&a, argc, argv, &stop);

    if (code == 0 && !stop && (a.num_paths != 1 || a.signing.key == NULL)) {
        code = complain(EXIT_USAGE, "usage: modelassay attest PATH --key KEY.pem [-o FILE]");
    } else if (code == 0 && !stop) {
        code = attest(&a);
    }

    scan_args_done(&a);
    return code;
}
