/* cmd_selftest.c - the command selftest: scans a malicious and a clean file with this program on
 * this system.
 *
 * The malicious file is harmless: unpickled, it runs the shell's null command.  Both files are
 * made in a new folder, which is removed afterwards. */
#include "cli.h"

#include "../report/write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One pickle that calls posix.system(": modelassay selftest"), one that is a dict {"x": 1}. */
static const char evil[] = "\x80\x02"
                           "cposix\nsystem\n"
                           "U\x15: modelassay selftest"
                           "\x85R.";
static const char good[] = "\x80\x02}U\x01xK\x01s.";
#define EXPECTED_RULE "PICKLE-EXEC-001"

static bool write_file(const char *path, const char *p, size_t n)
{
    FILE *f = fopen(path, "wbxe");
    if (f == NULL) {
        return false;
    }
    bool ok = fwrite(p, 1, n, f) == n;
    return fclose(f) == 0 && ok;
}

static bool has_finding(const struct file_report *f, const char *rule)
{
    for (size_t i = 0; i < f->num_findings; i++) {
        if (strcmp(f->findings[i].rule->id, rule) == 0) {
            return true;
        }
    }
    return false;
}

/* The first file must be malicious, the second clean. */
static int check_verdicts(const struct report *r)
{
    for (size_t i = 0; i < r->num_files; i++) {
        write_text_file(stdout, &r->files[i], (struct text_style){ 0 });
    }

    if (r->num_files != 2 || r->files[0].verdict != VERDICT_MALICIOUS
        || !has_finding(&r->files[0], EXPECTED_RULE)) {
        return complain(EXIT_INCOMPLETE, "selftest failed: the malicious file was not caught");
    }
    if (r->files[1].verdict != VERDICT_CLEAN) {
        return complain(EXIT_INCOMPLETE, "selftest failed: the clean file is not clean");
    }

    printf("selftest passed: rules %s, sandbox %s\n", rules_version(r->rules), r->sandbox);
    return 0;
}

static int scan_files(struct scan_args *a, const char *malicious, const char *clean)
{
    int code;
    struct report *r = scan_begin(&a->scan);
    if (r != NULL && scan_path(r, &a->scan, malicious) && scan_path(r, &a->scan, clean)) {
        scan_end(r);
        code = check_verdicts(r);
    } else {
        code = complain(EXIT_INCOMPLETE, "out of memory");
    }

    report_free(r);
    return code;
}

static int test_in_folder(struct scan_args *a, const char *folder)
{
    char malicious[4160];
    char clean[4160];
    int code;

    snprintf(malicious, sizeof malicious, "%s/malicious.pkl", folder);
    snprintf(clean, sizeof clean, "%s/clean.pkl", folder);

    if (write_file(malicious, evil, sizeof evil - 1) && write_file(clean, good, sizeof good - 1)) {
        code = scan_files(a, malicious, clean);
    } else {
        code = complain(EXIT_INCOMPLETE, "%s: cannot be written", folder);
    }

    unlink(malicious);
    unlink(clean);
    return code;
}

static int selftest(struct scan_args *a)
{
    const char *tmp = getenv("TMPDIR");
    char folder[4096];

    if (tmp == NULL || tmp[0] == 0) {
        tmp = "/tmp";
    }

    int n = snprintf(folder, sizeof folder, "%s/modelassay-selftest-XXXXXX", tmp);
    if ((size_t)n >= sizeof folder || mkdtemp(folder) == NULL) {
        return complain(EXIT_INCOMPLETE, "%s: no folder can be made there", folder);
    }

    int code = test_in_folder(a, folder);
    rmdir(folder);
    return code;
}

int cmd_selftest(int argc, char **argv)
{
    struct scan_args a;
    bool stop;
    int code = scan_args_parse(&a, argc, argv, &stop);

    if (code == 0 && !stop && a.num_paths > 0) {
        code = complain(EXIT_USAGE, "usage: modelassay selftest [OPTIONS]");
    } else if (code == 0 && !stop) {
        code = selftest(&a);
    }

    scan_args_done(&a);
    return code;
}
