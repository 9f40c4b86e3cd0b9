/* sign.c - a program that links the library: two threads scan, and a report is signed (by a key,
 * and by an external signer) and verified. usage: sign CORPUS KEY-PREFIX OTHER-PREFIX; writes the
 * bundle to KEY-PREFIX.json */
#include <modelassay.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(x)                                                                                    \
    do {                                                                                           \
        if (!(x)) {                                                                                \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);                                \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

static char clean[512], bad[512];

static ma_report *scan(const char *path, ma_rules **rules)
{
    ma_scanner *scanner = NULL;
    ma_report *report = NULL;
    char *why = NULL;
    MUST(ma_rules_load(NULL, rules, &why) == MA_OK && ma_scanner_new(*rules, &scanner) == MA_OK);
    MUST(ma_scan_path(scanner, path, &report) == MA_OK);
    ma_scanner_free(scanner);
    return report;
}

static void *scan_often(void *path)
{
    for (int i = 0; i < 50; i++) {
        ma_rules *rules = NULL;
        ma_report *r = scan(path, &rules);
        MUST(ma_report_verdict(r) == (path == clean ? MA_CLEAN : MA_MALICIOUS));
        ma_report_free(r);
        ma_rules_free(rules);
    }
    return NULL;
}

/* An external signer, such as a KMS: openssl signs with the private key. */
static int sign_by_openssl(void *ctx, const uint8_t *message, size_t size, uint8_t *sig, size_t *n)
{
    char command[1200], path[600];
    snprintf(path, sizeof path, "%s.message", (const char *)ctx);
    FILE *f = fopen(path, "wb");
    MUST(f != NULL && fwrite(message, 1, size, f) == size && fclose(f) == 0);
    snprintf(command, sizeof command, "openssl dgst -sha256 -sign %s.key %s", (const char *)ctx,
             path);
    FILE *p = popen(command, "r");
    MUST(p != NULL);
    *n = fread(sig, 1, *n, p);
    return pclose(p);
}

static int causes; /* of failed verifications */

static void on_cause(void *ctx, const char *slug, const char *file, const char *text)
{
    (void)file;
    causes++;
    MUST(strcmp(slug, ctx) == 0 && text[0] != 0);
}

static void write_file(const char *path, const char *text, size_t n)
{
    FILE *f = fopen(path, "wb");
    MUST(f != NULL && fwrite(text, 1, n, f) == n && fclose(f) == 0);
}

/* Signs the report of the clean model and writes the bundle to `out`. */
static void write_bundle(ma_key *secret, const char *out)
{
    char *bundle = NULL;
    size_t n = 0;
    ma_rules *rules = NULL;
    ma_report *r = scan(clean, &rules);
    MUST(ma_attest(r, secret, &bundle, &n) == MA_OK && n == strlen(bundle));
    write_file(out, bundle, n);
    ma_buf_free(bundle);
    ma_report_free(r);
    ma_rules_free(rules);
}

static void check_bundle(const char *out, const char *prefix, const char *other)
{
    char path[600];
    ma_key *public = NULL;
    ma_key *wrong = NULL;
    snprintf(path, sizeof path, "%s.pub", prefix);
    MUST(ma_key_load(path, 1, NULL, &public) == MA_E_KEY);
    MUST(ma_key_load(path, 0, NULL, &public) == MA_OK);
    snprintf(path, sizeof path, "%s.pub", other);
    MUST(ma_key_load(path, 0, NULL, &wrong) == MA_OK);

    causes = 0;
    MUST(ma_verify(clean, out, public, 1, on_cause, "none") == MA_OK && causes == 0);
    MUST(ma_verify(clean, out, public, 0, on_cause, "sandbox") == MA_E_VERIFY && causes == 1);
    MUST(ma_verify(clean, out, wrong, 1, on_cause, "signer") == MA_E_VERIFY && causes == 2);
    MUST(ma_verify("no such file", out, public, 1, NULL, NULL) == MA_E_IO);
    ma_key_free(public);
    ma_key_free(wrong);
}

static void check_key(const char *prefix, const char *other)
{
    char path[600], out[600];
    ma_key *secret = NULL;
    snprintf(path, sizeof path, "%s.key", prefix);
    snprintf(out, sizeof out, "%s.json", prefix);
    MUST(ma_key_load(path, 1, NULL, &secret) == MA_OK);
    write_bundle(secret, out);
    check_bundle(out, prefix, other);
    ma_key_free(secret);
}

static void check_external_key(const char *prefix, const char *other)
{
    char path[600], out[600];
    ma_key *secret = NULL;
    snprintf(path, sizeof path, "%s.pub", prefix);
    snprintf(out, sizeof out, "%s.json", prefix);
    MUST(ma_key_external(path, sign_by_openssl, (void *)prefix, &secret) == MA_OK);
    write_bundle(secret, out);
    check_bundle(out, prefix, other);
    ma_key_free(secret);
}

int main(int argc, char **argv)
{
    pthread_t a, b;
    MUST(argc == 4);
    snprintf(clean, sizeof clean, "%s/torch/state-dict.pt", argv[1]);
    snprintf(bad, sizeof bad, "%s/torch/os-system.pt", argv[1]);
    MUST(pthread_create(&a, NULL, scan_often, clean) == 0
         && pthread_create(&b, NULL, scan_often, bad) == 0);
    MUST(pthread_join(a, NULL) == 0 && pthread_join(b, NULL) == 0);
    check_key(argv[2], argv[3]);
    check_external_key(argv[2], argv[3]);
    return 0;
}
