/* cmd_selftest.c - shows that this very program, here and now, catches what it should.
 *
 * What is written is malicious in form only: unpickled, it runs the shell's null
 * command.  It is made in a folder of its own, which is removed again. */
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
#define MUST_HIT "PICKLE-EXEC-001"

static bool write_file(const char *path, const char *p, size_t n)
{
    FILE *f = fopen(path, "wbxe");
    bool ok = f != NULL && fwrite(p, 1, n, f) == n;
    if (f != NULL) {
        ok = fclose(f) == 0 && ok;
    }
    return ok;
}

static bool hit(const struct file_report *f, const char *rule)
{
    for (size_t i = 0; i < f->num_findings; i++) {
        if (strcmp(f->findings[i].rule->id, rule) == 0) {
            return true;
        }
    }
    return false;
}

static int judge(const struct report *r)
{
    const struct file_report *bad = &r->files[0], *fine = &r->files[1];
    for (size_t i = 0; i < r->num_files; i++) {
        write_text_file(stdout, &r->files[i], (struct text_style){ 0 });
    }
    if (r->num_files != 2 || bad->verdict != VERDICT_MALICIOUS || !hit(bad, MUST_HIT)) {
        return complain(EXIT_INCOMPLETE, "selftest failed: the malicious file was not caught");
    }
    if (fine->verdict != VERDICT_CLEAN) {
        return complain(EXIT_INCOMPLETE, "selftest failed: the clean file is not clean");
    }
    printf("selftest passed: rules %s, sandbox %s\n", rules_version(r->rules), r->sandbox);
    return 0;
}

static int scan_both(struct scan_args *a, const char *bad, const char *fine)
{
    struct report *r = scan_begin(&a->scan);
    bool ok = r != NULL && scan_path(r, &a->scan, bad) && scan_path(r, &a->scan, fine);
    if (ok) {
        scan_end(r);
    }
    int code = ok ? judge(r) : complain(EXIT_INCOMPLETE, "out of memory");
    report_free(r);
    return code;
}

static int in_folder(struct scan_args *a, const char *folder)
{
    char bad[4160], fine[4160];
    snprintf(bad, sizeof bad, "%s/malicious.pkl", folder);
    snprintf(fine, sizeof fine, "%s/clean.pkl", folder);
    int code = write_file(bad, evil, sizeof evil - 1) && write_file(fine, good, sizeof good - 1)
                   ? scan_both(a, bad, fine)
                   : complain(EXIT_INCOMPLETE, "%s: cannot be written", folder);
    unlink(bad);
    unlink(fine);
    return code;
}

int cmd_selftest(int argc, char **argv)
{
    struct scan_args a;
    bool stop;
    const char *tmp = getenv("TMPDIR");
    char folder[4096];
    int n = snprintf(folder, sizeof folder, "%s/modelassay-selftest-XXXXXX",
                     tmp != NULL && tmp[0] != 0 ? tmp : "/tmp");
    int code = scan_args_parse(&a, argc, argv, &stop);
    if (code == 0 && !stop && a.num_paths > 0) {
        code = complain(EXIT_USAGE, "usage: modelassay selftest [OPTIONS]");
    } else if (code == 0 && !stop && ((size_t)n >= sizeof folder || mkdtemp(folder) == NULL)) {
        code = complain(EXIT_INCOMPLETE, "%s: no folder can be made there", folder);
    } else if (code == 0 && !stop) {
        code = in_folder(&a, folder);
        rmdir(folder);
    }
    scan_args_done(&a);
    return code;
}
