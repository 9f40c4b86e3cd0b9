/* scan.c - policies, external files through a resolver, verifying an open file, as a program
 * that links the library does. usage: scan CORPUS KEY-PREFIX POLICY */
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
static char asked[200];

static ma_scanner *scanner(void)
{
    ma_scanner *s = NULL;
    MUST(ma_scanner_new(rules, &s) == MA_OK);
    return s;
}

static ma_verdict verdict(ma_scanner *s, const char *file, size_t *files)
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

static int give(void *folder, const char *label, const char *rel)
{
    MUST(strcmp(label, "some/model.onnx") == 0);
    snprintf(asked, sizeof asked, "%s", rel);
    char whole[700];
    snprintf(whole, sizeof whole, "%s/%s", (const char *)folder, rel);
    return folder != NULL ? open(whole, O_RDONLY) : -1;
}

static void externals(const char *folder)
{
    ma_scanner *s = scanner();
    size_t files;
    char model[600];
    snprintf(model, sizeof model, "%s/whole.onnx", folder);
    MUST(verdict(s, model, &files) == MA_INCOMPLETE && files == 1);
    ma_scanner_resolver(s, give, (void *)folder);
    MUST(verdict(s, model, &files) == MA_CLEAN && files == 2 && strcmp(asked, "whole.bin") == 0);
    ma_scanner_resolver(s, give, NULL);
    MUST(verdict(s, model, &files) == MA_INCOMPLETE && files == 1);
    ma_scanner_resolver(s, NULL, NULL);
    ma_scanner_free(s);
}

static struct {
    int calls;
    uint64_t read, expected;
} seen;
static void see(void *ctx, uint64_t read, uint64_t expected)
{
    MUST(ctx == &seen && read >= seen.read);
    seen.calls++;
    seen.read = read;
    seen.expected = expected;
}

/* A large file is told of more than once, and all of it in the end; one that wants to stop does. */
static void progress(void)
{
    char name[] = "/tmp/modelassay-lib-XXXXXX";
    ma_scanner *s = scanner();
    ma_report *r = NULL;
    int fd = mkstemp(name);
    MUST(fd >= 0 && ftruncate(fd, 600000000) == 0);
    ma_scanner_progress(s, see, &seen);
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

static void policies(const char *unknown, const char *allow)
{
    ma_scanner *s = scanner();
    size_t files;
    char *why = NULL;
    MUST(verdict(s, unknown, &files) == MA_SUSPICIOUS);
    MUST(ma_scanner_policy(s, allow, &why) == MA_OK && why == NULL
         && verdict(s, unknown, &files) == MA_CLEAN);
    MUST(ma_scanner_policy(s, "none.json", &why) == MA_E_RULES && strstr(why, "none.json") != NULL);
    ma_buf_free(why);
    MUST(ma_scanner_policy(s, NULL, &why) == MA_OK && verdict(s, unknown, &files) == MA_SUSPICIOUS);
    ma_scanner_free(s);
}

static void descriptors(const char *model, const char *prefix)
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
    char *why = NULL, model[600];
    MUST(argc == 4 && ma_rules_load(NULL, &rules, &why) == MA_OK);
    snprintf(model, sizeof model, "%s/beside", argv[1]);
    externals(model);
    snprintf(model, sizeof model, "%s/pickle/unknown-class.pkl", argv[1]);
    policies(model, argv[3]);
    snprintf(model, sizeof model, "%s/torch/state-dict.pt", argv[1]);
    descriptors(model, argv[2]);
    progress();
    ma_rules_free(rules);
    return 0;
}
