/* sign.c - two threads scan, one report is signed (by a key, and by an outside signer) and
 * verified. usage: sign CORPUS KEY-PREFIX OTHER-PREFIX; the bundle is left as KEY-PREFIX.json */
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

/* Stands for a KMS: openssl signs with the private half. */
static int outside(void *ctx, const uint8_t *message, size_t size, uint8_t *sig, size_t *n)
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

static int causes;
static void count(void *ctx, const char *slug, const char *file, const char *text)
{
    (void)file;
    causes++;
    MUST(strcmp(slug, ctx) == 0 && text[0] != 0);
}

static void put(const char *path, const char *text, size_t n)
{
    FILE *f = fopen(path, "wb");
    MUST(f != NULL && fwrite(text, 1, n, f) == n && fclose(f) == 0);
}

static void check(const char *prefix, const char *other, int external)
{
    char path[600], out[600];
    char *bundle = NULL;
    size_t n = 0;
    ma_rules *rules = NULL;
    ma_key *secret = NULL, *public = NULL, *wrong = NULL;
    ma_report *r = scan(clean, &rules);
    snprintf(path, sizeof path, external ? "%s.pub" : "%s.key", prefix);
    snprintf(out, sizeof out, "%s.json", prefix);
    MUST((external ? ma_key_external(path, outside, (void *)prefix, &secret)
                   : ma_key_load(path, 1, NULL, &secret))
         == MA_OK);
    MUST(ma_attest(r, secret, &bundle, &n) == MA_OK && n == strlen(bundle));
    put(out, bundle, n);
    snprintf(path, sizeof path, "%s.pub", prefix);
    MUST(ma_key_load(path, 1, NULL, &public) == MA_E_KEY
         && ma_key_load(path, 0, NULL, &public) == MA_OK);
    snprintf(path, sizeof path, "%s.pub", other);
    MUST(ma_key_load(path, 0, NULL, &wrong) == MA_OK);
    causes = 0;
    MUST(ma_verify(clean, out, public, 1, count, "none") == MA_OK && causes == 0);
    MUST(ma_verify(clean, out, public, 0, count, "sandbox") == MA_E_VERIFY && causes == 1);
    MUST(ma_verify(clean, out, wrong, 1, count, "signer") == MA_E_VERIFY && causes == 2);
    MUST(ma_verify("no such file", out, public, 1, NULL, NULL) == MA_E_IO);
    ma_key_free(secret);
    ma_key_free(public);
    ma_key_free(wrong);
    ma_buf_free(bundle);
    ma_report_free(r);
    ma_rules_free(rules);
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
    check(argv[2], argv[3], 0);
    check(argv[2], argv[3], 1);
    return 0;
}
