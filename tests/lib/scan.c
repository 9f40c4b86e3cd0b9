/* scan.c - a program that links the library: policies, external files by a resolver, progress, and
 * verification of an open file.
 * usage: scan CORPUS KEY-PREFIX POLICY */
#include <modelassay.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MUST(x)                                                                                    \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static ma_rules *rules;
static char asked[200]; /* the last path that the resolver was asked for */

static ma_scanner *scanner(void)
{
    ma_scanner *s = NULL;
    MUST(ma_scanner_new(rules, &s) == MA_OK);
    return s;
}

static ma_verdict scan_file(ma_scanner *s, const char *file, size_t *files)
{
    ma_report *r = NULL;
    int fd = open(file, O_RDONLY);
    MUST(fd >= 0 && ma_scan_fd(s, fd, "some/model.onnx", &r) == MA_OK && ma_report_count(r) < 100);
    ma_verdict v = ma_report_verdict(r);
    *files = ma_report_files(r);
    ma_report_free(r);
    MUST(lseek(fd, 0, SEEK_CUR) == 0 && close(fd) == 0);
    return v;
}

/* A resolver: opens a file of a folder; without one, the file is missing. */
static int open_external(void *folder, const char *label, const char *rel)
{
    char path[700];
    MUST(strcmp(label, "some/model.onnx") == 0);
    snprintf(asked, sizeof asked, "%s", rel);
    if (folder == NULL) {
        return -1;
    }
    snprintf(path, sizeof path, "%s/%s", (const char *)folder, rel);
    return open(path, O_RDONLY);
}

static void check_externals(const char *folder)
{
    ma_scanner *s = scanner();
    size_t files;
    char model[600];
    snprintf(model, sizeof model, "%s/whole.onnx", folder);
    MUST(scan_file(s, model, &files) == MA_INCOMPLETE && files == 1);
    ma_scanner_resolver(s, open_external, (void *)folder);
    MUST(scan_file(s, model, &files) == MA_CLEAN && files == 2 && strcmp(asked, "whole.bin") == 0);
    ma_scanner_resolver(s, open_external, NULL);
    MUST(scan_file(s, model, &files) == MA_INCOMPLETE && files == 1);
    ma_scanner_resolver(s, NULL, NULL);
    ma_scanner_free(s);
}

static struct {
    int calls;
    uint64_t read;
    uint64_t expected;
} seen;

static void on_progress(void *ctx, uint64_t read, uint64_t expected)
{
    MUST(ctx == &seen && read >= seen.read);
    seen.calls++;
    seen.read = read;
    seen.expected = expected;
}

/* The progress of a large file is reported more than once, and all of it at the end; a cancelled
 * scan is incomplete. */
static void check_progress(void)
{
    char name[] = "/tmp/modelassay-lib-XXXXXX";
    ma_scanner *s = scanner();
    ma_report *r = NULL;
    int fd = mkstemp(name);
    MUST(fd >= 0 && ftruncate(fd, 600000000) == 0);
    ma_scanner_progress(s, on_progress, &seen);
    MUST(ma_scan_path(s, name, &r) == MA_OK && seen.calls > 1 && seen.read == 600000000
         && seen.expected == 600000000);
    ma_report_free(r);
    ma_scanner_progress(s, NULL, NULL);
    ma_cancel(s);
    MUST(ma_scan_path(s, name, &r) == MA_OK && ma_report_verdict(r) == MA_INCOMPLETE
         && ma_report_sha256(r, 0) == NULL);
    ma_report_free(r);
    ma_scanner_free(s);
    close(fd);
    unlink(name);
}

static void check_policies(const char *unknown, const char *allow)
{
    ma_scanner *s = scanner();
    size_t files;
    char *why = NULL;
    MUST(scan_file(s, unknown, &files) == MA_SUSPICIOUS);
    MUST(ma_scanner_policy(s, allow, &why) == MA_OK && why == NULL
         && scan_file(s, unknown, &files) == MA_CLEAN);
    MUST(ma_scanner_policy(s, "none.json", &why) == MA_E_RULES && strstr(why, "none.json") != NULL);
    ma_buf_free(why);
    MUST(ma_scanner_policy(s, NULL, &why) == MA_OK
         && scan_file(s, unknown, &files) == MA_SUSPICIOUS);
    ma_scanner_free(s);
}

static void check_descriptors(const char *model, const char *prefix)
{
    ma_key *k = NULL;
    char bundle[600], path[600];
    snprintf(bundle, sizeof bundle, "%s.json", prefix);
    snprintf(path, sizeof path, "%s.pub", prefix);
    int fd = open(model, O_RDONLY);
    MUST(fd >= 0 && ma_key_load(path, 0, NULL, &k) == MA_OK);
    MUST(ma_verify_fd(fd, "state-dict.pt", bundle, k, 1, NULL, NULL) == MA_OK);
    MUST(ma_verify_fd(fd, "other.pt", bundle, k, 1, NULL, NULL) == MA_E_VERIFY);
    MUST(ma_verify_fd(fd, NULL, bundle, k, 1, NULL, NULL) == MA_E_ARG
         && ma_verify_fd(-1, "x", bundle, k, 1, NULL, NULL) == MA_E_ARG);
    close(fd);
    ma_key_free(k);
}

int main(int argc, char **argv)
{
    char *why = NULL;
    char model[600];
    MUST(argc == 4 && ma_rules_load(NULL, &rules, &why) == MA_OK);
    snprintf(model, sizeof model, "%s/beside", argv[1]);
    check_externals(model);
    snprintf(model, sizeof model, "%s/pickle/unknown-class.pkl", argv[1]);
    check_policies(model, argv[3]);
    snprintf(model, sizeof model, "%s/torch/state-dict.pt", argv[1]);
    check_descriptors(model, argv[2]);
    check_progress();
    ma_rules_free(rules);
    return 0;
}
